from __future__ import annotations

import io
import sys
from concurrent.futures import ThreadPoolExecutor

import matplotlib
import numpy as np
import pytest
from PIL import Image

from vadline.errors import VadlineError
from vadline.figures import GalleryPart, gallery_figure
from vadline.figures.style import GOOD

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 256, (32, 48, 3), np.uint8)
MASK = np.zeros((32, 48), np.uint8)
MASK[:8, 10:20] = 1
MAP = RNG.random((8, 12)).astype(np.float32)
FULL = GalleryPart("bad/1", IMAGE, 0.5, "bad", "bad", MASK, MAP, MASK, IMAGE)


def pixels(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return np.asarray(Image.open(buffer).convert("RGB")).astype(int)


def titles(figure):
    return [axis.get_title() or axis.get_title(loc="left") for axis in figure.axes]


def test_a_full_part_has_five_titled_pictures():
    found = titles(gallery_figure([FULL]))
    assert found[0] == "bad/1\nscore 0.5, bad"
    assert found[1:] == ["ground truth", "anomaly map", "refined mask", "recovered image"]


def test_masks_before_and_after_stand_side_by_side():
    before = GalleryPart("a", IMAGE, truth=MASK, initial_mask=MASK, refined_mask=MASK)
    figure = gallery_figure([before])
    assert titles(figure)[1:] == ["ground truth", "thresholded map", "refined mask"]


def test_columns_that_nobody_fills_are_left_out_and_gaps_say_so():
    bare = GalleryPart("good/2", IMAGE, anomaly_map=MAP)
    assert len(gallery_figure([bare]).axes) == 2
    figure = gallery_figure([FULL, bare])
    assert len(figure.axes) == 10
    assert [bool(axis.texts) for axis in figure.axes[5:]] == [False, True, False, True, True]


def test_a_wrong_decision_says_the_truth():
    missed = GalleryPart("bad/3", IMAGE, score=0.1, decision="accept", label="bad")
    assert titles(gallery_figure([missed])) == ["bad/3\nscore 0.1, accept (truly bad)"]


def test_the_outline_is_drawn_also_at_the_border():
    plain = pixels(gallery_figure([GalleryPart("a", IMAGE, truth=0 * MASK)]))
    outlined = pixels(gallery_figure([GalleryPart("a", IMAGE, truth=MASK)]))
    colour = [int(GOOD[i : i + 2], 16) for i in (1, 3, 5)]
    near = [(np.abs(sheet - colour).max(-1) < 8).sum() for sheet in (plain, outlined)]
    assert near[1] > near[0] + 50


def test_constant_maps_and_empty_masks_are_drawn():
    flat = GalleryPart("a", IMAGE, truth=0 * MASK, anomaly_map=0 * MAP, refined_mask=0 * MASK)
    assert pixels(gallery_figure([flat])).std() > 0


def test_threads_draw_the_same_without_touching_pyplot():
    expected = pixels(gallery_figure([FULL]))
    with ThreadPoolExecutor(4) as pool:
        sheets = list(pool.map(lambda _: pixels(gallery_figure([FULL])), range(4)))
    assert all((sheet == expected).all() for sheet in sheets)
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not matplotlib._pylab_helpers.Gcf.get_all_fig_managers()


def test_no_parts_are_refused():
    with pytest.raises(VadlineError, match="at least one"):
        gallery_figure([])
