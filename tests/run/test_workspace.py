"""One product, one folder, one run at a time; and nothing is written below a user's root."""

import numpy as np
import pytest
import yaml
from filelock import FileLock
from PIL import Image

from vadline.errors import VadlineError

SMALL = {
    "images": {"size": 64},
    "line": {"detectors": "patchcore", "refined": []},
    "split": {"protocol": "one_class"},
    "segad": {"segments": {"kind": "whole"}, "forest": {"trees": 5}},
}


def photographs(root, seed=0):
    rng = np.random.default_rng(seed)
    for name in ("good/0", "good/1", "good/2", "good/3", "good/4", "bad/0", "bad/1"):
        path = root / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (40, 40, 3), dtype=np.uint8)).save(path)
    return root


def listing(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def run(project, root, **source):
    project.run(env="folder", params=SMALL | {"source": {"root": str(root), **source}})


def made_in(project):
    return sorted(
        str(path.parent.relative_to(project.path / "data/08_reporting"))
        for path in project.path.glob("data/08_reporting/*/*/decisions.csv")
    )


def test_each_folder_is_a_product_of_its_own(project):
    first = photographs(project.path / "parts" / "left")
    second = photographs(project.path / "parts" / "right side", seed=1)
    before = listing(first) | listing(second)
    run(project, first)
    shown = project.results("folder/left")
    run(project, second)
    run(project, second, category="renamed")
    assert made_in(project) == ["folder/left", "folder/renamed", "folder/right side"]
    assert listing(first) | listing(second) == before
    assert project.results("folder/left") == shown
    for product in ("left", "right side", "renamed"):
        assert project.results(f"folder/{product}").keys() == shown.keys()
    runs = project.mlflow_runs()
    assert set(runs["tags.category"]) == {"left", "right side", "renamed"}


def test_a_category_in_the_configuration_names_the_folder_too(project):
    path = project.path / "conf/folder/parameters.yml"
    settings = yaml.safe_load(path.read_text())
    settings["source"]["category"] = "lids"
    path.write_text(yaml.safe_dump(settings))
    run(project, photographs(project.path / "parts"))
    assert made_in(project) == ["folder/lids"]


def test_a_folder_of_the_same_name_elsewhere_does_not_overwrite(project):
    run(project, photographs(project.path / "monday" / "parts"))
    with pytest.raises(VadlineError, match=r"monday.*tuesday.*source\.category"):
        run(project, photographs(project.path / "tuesday" / "parts", seed=1))
    run(project, project.path / "tuesday" / "parts", category="tuesday")
    assert made_in(project) == ["folder/parts", "folder/tuesday"]


def test_a_second_run_in_one_workspace_says_so_and_touches_nothing(project):
    root = photographs(project.path / "parts")
    run(project, root)
    lock = project.path / "data/08_reporting/folder/parts/.lock"
    before = listing(project.path / "data/07_model_output")
    with FileLock(lock), pytest.raises(VadlineError, match=r"folder/parts.*source\.category"):
        run(project, root)
    assert listing(project.path / "data/07_model_output") == before
    run(project, root)


def test_a_root_that_is_not_there_is_not_rendered_into(project):
    root = project.path / "parts"
    with pytest.raises(VadlineError, match="parts does not exist"):
        project.run(env=None, params={"source": {"root": str(root)}})
    assert not root.exists()
