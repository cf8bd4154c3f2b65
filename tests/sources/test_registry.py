"""The door to the sources: what every source refuses, the demo, and sources of the user's own."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest
from pydantic import ValidationError

from vadline.errors import VadlineError
from vadline.sources import SOURCES, Record, SourceParams, read_source
from vadline.sources.demo.params import DemoParams
from vadline.sources.registry import source_adapter

NEEDS_ROOT = sorted(set(SOURCES) - {"demo", "elpv", "cutpaste"})


@pytest.fixture
def own(monkeypatch):
    """A module of the user's own: a source of two bolts, one of no records, and no source."""

    def bolts(root, category):
        category = category or "bolt"
        return (
            Record(f"{i}", Path(root) / f"{i}.png", "good", "good", None, "unassigned", category)
            for i in (2, 1)
        )

    module = types.ModuleType("own_parts")
    module.bolts, module.strings, module.number = bolts, lambda root, category: ["a.png"], 3
    monkeypatch.setitem(sys.modules, "own_parts", module)


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_of_the_registry_is_there(name):
    assert source_adapter(name).__name__ == f"read_{name}"
    of_demo = name == "cutpaste"
    assert SourceParams(name=name).product() == (name, "demo" if of_demo else "all")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("vadd", [*SOURCES, "package.module:function"]),
        ("", [*SOURCES]),
        (":read", [*SOURCES]),
        (".parts:read", [*SOURCES]),
        ("own_parts:", [*SOURCES]),
        ("no_such_module:read", ["no_such_module", "where Python finds it"]),
        ("own_parts:screws", ["own_parts has no function screws"]),
        ("own_parts:number", ["own_parts has no function number"]),
    ],
)
def test_a_source_that_is_not_there_says_so_in_one_line(own, name, words):
    with pytest.raises(VadlineError) as told:
        source_adapter(name)
    assert all(word in str(told.value) for word in words)
    assert "\n" not in str(told.value)
    with pytest.raises(ValidationError):
        SourceParams(name=name)


def test_a_source_of_the_users_own(own, tmp_path):
    source = SourceParams(name="own_parts:bolts", root=str(tmp_path))
    assert [record.path.name for record in read_source(source)] == ["1.png", "2.png"]
    assert source.product() == ("bolts", tmp_path.name)
    named = source.model_copy(update={"category": "m8"})
    assert {record.category for record in read_source(named)} == {"m8"}
    assert named.product() == ("bolts", "m8")


def test_a_source_of_the_users_own_must_list_records(own):
    with pytest.raises(VadlineError, match="'own_parts:strings' lists str objects"):
        read_source(SourceParams(name="own_parts:strings"))
    for label, split in (("Good", "train"), ("good", "dev")):
        with pytest.raises(VadlineError, match=r"calls a\.png"):
            Record("a", Path("a.png"), label, "good", None, split, "bolt")


@pytest.mark.parametrize("name", NEEDS_ROOT)
def test_a_source_without_its_root_says_how_to_set_it(name):
    with pytest.raises(VadlineError, match=r"--params source\.root=/path"):
        read_source(SourceParams(name=name))


@pytest.mark.parametrize("name", NEEDS_ROOT)
def test_a_missing_root_is_named(name, tmp_path):
    with pytest.raises(VadlineError, match=f"{tmp_path}/nowhere"):
        read_source(SourceParams(name=name, root=f"{tmp_path}/nowhere"))


@pytest.mark.parametrize("name", NEEDS_ROOT)
def test_an_empty_root_is_named(name, tmp_path):
    with pytest.raises(VadlineError, match=str(tmp_path)):
        read_source(SourceParams(name=name, root=str(tmp_path)))


def test_a_root_that_is_a_file_is_named(tmp_path):
    path = tmp_path / "archive.zip"
    path.write_bytes(b"")
    with pytest.raises(VadlineError, match=r"archive\.zip is a file"):
        read_source(SourceParams(name="folder", root=str(path)))


def test_a_good_folder_without_images_is_named(tmp_path):
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "readme.txt").write_text("photographs follow")
    with pytest.raises(VadlineError, match="good holds no images"):
        read_source(SourceParams(name="folder", root=str(tmp_path)))


@pytest.mark.parametrize("name", ["vad", "mtd", "ksdd2"])
def test_a_category_of_a_single_product_is_refused(name, tmp_path):
    with pytest.raises(VadlineError, match=r"source\.category"):
        read_source(SourceParams(name=name, root=str(tmp_path), category="screw"))


def test_the_demo_is_rendered_into_its_own_place_and_read_in_vads_layout(tmp_path):
    counts = {"train_good": 2, "train_bad": 1, "test_good": 0, "test_bad": 0, "test_unseen": 0}
    source = SourceParams(name="demo", demo=DemoParams(**counts, seed=7))
    records = read_source(source, tmp_path / "demo", 128)
    assert [r.image_id for r in records] == ["train/bad/0000", "train/good/0000", "train/good/0001"]
    assert {r.category for r in records} == {"demo"}
    assert all(r.path.is_relative_to(tmp_path / "demo") for r in records)
    named = source.model_copy(update={"category": "ring"})
    assert {r.category for r in read_source(named, tmp_path / "demo", 128)} == {"ring"}
    with pytest.raises(VadlineError, match="a folder `made`"):
        read_source(source)


def test_the_demo_renders_into_no_root_of_the_users():
    # On the old code this rendered into `parts`, or told the user to remove what stood there.
    with pytest.raises(ValidationError, match=r"add --env=folder \(or vad, .*\) to read parts"):
        SourceParams(name="demo", root="parts")


@pytest.mark.parametrize(
    ("settings", "product"),
    [
        ({"name": "folder", "root": "{}/M8 bolts"}, ("folder", "M8 bolts")),
        ({"name": "folder", "root": "{}/a:b*c/"}, ("folder", "a_b_c")),
        ({"name": "folder", "root": "{}/one/.."}, ("folder", "{}")),
        ({"name": "folder", "root": "/"}, ("folder", "all")),
        ({"name": "folder", "root": "{}/bolts", "category": "m8"}, ("folder", "m8")),
        ({"name": "mvtec", "root": "{}/mvtec"}, ("mvtec", "all")),
        ({"name": "mvtec", "root": "{}/mvtec", "category": "screw"}, ("mvtec", "screw")),
        ({"name": "demo", "category": "ring"}, ("demo", "ring")),
    ],
)
def test_the_product_names_a_folder(settings, product, tmp_path):
    if "root" in settings:
        settings = settings | {"root": settings["root"].format(tmp_path)}
    assert SourceParams(**settings).product() == (product[0], product[1].format(tmp_path.name))


def test_the_product_of_a_relative_root_is_where_it_leads(tmp_path, monkeypatch):
    (tmp_path / "parts").mkdir()
    monkeypatch.chdir(tmp_path / "parts")
    assert SourceParams(name="folder", root=".").product() == ("folder", "parts")
    (tmp_path / "link").symlink_to(tmp_path / "parts")
    assert SourceParams(name="folder", root=str(tmp_path / "link")).product()[1] == "parts"
