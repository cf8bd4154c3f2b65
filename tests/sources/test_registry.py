"""The door to the sources: what every source refuses, and the demo."""

from __future__ import annotations

import sys
import types

import pytest

from vadline.errors import VadlineError
from vadline.sources import SOURCES, read_source


def test_an_unknown_source_lists_the_known_ones():
    with pytest.raises(VadlineError, match=", ".join(SOURCES)):
        read_source("vadd", None)


@pytest.mark.parametrize("source", sorted(set(SOURCES) - {"elpv"}))
def test_a_source_without_its_root_says_how_to_set_it(source):
    with pytest.raises(VadlineError, match=r"--params source\.root=/path"):
        read_source(source, None)


@pytest.mark.parametrize("source", sorted(set(SOURCES) - {"demo", "elpv"}))
def test_a_missing_root_is_named(source, tmp_path):
    with pytest.raises(VadlineError, match=f"{tmp_path}/nowhere"):
        read_source(source, tmp_path / "nowhere")


@pytest.mark.parametrize("source", sorted(set(SOURCES) - {"demo", "elpv"}))
def test_an_empty_root_is_named(source, tmp_path):
    with pytest.raises(VadlineError, match=str(tmp_path)):
        read_source(source, tmp_path)


def test_a_root_that_is_a_file_is_named(tmp_path):
    path = tmp_path / "archive.zip"
    path.write_bytes(b"")
    with pytest.raises(VadlineError, match=r"archive\.zip is a file"):
        read_source("folder", path)


def test_a_good_folder_without_images_is_named(tmp_path):
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "readme.txt").write_text("photographs follow")
    with pytest.raises(VadlineError, match="good holds no images"):
        read_source("folder", tmp_path)


@pytest.mark.parametrize("source", ["vad", "mtd", "demo"])
def test_a_category_of_a_single_product_is_refused(source, tmp_path):
    with pytest.raises(VadlineError, match=r"source\.category"):
        read_source(source, tmp_path, "screw")


def test_an_unknown_option_is_named(tmp_path):
    with pytest.raises(VadlineError, match=r"source\.colour"):
        read_source("folder", tmp_path, colour="red")


def test_demo_is_rendered_and_read_in_vads_layout(tmp_path, monkeypatch):
    def render_demo(root, *, train_good, seed):
        (root / "train/good").mkdir(parents=True)
        for i in range(train_good):
            (root / f"train/good/{seed}_{i}.png").write_bytes(b"")
        return root

    module = types.ModuleType("vadline.sources.demo.tree")
    module.render_demo = render_demo
    monkeypatch.setitem(sys.modules, "vadline.sources.demo.tree", module)
    records = read_source("demo", tmp_path, train_good=2, seed=7)
    assert [r.image_id for r in records] == ["train/good/7_0", "train/good/7_1"]
    assert {r.category for r in records} == {"demo"}
    with pytest.raises(VadlineError, match=r"source\.parts: it takes train_good, seed"):
        read_source("demo", tmp_path, parts=3)
