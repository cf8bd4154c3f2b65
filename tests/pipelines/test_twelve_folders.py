"""The line needs nothing but ``source.root``, whatever a factory's folder looks like."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image
from sklearn.metrics import roc_auc_score
from tests.conftest import Project
from tests.sources.folders import FOLDERS
from tests.sources.photographs import photograph

from vadline.run.options import read_params
from vadline.sources.names import safe

# For speed alone: what a folder needs stands nowhere.
QUICK = {
    "images": {"size": 64},
    "split": {"folds": 3},
    "line": {"detectors": "patchcore"},
    "detectors": {"patchcore": {"coreset_size": 100}},
    "segad": {"forest": {"trees": 5}},
    "f2pad": {"references": 8, "prior_pixels": 500, "taus": [0.6, 1.1]},
    "decide": {"gallery": 1, "report_cards": 3},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory, empty_store):
    """Return a project in which each folder is a product of its own."""
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("twelve")
        patch.chdir(path)
        project = Project(path, empty_store)
        (path / "conf/local/parameters.yml").write_text(yaml.safe_dump(QUICK))
        yield project


@pytest.fixture
def command(project):
    """Return what runs ``kedro run --pipeline=segad_vad --params source.root=NAME``.

    It gives the folder of results, and of decisions.csv each row with the part's file.
    """

    def run(name):
        params = read_params(None, None, f"source.root={name}")
        project.run(env=None, params=params)
        results = project.path / "results/folder" / safe(name)
        parts = project.load("manifest", env=None, params=params)[["image_id", "path"]]
        decisions = pd.read_csv(results / "decisions.csv").merge(parts, validate="one_to_one")
        return results, decisions.assign(file=decisions["path"].str.removeprefix(f"{name}/"))

    return run


@pytest.mark.parametrize("name", FOLDERS)
def test_one_command_is_enough(name, project, command, caplog, capsys):
    folder = FOLDERS[name]
    root = folder.draw(project.path / name)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    results, decisions = command(name)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before
    assert {"report.html", "inspector.zip"} <= {path.name for path in results.iterdir()}
    bads = (decisions["label"] == "bad").any()
    page = (results / "report.html").read_text()
    assert ("robability of being bad" in page) == bads
    printed = capsys.readouterr().out
    assert ("image_auroc" in printed) == ("every bad part is rejected" in printed) == bads
    every_readable_part_has_a_row(decisions, folder)
    goods_and_bads_are_told_apart(decisions)
    masks_lie_on_defects(decisions, results / "parts", folder)
    what_is_left_out_is_listed(results / "ingest_report.json", folder, root)
    left_out = len(folder.tree.left_out) + len(folder.broken)
    for told in (caplog.text, page):
        assert (f"Left out {left_out} file" in told) == (left_out > 0)


def every_readable_part_has_a_row(decisions, folder):
    rows = decisions[["label", "defect", "part"]].itertuples(index=False, name=None)
    assert dict(zip(decisions["file"], rows, strict=True)) == {
        file: (label, kind, "test" if split == "test" else "training")
        for file, (label, kind, _, split) in folder.readable().items()
    }


def goods_and_bads_are_told_apart(decisions):
    rejected, bad = decisions["decision"] == "reject", decisions["label"] == "bad"
    assert rejected[~bad].mean() < 0.2
    if bad.any():
        assert rejected[bad].mean() > 0.8
        assert roc_auc_score(bad, decisions["score"]) > 0.9


def masks_lie_on_defects(decisions, pictures, folder):
    """Expect a mask of each rejected part, and F2PAD's on the defect.

    F2PAD looks at the parts that tables are computed on: where there are test parts, at these.
    """
    tabled = decisions["part"] == ("test" if (decisions["part"] == "test").any() else "training")
    for row in decisions[decisions["decision"] == "reject"].itertuples():
        with Image.open(pictures / row.image_id / "mask.png") as mask:
            found = np.asarray(mask) > 0
        _, defect = photograph(row.file, folder.camera, bad=row.label == "bad")
        assert found.shape == defect.shape
        assert found.any()
        if row.label == "bad" and tabled[row.Index]:
            assert (found & defect).sum() > 0.4 * (found | defect).sum()


def what_is_left_out_is_listed(report, folder, root):
    report = json.loads(report.read_text())
    listed = [*report["left_out"], *report["refused"], *report["masks_refused"]]
    reasons = {each["path"].removeprefix(f"{root.name}/"): each["reason"] for each in listed}
    expected = folder.tree.left_out | dict.fromkeys(folder.broken, "truncated")
    assert reasons.keys() == expected.keys()
    assert all(words in reasons[file] for file, words in expected.items())
    if folder.camera.white > 255:  # as good parts tell
        assert report["sixteen_bit_max"] == folder.camera.white
