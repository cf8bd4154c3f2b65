"""The command: what it writes, and its words to those who lack something."""

import importlib.util
import subprocess
import sys

import pandas as pd
import pytest
from rich.console import Console

from vadline.bench import __main__ as main
from vadline.bench.__main__ import PARTS, cases, line_arguments, parse, run


def test_tables_are_kept_as_csv_and_markdown(tmp_path):
    arguments = ["--only", "statistics", "--maps", "4", "--repeats", "1", "--threads", "1"]
    console = Console(record=True, width=160)
    run(parse([*arguments, "--out", str(tmp_path)]), console)
    (row,) = pd.read_csv(tmp_path / "side_by_side.csv").to_dict("records")
    assert row["measure"] == "statistics, 7 segments, 2 maps"
    assert row["other"] == "SciPy"
    assert row["ratio"] > 0
    assert len(pd.read_csv(tmp_path / "runs.csv")) == 2
    assert "| SciPy |" in (tmp_path / "side_by_side.md").read_text()
    assert "SciPy" in console.export_text()


def test_without_anomalib_the_remedy_is_named(tmp_path, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "anomalib" else real(name)
    )
    monkeypatch.setattr(main, "cases", lambda args: (c for c in cases(args) if "AUPRO" in c.name))
    arguments = ["--only", "pixels", "--maps", "2", "--repeats", "1", "--threads", "1"]
    console = Console(record=True, width=160)
    run(parse([*arguments, "--out", str(tmp_path)]), console)
    assert 'pip install -e ".[anomalib]"' in console.export_text()
    table = pd.read_csv(tmp_path / "side_by_side.csv").set_index("measure")
    assert pd.isna(table.reindex(columns=["ratio"]).loc["AUPRO, 2 maps", "ratio"])


@pytest.mark.parametrize("part", ["coreset", "patchcore", "chosen", "pixels", "statistics"])
def test_ours_stands_first_in_every_case(part, tmp_path):
    for case in cases(parse(["--only", part, "--out", str(tmp_path)])):
        assert next(iter(case.sides)) == "ours"


def test_a_missing_folder_is_one_line(tmp_path):
    command = [sys.executable, "-m", "vadline.bench", "--source=mtd", f"--root={tmp_path / 'no'}"]
    done = subprocess.run(
        [*command, "--only", "reading", "--out", str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in done.stderr


def test_the_line_runs_on_the_same_source():
    assert line_arguments(parse([])) == []
    given = parse(["--source=visa", "--root=/data/VisA", "--category=pcb1"])
    params = "--params=source.root=/data/VisA,source.category=pcb1"
    assert line_arguments(given) == ["--env=visa", params]


def test_every_part_has_help(capsys):
    with pytest.raises(SystemExit):
        parse(["--help"])
    text = capsys.readouterr().out
    assert all(part in text for part in PARTS)
