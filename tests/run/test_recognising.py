"""Where only ``source.root`` is given, a run is as with the environment of its layout."""

from __future__ import annotations

import json
import logging
import re

import numpy as np
import pytest
import yaml
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from PIL import Image
from tests.sources.own_folders import PUBLISHED, touch

from vadline.config.current import workspace
from vadline.errors import VadlineError

SMALL = {
    "images": {"size": 64},
    "line": {"detectors": "patchcore", "refined": []},
    "segad": {"segments": {"kind": "whole"}, "forest": {"trees": 5}},
}


def settings(project, env=None, **source):
    """Return all parameters of a session, and the product's folder."""
    bootstrap_project(project.path)
    params = {"source": source} if source else None
    with KedroSession.create(project.path, env=env, runtime_params=params) as session:
        return session.load_context().params, workspace()


@pytest.mark.parametrize("name", [*PUBLISHED, "folder"])
def test_the_root_alone_is_as_good_as_the_environment(name, project, monkeypatch):
    if name == "folder":
        touch(project.path / "root", "OK/1.png", "NG/2.png")
    else:
        PUBLISHED[name](project.path / "root")
    given = {"root": "root"} | ({"category": "screw"} if name == "mvtec" else {})
    assert settings(project, **given) == settings(project, name, **given)


def test_a_category_of_mvtec_is_that_product_of_its_root(project):
    PUBLISHED["mvtec"](project.path / "root")
    whole = {"root": str(project.path / "root"), "category": "screw"}
    assert settings(project, root="root/screw") == settings(project, "mvtec", **whole)


def test_one_line_says_what_was_recognised_and_what_it_sets(project, caplog):
    touch(project.path / "parts", "OK/1.png")
    caplog.set_level(logging.INFO, "vadline")
    bootstrap_project(project.path)
    params = {"source": {"root": "parts"}, "apc": {"steps_per_epoch": 7}}
    with KedroSession.create(project.path, runtime_params=params) as session:
        whole = session.load_context().params
    assert (whole["split"]["protocol"], whole["apc"]["steps_per_epoch"]) == ("all", 7)
    (line,) = [r.getMessage() for r in caplog.records if r.name == "vadline.run.recognising"]
    assert re.fullmatch(r"parts is a folder of your own parts: .*split\.protocol=all\)", line)
    assert "--env=folder" in line
    assert "steps_per_epoch" not in line


def test_what_the_environment_at_hand_says_goes_before_the_layout_s(project):
    touch(project.path / "parts", "OK/1.png", "NG/1.png")
    local = {"source": {"root": "parts"}, "apc": {"epochs": 3}, "split": {"scheme": "cross_fit"}}
    (project.path / "conf/local/parameters.yml").write_text(yaml.safe_dump(local))
    whole, product = settings(project)
    assert product == "folder/parts"
    assert (whole["apc"]["epochs"], whole["apc"]["steps_per_epoch"]) == (3, 50)
    whole, product = settings(project, "test", root="parts")
    assert product == "folder/test"
    assert (whole["split"]["protocol"], whole["split"]["folds"]) == ("all", 2)


def test_without_the_layout_s_environment_its_name_is_enough(project):
    touch(project.path / "parts", "OK/1.png")
    (project.path / "conf/folder/parameters.yml").unlink()
    (project.path / "conf/folder").rmdir()
    whole, product = settings(project, root="parts")
    assert (whole["source"]["name"], product) == ("folder", "folder/parts")
    assert whole["split"]["protocol"] == "high_shot"


def test_the_demo_and_a_name_that_is_given_are_left_alone(project, caplog):
    touch(project.path / "parts", "OK/1.png")
    assert settings(project)[1] == "demo/all"
    whole, _ = settings(project, name="folder", root="parts")
    assert whole["split"]["protocol"] == "high_shot"
    with pytest.raises(VadlineError, match="leave the name out"):
        settings(project, name="demo", root="parts")
    assert "read as with" not in caplog.text


def test_a_folder_of_no_layout_is_one_line(project):
    touch(project.path / "things", "a/1.png", "b/2.png")
    with pytest.raises(VadlineError, match=r"things has no layout.*a/, b/.*source\.good=NAME"):
        settings(project, root="things")


def photographs(root, **folders):
    """Draw noise into folders, as many photographs as are asked for."""
    rng = np.random.default_rng(0)
    for folder, count in folders.items():
        (root / folder).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 255, (40, 40, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / folder / f"{number}.webp", lossless=True)


def test_the_line_runs_on_a_root_alone_and_goes_on_with_its_environment(project):
    root = project.path / "Teile, Schicht #1"
    photographs(root, OK=6, NG=2)
    Image.new("L", (40, 40), 255).save(root / "NG/0_mask.png")
    (root / "notes.txt").touch()
    params = SMALL | {"source": {"root": root.name}}
    project.run(env=None, params=params)
    folder = project.path / "data/08_reporting/folder/Teile_ Schicht _1"
    (version,) = folder.glob("ingest_report.json/*/ingest_report.json")
    report = json.loads(version.read_text())
    assert [each["path"] for each in report["left_out"]] == [f"{root.name}/notes.txt"]
    assert (report["counts"]["left_out"], report["counts"]["with_mask"]) == (1, 1)
    decisions = project.load("decisions", env="folder", params=params)
    assert decisions["label"].value_counts().to_dict() == {"good": 6, "bad": 2}
    made = {path for path in folder.rglob("*") if path.is_file()}
    project.run(env="folder", params=params, only_missing_outputs=True, tags=["ingest", "split"])
    assert len(list(folder.glob("ingest_report.json/*"))) == 1
    assert made <= set(folder.rglob("*"))
