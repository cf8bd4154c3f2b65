"""What a disk refuses ends in one line, whichever library was writing."""

import errno
import os

import click
import pytest
from kedro.io import DatasetError

from vadline import cli
from vadline.run.refusals import refused_by_disk

SAVING = (
    "Failed while saving data to dataset vadline.io.JSONDataset(filepath=PosixPath('/x/a.json'))"
)


def raised(*chain):
    """Return an error that the others have caused, the first cause last."""
    first, *rest = chain
    if rest:
        first.__cause__ = raised(*rest)
    return first


def system(number):
    return OSError(number, os.strerror(number), "/x/a.json")


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (raised(DatasetError("a"), system(errno.ENOSPC)), "full"),
        (
            raised(DatasetError(SAVING), RuntimeError("No space left on device (os error 28)")),
            "full",
        ),
        (RuntimeError("(sqlite3.OperationalError) database or disk\nis full"), "full"),
        (raised(DatasetError(SAVING), system(errno.EROFS), FileNotFoundError("a")), "written"),
        (raised(DatasetError("a"), system(errno.EACCES)), "written"),
        (RuntimeError("attempt to write a readonly database"), "written"),
    ],
)
def test_it_is_told_with_its_remedy(error, word):
    told = refused_by_disk(error)
    assert word in told
    assert ("free some space" if word == "full" else "mend the permissions") in told
    if "database" not in str(error):
        assert "(/x/a.json)" in told


def test_other_failures_are_not_the_disk_s():
    assert refused_by_disk(raised(DatasetError(SAVING), FileNotFoundError(2, "gone", "a"))) is None


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, ["stopped", "--only-missing-outputs"]),
        (system(errno.ENOSPC), 1, ["disk is full", "--only-missing-outputs"]),
    ],
)
def test_a_run_that_is_stopped_says_how_to_go_on(tmp_path, monkeypatch, capsys, error, code, words):
    (tmp_path / "conf/base").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.kedro]\n")
    monkeypatch.chdir(tmp_path)

    def run(**kwargs):
        raise error

    with pytest.raises(click.exceptions.Exit) as ended:
        cli._in_one_line(run)(env=None)
    assert ended.value.exit_code == code
    told = capsys.readouterr().err
    assert all(word in told for word in words)


def test_outside_of_a_project_it_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for command, arguments in ((cli.inspect, [str(tmp_path)]), (cli.export, ["out.onnx"])):
        with pytest.raises(SystemExit, match="1"):
            command(arguments)
        assert "lies in no project" in capsys.readouterr().err
