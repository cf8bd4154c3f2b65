import base64
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from vadline.report import Pictures
from vadline.report.heat import fit_heat, frequency, suspicious
from vadline.report.pictures import (
    MARKED,
    cropped,
    fitted,
    heated,
    jpeg,
    outlined,
    window_around,
)

GREY = np.full((40, 60, 3), 90, np.uint8)


def test_a_picture_becomes_a_small_jpeg():
    text = jpeg(GREY, 30)
    assert text.startswith("data:image/jpeg;base64,")
    image = Image.open(io.BytesIO(base64.b64decode(text.partition(",")[2])))
    assert image.size == (37, 24)  # as many pixels as 30 x 30
    assert fitted(GREY, 256).shape == GREY.shape


def test_a_close_up_shows_the_hottest_place():
    heat = np.zeros((8, 12), np.float32)
    heat[7, 3] = 1
    window = window_around(heat, np.array([0.5, 0.25]))
    assert window == ((0.5, pytest.approx(3.5 / 12 - 0.125)), (0.5, 0.25))
    picture = np.arange(40 * 60).reshape(40, 60)
    np.testing.assert_array_equal(cropped(picture, window), picture[20:, 10:25])
    assert cropped(heat, window).max() == 1


def test_heat_is_red_where_it_is_hot_and_grey_elsewhere():
    hot = np.zeros((4, 6), np.float32)
    hot[0, 0] = 1
    drawn = heated(GREY, hot).astype(int)
    assert drawn.shape == GREY.shape
    assert drawn[0, 0, 0] > drawn[0, 0, 2] + 60
    assert np.ptp(drawn[-1, -1]) == 0


def test_the_outline_runs_around_the_mask():
    mask = np.zeros((40, 60), bool)
    mask[10:30, 10:40] = True
    drawn = outlined(GREY, mask, MARKED)
    assert (drawn[10, 20] == 255).all()
    assert (drawn[20, 25] == GREY[20, 25]).all()
    tiny = np.zeros((400, 600), bool)
    tiny[7, 7] = True
    assert (outlined(GREY, tiny, MARKED) != GREY).any()


def test_the_scale_leaves_passed_parts_cold():
    table = pd.DataFrame({"row": [0, 1, 2], "decision": ["accept", "accept", "reject"]})
    maps = np.ones((3, 4, 4), np.float32)
    maps[2, 1, 1] = 9
    pictures = Pictures(lambda row: GREY, lambda row: maps[row])
    heat = fit_heat(table, pictures)
    assert (heat.low, heat.high) == (1, 9)
    assert heat(maps[0]).max() == 0
    assert heat(maps[2]).max() == 1
    assert suspicious(pictures, heat, 2).sum() == 1
    assert frequency(np.array([0, 2, 2]), pictures, heat, (4, 4)).max() == 2


def test_what_is_marked_counts_before_what_is_found_and_what_is_hot():
    marked, found = np.eye(4), np.ones((4, 4))
    maps = np.ones((4, 4), np.float32)
    table = pd.DataFrame({"row": [0], "decision": ["accept"]})
    both = Pictures(lambda row: GREY, lambda row: maps, lambda row: marked, lambda row: found)
    assert suspicious(both, fit_heat(table, both), 0).sum() == 4
    one = Pictures(lambda row: GREY, None, lambda row: 0 * marked, lambda row: found)
    assert suspicious(one, None, 0).sum() == 16


def test_maps_with_gaps_are_no_maps():
    gap = np.full((4, 4), np.nan, np.float32)
    pictures = Pictures(lambda row: GREY, lambda row: gap)
    table = pd.DataFrame({"row": [0], "decision": ["accept"]})
    assert pictures.heat(0) is None
    assert fit_heat(table, pictures) is None
