from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vadline.errors import VadlineError
from vadline.sources.demo.params import DemoParams
from vadline.sources.demo.tree import DEFECT_KINDS, UNSEEN_KINDS, render_demo, render_part

COUNTS = {"train_good": 3, "train_bad": 9, "test_good": 2, "test_bad": 2, "test_unseen": 3}
PARAMS = DemoParams(**COUNTS)
FOLDERS = dict(
    zip(
        COUNTS,
        ("train/good", "train/bad", "test/good", "test/bad", "test/bad_unseen_defects"),
        strict=True,
    )
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_demo(tmp_path_factory.mktemp("demo") / "product", PARAMS, 128)


def read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def files(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_every_picture_has_its_place(tree: Path) -> None:
    for key, folder in FOLDERS.items():
        names = sorted(path.name for path in (tree / folder).iterdir())
        assert names == [f"{i:04d}.png" for i in range(COUNTS[key])]
        for name in names:
            image = read(tree / folder / name)
            assert image.shape == (128, 128, 3)
            assert image.dtype == np.uint8
            truth = tree / "ground_truth" / folder / name
            assert truth.exists() == ("bad" in folder)
            if truth.exists():
                assert set(np.unique(read(truth))) == {0, 255}


def test_unseen_kinds_stay_out_of_training_and_ordinary_tests(tree: Path) -> None:
    with (tree / "defects.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == COUNTS["train_bad"] + COUNTS["test_bad"] + COUNTS["test_unseen"]
    for row in rows:
        assert (tree / row["file"]).exists()
        assert (row["defect"] in UNSEEN_KINDS) == ("unseen" in row["file"])
    seen = {row["defect"] for row in rows if row["file"].startswith("train")}
    assert seen == set(DEFECT_KINDS) - set(UNSEEN_KINDS)


def test_low_shot_draws_are_five_halves_of_the_bad_training_parts(tree: Path) -> None:
    draws = json.loads((tree / "low_shot_train.json").read_text())
    assert list(draws) == ["0", "1", "2", "3", "4"]
    for names in draws.values():
        assert len(set(names)) == len(names) == COUNTS["train_bad"] // 2
        assert all((tree / "train/bad" / name).exists() for name in names)
    assert len({tuple(names) for names in draws.values()}) > 1


def test_a_picture_does_not_depend_on_how_many_there_are(tree: Path, tmp_path: Path) -> None:
    fewer = dict.fromkeys(COUNTS, 1)
    small = files(render_demo(tmp_path / "small", DemoParams(**fewer), 128))
    large = files(tree)
    pictures = {name for name in small if name.endswith(".png")}
    assert len(pictures) == 8
    for name in pictures:
        assert small[name] == large[name], name


def test_files_match_render_part(tree: Path) -> None:
    image, mask = render_part(0, 1, 128, "wire_off_dot", stream=1)
    with (tree / "defects.csv").open() as file:
        kinds = {row["file"]: row["defect"] for row in csv.DictReader(file)}
    assert kinds["train/bad/0001.png"] == "wire_off_dot"
    assert np.array_equal(read(tree / "train/bad/0001.png"), image)
    assert np.array_equal(read(tree / "ground_truth/train/bad/0001.png"), mask * 255)


def test_the_same_arguments_reuse_the_tree(tree: Path) -> None:
    stamps = {path: path.stat().st_mtime_ns for path in tree.rglob("*.png")}
    assert render_demo(tree, PARAMS, 128) == tree
    assert {path: path.stat().st_mtime_ns for path in tree.rglob("*.png")} == stamps


@pytest.mark.parametrize(
    ("change", "size"), [({"seed": 1}, 128), ({"train_good": 4}, 128), ({}, 160)]
)
def test_other_arguments_render_the_demo_anew(
    tree: Path, tmp_path: Path, change: dict, size: int
) -> None:
    own = shutil.copytree(tree, tmp_path / "demo")
    wanted = DemoParams(**(COUNTS | change))
    assert files(render_demo(own, wanted, size)) == files(render_demo(tmp_path / "b", wanted, size))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_foreign_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(VadlineError, match="no demo tree"):
        render_demo(tmp_path, PARAMS, 128)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_failed_run_leaves_no_tree(tmp_path: Path) -> None:
    with pytest.raises(VadlineError, match="at least 128"):
        render_demo(tmp_path / "product", PARAMS, 64)
    assert list(tmp_path.iterdir()) == []
