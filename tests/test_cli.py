"""What a person sees who makes a mistake on the command line."""

import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from vadline.__main__ import main

WHOLE = "--pipeline=segad_vad"
FAST = "line.detectors=patchcore,line.refined=[]"
OWN = {"source": {"root": "parts"}}


def photograph(path, seed, shape=(40, 40)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (*shape, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def parts(project):
    """Return a folder of eight good parts and four bad ones."""
    root = project.path / "parts"
    for index in range(8):
        photograph(root / f"good/{index}.png", index)
    for index in range(4):
        photograph(root / f"bad/{index}.png", 100 + index)
    return root


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ("source.root=nowhere", ["nowhere", "good/"]),
        ("source.rot=parts", ["source.rot", "root"]),
        ("source.root=parts,split.shots=2,backbone.name=resnet999", ["backbone.name", "resnet999"]),
        (
            "source.root=parts,split.shots=2,backbone.weights=none.pth",
            ["none.pth", "backbone.weights"],
        ),
        ("source.root=parts,split.protocol=low_shot", ["split.protocol"]),
    ],
)
def test_a_mistake_ends_in_one_line_without_a_traceback(kedro, project, parts, params, words):
    done = kedro(
        project.path,
        "run",
        WHOLE,
        "--env=folder",
        "--params",
        f"images.size=64,split.shots=2,{FAST},{params}",
    )
    assert done.returncode == 1
    (line,) = [x for x in done.stderr.splitlines() if x.startswith("vadline: ")]
    assert "Traceback" not in done.stdout + done.stderr
    for word in words:
        assert word in line


def test_a_root_with_commas_and_of_no_layout_is_named_whole(kedro, project):
    root = project.path / "parts, #1 ${x}"
    photograph(root / "a/1.png", 0)
    done = kedro(project.path, "run", WHOLE, f"--params={FAST},source.root={root.name}")
    assert done.returncode == 1
    (line,) = [x for x in done.stderr.splitlines() if x.startswith("vadline: ")]
    assert line.startswith(f"vadline: source.root={root.name} has no layout that is known")
    assert "Traceback" not in done.stdout + done.stderr


def test_a_leak_fails_the_run_and_names_both_files(kedro, project, parts):
    (parts / "test/good").mkdir(parents=True)
    photograph(parts / "test/bad/5.png", 200)
    photograph(parts / "test/good/5.png", 300)
    (parts / "test/good/copy.png").write_bytes((parts / "good/0.png").read_bytes())
    params = f"source.root=parts,images.size=64,{FAST},split.protocol=one_class"
    done = kedro(project.path, "run", WHOLE, "--env=folder", "--params", params)
    assert done.returncode == 1
    (line,) = [x for x in done.stderr.splitlines() if x.startswith("vadline: ")]
    assert "copy.png" in line or "test/good/copy" in line
    assert "good/0" in line


def test_odd_photographs_are_read_or_refused_by_name(kedro, project, parts):
    photograph(parts / "good/wide.png", 1000, (30, 90))
    (parts / "good/empty.png").write_bytes(b"")
    (parts / "good/text.png").write_text("no photograph")
    (parts / "good/cut.png").write_bytes((parts / "good/1.png").read_bytes()[:200])
    Image.fromarray(np.full((40, 40), 4000, np.uint16)).save(parts / "good/deep.png")
    Image.new("RGBA", (40, 40), (10, 200, 30, 128)).save(parts / "good/rgba.png")
    params = f"source.root=parts,images.size=64,{FAST},split.shots=2"
    done = kedro(project.path, "run", WHOLE, "--env=folder", "--params", params)
    assert done.returncode == 0, done.stderr
    report = project.load("ingest_report", env="folder", params=OWN)
    refused = {entry["path"].rsplit("/", 1)[1] for entry in report["refused"]}
    assert refused == {"empty.png", "text.png", "cut.png"}
    manifest = project.load("manifest", env="folder", params=OWN)
    assert {"good/wide", "good/deep", "good/rgba"} <= set(manifest["image_id"])


def test_a_test_part_of_one_class_has_no_auroc_but_ends_well(kedro, project, parts):
    for index in range(4):
        (parts / f"bad/{index}.png").unlink()
    params = f"source.root=parts,images.size=64,{FAST},split.protocol=one_class"
    done = kedro(project.path, "run", WHOLE, "--env=folder", "--params", params)
    assert done.returncode == 0, done.stderr
    table = project.load("detection", env="folder", params=OWN)
    assert np.isnan(table["image_auroc"]).all()
    assert len(project.load("decisions", env="folder", params=OWN))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--env=nope"], ["--env=nope", "elpv"]),
        (["--pipelines=segd"], ["segd", "segad_vad"]),
        (["--env=test", "--tags=nope"], ["no nodes"]),
        (["--env=test", "--tags=split"], ["has not been made yet", "segad_vad"]),
    ],
)
def test_a_part_that_cannot_run_says_why_in_one_line(kedro, project, arguments, words):
    done = kedro(project.path, "run", *arguments)
    assert done.returncode == 1
    (line,) = [x for x in done.stderr.splitlines() if x.startswith("vadline: ")]
    assert "Traceback" not in done.stdout + done.stderr
    for word in words:
        assert word in line


@pytest.mark.parametrize("command", ["inspect", "compare", "viz"])
def test_outside_of_a_project_a_command_says_so_at_once(tmp_path, command):
    given = [sys.executable, "-X", "importtime", "-m", "vadline", command, "new"]
    done = subprocess.run(given, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = [x for x in done.stderr.splitlines() if not x.startswith("import time:")]
    assert line.startswith(f"vadline: {tmp_path} lies in no project")
    assert done.stdout == ""
    assert not re.search(r"\| +(mlflow|torch|kedro\.framework)$", done.stderr, re.MULTILINE)


def test_kedro_viz_opens_on_the_run_that_was_last(finished, monkeypatch):
    told = {}
    monkeypatch.setattr("kedro_viz.launchers.cli.run.run.callback", lambda **how: told.update(how))
    monkeypatch.chdir(finished.path)
    with pytest.raises(SystemExit):
        main(["viz", "--port=4321", "--no-browser"])
    assert (told["env"], told["params"], told["port"]) == ("test", {}, 4321)
    assert told["include_hooks"]
