"""Which detectors a run has is configuration, one's own included."""

import importlib
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from kedro.framework.project import pipelines

from vadline.metrics import without_kinds

GUIDE = Path(__file__).parents[2] / "docs" / "detectors.md"
BRIEF = {"epochs": 1, "steps_per_epoch": 2, "train_batch": 4}
TINY = {
    "padim": {"channels": 10},
    "cflow": {"blocks": 2, "steps": 5},
    "wrn": BRIEF,
    "devnet": BRIEF,
    "dra": BRIEF,
    "prnet": BRIEF,
}
NATIVE = ["patchcore", "apc", *TINY]


def guide() -> tuple[str, str, str]:
    """Return the guide's file of a detector of one's own, its configuration, and its test."""
    section = GUIDE.read_text().split("## A detector of your own")[1].split("\n## ")[0]
    assert len(section.splitlines()) <= 70, "a screen"
    code, test = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    (line,) = re.findall(r"^    (\w+: \{kind: .*\})$", section, re.MULTILINE)
    return code, line, test


@pytest.fixture
def own(project, monkeypatch):
    """Return a project to which the guide's detector was added, and nothing else."""
    code, line, _ = guide()
    (project.path / "src/mean_image.py").write_text(code)
    monkeypatch.syspath_prepend(project.path / "src")
    path = project.path / "conf/base/parameters.yml"
    settings = yaml.safe_load(path.read_text())
    settings["detectors"] |= yaml.safe_load(line)
    path.write_text(yaml.safe_dump(settings, sort_keys=False))
    return project


def test_the_guide_s_detector_gets_a_row_a_setup_and_a_namespace(own):
    params = {"line": {"detectors": None}}  # as configured: tests have a line of their own
    own.run(params=params)
    tables, names = own.tables(params=params), ["patchcore", "padim", "apc", "mean_image"]
    assert tables["detection"]["row"].tolist() == [*names, "probe", "mean"]
    assert tables["segad"]["row"].tolist() == [*names, "all_ad", "segad_safe"]
    assert "memory_bank.mean_image" in {node.namespace for node in pipelines["segad_vad"].nodes}
    features = own.load("segad_features", params=params)
    assert any(name.startswith("mean_image.") for name in features)


def test_the_guide_s_detector_keeps_the_contract(tmp_path, monkeypatch):
    code, _, test = guide()
    (tmp_path / "mean_image.py").write_text(code)
    (tmp_path / "test_mean_image.py").write_text(test)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("test_mean_image").test_it_keeps_the_contract()


def test_all_native_detectors_run_side_by_side_on_tiles(project):
    line = {"detectors": " ".join(NATIVE), "refined": "padim cflow"}
    images = {"size": [128, 64], "tiles": "1x2"}
    project.run(params={"line": line, "detectors": TINY, "images": images})
    assert project.load("images").shape[1:] == (128, 96, 3)
    assert project.load("padim.refined_masks").any()
    tables = project.tables()
    assert tables["detection"]["row"].tolist() == [*NATIVE, "probe", "mean"]
    unseen = [name for name in NATIVE if name != "wrn"]
    classified = ["all_ad", "patchcore_wrn", "all_ad_classifier", "segad_safe"]
    assert tables["segad"]["row"].tolist() == unseen + classified
    refined = without_kinds(tables["refinement"].set_index("row"))
    assert refined.index.tolist() == ["padim", "cflow"]
    split = project.load("split")
    for name in NATIVE:
        maps = project.load(f"{name}.anomaly_maps").grid
        assert np.isfinite(maps[split["test"].to_numpy()]).all()
