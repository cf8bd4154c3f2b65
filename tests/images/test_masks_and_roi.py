"""Masks and regions of interest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vadline.errors import VadlineError
from vadline.images import Region, read_region
from vadline.images.decode import UnreadableImageError
from vadline.images.masks import read_mask, resize_mask

SQUARE = np.zeros((8, 12), np.uint8)
SQUARE[2:4, 3:6] = 1


@pytest.mark.parametrize("value", [1, 3, 255])
def test_any_non_zero_value_is_a_defect(tmp_path, value):
    path = tmp_path / "mask.png"
    Image.fromarray(SQUARE * np.uint8(value)).save(path)
    np.testing.assert_array_equal(read_mask(path, (12, 8)), SQUARE == 1)


def test_masks_of_every_mode_read_the_same(tmp_path):
    grey = Image.fromarray(SQUARE * 255)
    images = {
        "one_bit": grey.convert("1"),
        "rgb": grey.convert("RGB"),
        "opaque": grey.convert("RGBA"),
        "grey_alpha": grey.convert("LA"),
        "sixteen": Image.fromarray(SQUARE.astype(np.uint16) * 65535),
        "palette": Image.fromarray(SQUARE),
    }
    images["palette"].putpalette([0, 0, 0, 200, 0, 0])
    for name, image in images.items():
        image.save(tmp_path / f"{name}.png")
        np.testing.assert_array_equal(read_mask(tmp_path / f"{name}.png"), SQUARE == 1)


def test_a_mask_of_another_size_is_refused(tmp_path):
    Image.fromarray(SQUARE).save(tmp_path / "mask.png")
    with pytest.raises(UnreadableImageError, match="12x8, its image 8x12"):
        read_mask(tmp_path / "mask.png", (8, 12))
    with pytest.raises(UnreadableImageError, match="does not exist"):
        read_mask(tmp_path / "none.png")
    (tmp_path / "text.png").write_text("no mask")
    with pytest.raises(UnreadableImageError, match="cannot be read"):
        read_mask(tmp_path / "text.png")


def test_a_folder_of_masks_marks_what_any_of_them_marks(tmp_path):
    folder = tmp_path / "000"
    folder.mkdir()
    with pytest.raises(UnreadableImageError, match="folder of masks has none"):
        read_mask(folder)
    Image.fromarray(SQUARE).save(folder / "000.png")
    Image.fromarray(np.roll(SQUARE, 4, axis=0) * np.uint8(254)).save(folder / "001.png")
    np.testing.assert_array_equal(read_mask(folder, (12, 8)), SQUARE + np.roll(SQUARE, 4, axis=0))
    Image.fromarray(SQUARE.T).save(folder / "002.png")
    with pytest.raises(UnreadableImageError, match="8x12, its image 12x8"):
        read_mask(folder)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 16), st.integers(0, 2**32 - 1))
def test_no_defect_is_lost_by_resizing(height, width, size, seed):
    mask = np.random.default_rng(seed).random((height, width)) < 0.01
    resized = resize_mask(mask, size)
    assert resized.shape == (size, size)
    assert set(np.unique(resized)) <= {0, 1}
    assert resized.any() == mask.any()


def test_a_large_mask_keeps_its_place():
    mask = np.zeros((40, 80), bool)
    mask[:20, 40:] = True
    expected = np.zeros((8, 8), np.uint8)
    expected[:4, 4:] = 1
    np.testing.assert_array_equal(resize_mask(mask, 8), expected)


def test_a_region_at_any_size(tmp_path):
    region = np.zeros((20, 40), np.uint8)
    region[:, :20] = 255
    Image.fromarray(region).save(tmp_path / "roi.png")
    for width, height in ((10, 10), (40, 20), (6, 30)):
        inside = read_region(tmp_path / "roi.png", 10).at(width, height)
        assert inside.dtype == bool
        assert inside.shape == (height, width)
        assert inside[:, : width // 2].all()
        assert not inside[:, width // 2 :].any()


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_what_lies_outside_is_painted_in_one_colour(mode):
    inside = np.zeros((4, 6), bool)
    inside[1:3, 2:5] = True
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8))
    image = image.convert(mode)
    before = np.asarray(image.convert("RGB"))
    region = Region(inside)
    blanked = np.asarray(region.blank(image))
    at_size = region.at(12, 8)
    assert at_size.sum() == 24
    np.testing.assert_array_equal(blanked[at_size], before[at_size])
    assert (blanked[~at_size] == (124, 116, 104)).all()
    np.testing.assert_array_equal(np.asarray(image.convert("RGB")), before)


def test_an_empty_or_unreadable_region_is_named(tmp_path):
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "empty.png")
    speck = np.zeros((40, 40), np.uint8)
    speck[0, 0] = 1
    Image.fromarray(speck).save(tmp_path / "speck.png")
    (tmp_path / "text.png").write_text("no image")
    for name in ("empty.png", "speck.png", "text.png", "none.png"):
        with pytest.raises(VadlineError, match=name):
            read_region(tmp_path / name, 4)
