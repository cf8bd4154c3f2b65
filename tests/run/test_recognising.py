"""Where only ``source.root`` is given, a run is as with the environment of its layout."""

from __future__ import annotations

import json
import logging
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from kedro.config import OmegaConfigLoader
from PIL import Image
from tests.sources.own_folders import PRODUCTS, PUBLISHED, touch

from vadline.config.parsing import parse
from vadline.errors import VadlineError
from vadline.run.recognising import recognised
from vadline.settings import CONFIG_LOADER_ARGS

SMALL = {
    "images": {"size": 64},
    "line": {"detectors": "patchcore", "refined": [], "probe": "none"},
    "segad": {"segments": {"kind": "whole"}, "forest": {"trees": 5}},
    "decide": {"pictures": "none"},
}


@pytest.fixture
def conf(tmp_path, monkeypatch):
    """Return a copy of conf/, and work beside it."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(Path(__file__).parents[2] / "conf", tmp_path / "conf"))


def settings(conf, env=None, apc=None, **source):
    """Return the settings of a run with this environment and these parameters."""
    given = {"source": source} | ({"apc": apc} if apc else {})
    how = {name: CONFIG_LOADER_ARGS[name] for name in ("base_env", "default_run_env")}
    merging = CONFIG_LOADER_ARGS["merge_strategy"]
    loader = OmegaConfigLoader(str(conf), env, given, merge_strategy=merging, **how)
    return parse(recognised(loader["parameters"], loader))


@pytest.mark.parametrize("name", [*PUBLISHED, "folder"])
def test_the_root_alone_is_as_good_as_the_environment(name, conf):
    if name == "folder":
        touch(conf.parent / "root", "OK/1.png", "NG/2.png")
    else:
        PUBLISHED[name](conf.parent / "root")
    given = {"root": "root"} | ({"category": PRODUCTS[name]} if name in PRODUCTS else {})
    assert settings(conf, **given) == settings(conf, name, **given)


def test_a_category_of_mvtec_is_that_product_of_its_root(conf):
    PUBLISHED["mvtec"](conf.parent / "root")
    whole = {"root": str(conf.parent / "root"), "category": "screw"}
    assert settings(conf, root="root/screw") == settings(conf, "mvtec", **whole)
    mine = settings(conf, root="root/screw", category="my screw").source
    assert (mine.name, mine.root, mine.category) == ("mvtec", "root/screw", "my screw")


def test_one_line_says_what_was_recognised_and_what_it_sets(conf, caplog):
    touch(conf.parent / "parts", "OK/1.png")
    caplog.set_level(logging.INFO, "vadline")
    found = settings(conf, root="parts", apc={"steps_per_epoch": 7})
    assert (found.split.protocol, found.apc.steps_per_epoch) == ("all", 7)
    (line,) = [record.getMessage() for record in caplog.records]
    assert re.fullmatch(r"parts is a folder of your own parts: .*split\.protocol=all\)", line)
    assert "--env=folder" in line
    assert "steps_per_epoch" not in line


def test_what_the_environment_at_hand_says_goes_before_the_layout_s(conf):
    touch(conf.parent / "parts", "OK/1.png", "NG/1.png")
    found = settings(conf, "test", root="parts")
    assert found.source.product() == ("folder", "test")
    assert (found.split.protocol, found.split.folds, found.apc.steps_per_epoch) == ("all", 2, 2)
    local = {"source": {"root": "parts"}, "apc": {"epochs": 3}}
    (conf / "local/parameters.yml").write_text(yaml.safe_dump(local))
    found = settings(conf)
    assert found.source.product() == ("folder", "parts")
    assert (found.apc.epochs, found.apc.steps_per_epoch) == (3, 50)


def test_without_the_layout_s_environment_its_name_is_enough(conf):
    touch(conf.parent / "parts", "OK/1.png")
    shutil.rmtree(conf / "folder")
    found = settings(conf, root="parts")
    assert found.source.product() == ("folder", "parts")
    assert found.split.protocol == "high_shot"


def test_folders_that_are_named_make_it_the_user_s_own(conf):
    touch(conf.parent / "parts", "a/1.png", "b/2.png")
    found = settings(conf, root="parts", good="a", bad="b")
    assert (found.source.good, found.source.bad) == (("a",), ("b",))
    assert (found.source.name, found.split.protocol) == ("folder", "all")


def test_the_demo_and_a_name_that_is_given_are_left_alone(conf, caplog):
    caplog.set_level(logging.INFO, "vadline")
    touch(conf.parent / "parts", "OK/1.png")
    assert settings(conf).source.product() == ("demo", "all")
    assert settings(conf, name="folder", root="parts").split.protocol == "high_shot"
    with pytest.raises(VadlineError, match="leave the name out"):
        settings(conf, name="demo", root="parts")
    with pytest.raises(VadlineError, match=r"source\.rot"):
        settings(conf, root="parts", rot="parts")
    assert not caplog.records


def test_a_folder_of_no_layout_is_one_line(conf):
    touch(conf.parent / "things", "a/1.png", "b/2.png")
    with pytest.raises(VadlineError, match=r"things has no layout.*a/, b/.*source\.good=NAME"):
        settings(conf, root="things")


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
    made = {path for path in folder.rglob("*.*") if path.is_file() and ".results" not in path.parts}
    project.run(env="folder", params=params, only_missing_outputs=True, tags=["ingest", "split"])
    assert len(list(folder.glob("ingest_report.json/*"))) == 1
    assert made <= set(folder.rglob("*"))
