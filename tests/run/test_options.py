"""``--params`` takes folders and files of any name."""

from __future__ import annotations

import click
import pytest

from vadline.cli import run

OPTION = next(option for option in run.params if option.name == "params")


def read(text):
    return OPTION.callback(click.Context(run), OPTION, text)


@pytest.mark.parametrize(
    "name",
    [
        *("parts, lids", "a,b,c", "a , b", "ü ß", "#1", "a #1", "{x}", "[x, y]", "a: b", "1,5 mm"),
        *(
            "2024",
            "007",
            "true",
            "~",
            "x=1",
            "a=b, c",
            "'q'",
            '"q"',
            "50 %",
            "\\back",
            "@x",
            "*",
            "1e3",
        ),
    ],
)
def test_a_folder_of_any_name(name):
    assert read(f"source.root={name},seed=3,images.size=64") == {
        "source": {"root": name},
        "seed": 3,
        "images": {"size": 64},
    }
    assert read(f"seed=3, source.root = {name}") == {"source": {"root": name}, "seed": 3}


def test_what_looks_like_a_parameter_belongs_to_the_folder_that_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "source.root=parts,line=1,size=2"
    assert read(text) == {"source": {"root": "parts"}, "line": 1, "size": 2}
    (tmp_path / "parts,size=2").mkdir()
    assert read("source.root=parts,size=2,seed=1") == {
        "source": {"root": "parts,size=2"},
        "seed": 1,
    }


def test_texts_are_no_interpolations():
    assert read("source.root=${x}") == {"source": {"root": "\\${x}"}}


def test_all_else_is_kedro_s():
    assert read("seed=3,apc.widths=null,line.refined=[],source.root=null") == {
        "seed": 3,
        "apc": {"widths": None},
        "line": {"refined": []},
        "source": {"root": None},
    }
    assert read({"seed": 3}) == {"seed": 3}
    assert read("") == {}
    with pytest.raises(click.UsageError, match="must contain a key and a value"):
        read("seed=3,4")
