from __future__ import annotations

import numpy as np
import pytest

from vadline.figures import pixels, segments_figure
from vadline.figures.style import PALETTE

MEAN = np.full((32, 48, 3), 128, np.uint8)
SEGMENTS = np.full((32, 48), 255, np.uint8)
SEGMENTS[4:28, 4:20] = 0
SEGMENTS[4:28, 24:30] = SEGMENTS[4:28, 36:42] = 2


def words(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_each_segment_has_an_outline_a_number_and_a_name():
    figure = segments_figure(MEAN, SEGMENTS, ["plate", "empty", "pins"])
    assert words(figure) == ["0  plate", "2  pins"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["0", "2", "2"]  # two pins
    shown = {tuple(pixel) for pixel in pixels(figure).reshape(-1, 3)}
    rgb = [tuple(bytes.fromhex(colour[1:])) for colour in PALETTE]
    assert {rgb[0], rgb[2]} <= shown
    assert rgb[1] not in shown


@pytest.mark.parametrize("count", [1, 64])
def test_any_number_of_segments_is_drawn(count):
    side = 8 * int(np.sqrt(count))
    cells = np.arange(side) // 8
    labels = (cells[:, None] * (side // 8) + cells).astype(np.uint8)
    mean = np.zeros((side, side, 3), np.uint8)
    figure = segments_figure(mean, labels, [f"cell_{i}" for i in range(count)])
    assert len(words(figure)) == count
    drawn = pixels(figure)
    assert drawn.dtype == np.uint8
    assert drawn.shape[0] < 600
