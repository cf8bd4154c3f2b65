"""A report's review.csv teaches: now, and in every later run."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from vadline.config.current import current

UP_TO_SPLIT = {"tags": ["ingest", "split"]}


@pytest.fixture
def review(project, finished):
    """Return a review of a part of the source and of two new ones, in a folder that goes away."""
    new = project.path / "shift 7"
    new.mkdir()
    files = sorted((finished.path / "data/01_raw/made/demo/test").rglob("*bad*/*.png"))
    for name, file in zip(("missed.png", "alarm.png"), files[:2], strict=True):
        (new / name).write_bytes(file.read_bytes() + b" ")  # another file
    paths = finished.load("manifest").query("label == 'good' and source_split == 'train'")["path"]
    mine = project.path / Path(paths.iloc[0]).relative_to(finished.path)
    rows = [(new / "missed.png", "bad", "burr"), (new / "alarm.png", "good", ""), (mine, "bad", "")]
    table = pd.DataFrame(rows, columns=["path", "verdict", "kind"]).assign(image_id="any")
    table.to_csv(project.path / "review.csv", index=False)
    return project.path / "review.csv"


def test_a_review_joins_known_bads_and_goods_and_is_remembered(project, finished, review):
    project.run(params={"review": str(review)}, **UP_TO_SPLIT)
    before = finished.load("split").set_index("image_id")
    for source in ("now", "later"):
        if source == "later":
            shutil.rmtree(project.path / "shift 7")
            review.unlink()
            project.run(**UP_TO_SPLIT)
        split = project.load("split").set_index("image_id")
        manifest = project.load("manifest").set_index("image_id")
        (missed, alarm) = sorted(split.index.difference(before.index), reverse=True)
        assert missed.startswith("reviewed/missed-")
        assert split.loc[missed, ["label", "defect"]].tolist() == ["bad", "burr"]
        assert split.loc[alarm, "label"] == "good"
        assert split.loc[alarm, ["detector", "calibration"]].all()
        assert split.loc[[missed, alarm], ["finetune", "forest"]].all(axis=None)
        assert not split.loc[[missed, alarm], "test"].any()
        assert manifest["reviewed"].sum() == 3
        changed = split["label"].reindex(before.index) != before["label"]
        assert changed.sum() == 1
        assert (split["test"].reindex(before.index) == before["test"]).all()


def test_the_next_review_may_have_the_name_of_the_last(project, review):
    run = {"params": {"review": str(review)}, "only_missing_outputs": True, **UP_TO_SPLIT}
    project.run(**run)
    read = project.path / "data/02_intermediate/demo/test/manifest.parquet"
    first = read.stat().st_mtime_ns
    project.run(**run)
    project.run(**run | {"params": {}})
    assert read.stat().st_mtime_ns == first  # nothing new was said
    table = pd.read_csv(review)
    table.assign(verdict="bad").to_csv(review, index=False)
    project.run(**run)
    assert read.stat().st_mtime_ns > first
    assert (project.load("manifest").query("reviewed")["label"] == "bad").all()


def test_a_reviewed_bad_part_brings_the_detector_that_learns_from_bads(project, tmp_path):
    (tmp_path / "parts" / "good").mkdir(parents=True)
    (tmp_path / "r.csv").write_text("path,verdict\nanywhere.png,bad\n")
    params = {"source": {"root": str(tmp_path / "parts")}}
    project.catalog(env="folder", params=params)
    assert current().line.detectors == ("patchcore", "padim")
    project.catalog(env="folder", params=params | {"review": str(tmp_path / "r.csv")})
    assert current().line.detectors == ("patchcore", "padim", "apc")
