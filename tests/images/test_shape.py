"""Photographs are read in their own aspect."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from vadline.images import ImageParams, ingest
from vadline.images.shape import find_shape, shape_of
from vadline.sources import Record
from vadline.sources.manifest import UNASSIGNED

ORIENTATION = 274  # EXIF tag


def records(folder, sizes, suffix=".png", label="good", **told) -> list[Record]:
    """Save photographs of these widths and heights."""
    found = []
    for number, size in enumerate(sizes):
        path = folder / f"{label}{number}{suffix}"
        Image.new("RGB", size, (90, 90, number)).save(path, **told)
        found.append(Record(path.stem, path, label, label, None, UNASSIGNED, ""))
    return found


@given(st.floats(0.1, 10), st.sampled_from([32, 96, 256]))
def test_the_shorter_side_is_as_told_and_the_longer_one_keeps_the_aspect(aspect, size):
    height, width = shape_of(np.array([aspect] * 3), size)
    assert min(height, width) == size
    assert max(height, width) % 32 == 0
    if 1 / 8 <= aspect <= 8:
        assert abs(max(height, width) - size * max(aspect, 1 / aspect)) <= 16
    assert (width >= height) == (aspect >= 1) or height == width


@pytest.mark.parametrize(
    ("sizes", "shape"),
    [
        ([(40, 40)] * 3, (64, 64)),
        ([(400, 60)] * 3, (64, 416)),
        ([(60, 400)] * 3, (416, 64)),
        ([(4000, 20)] * 2, (64, 512)),  # at most eight times as long
        ([(90, 60)] * 19 + [(60, 60)], (64, 96)),  # one that differs is stretched
        ([(90, 60), (60, 60), (60, 90)], (64, 64)),  # so are all, where they differ
    ],
)
def test_one_number_is_the_shorter_side(tmp_path, sizes, shape):
    assert find_shape(records(tmp_path, sizes), 64) == shape


def test_bad_parts_have_no_say(tmp_path):
    known = records(tmp_path, [(90, 60)] * 2) + records(tmp_path, [(60, 90)] * 9, label="bad")
    assert find_shape(known, 64) == (64, 96)


def test_a_camera_held_sideways(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    known = records(tmp_path, [(90, 60)] * 2, ".jpg", exif=exif)
    assert find_shape(known, 64) == (96, 64)


def test_a_pair_is_taken_as_it_is(tmp_path):
    assert find_shape(records(tmp_path, [(90, 60)]), (32, 96)) == (32, 96)


def test_what_becomes_of_photographs_is_said(tmp_path, caplog):
    with caplog.at_level(logging.INFO, "vadline"):
        find_shape(records(tmp_path, [(90, 60)]), 64)
        find_shape(records(tmp_path, [(90, 60), (60, 60)]), 64)
        find_shape(records(tmp_path, [(60, 60)]), 64)
    first, second = caplog.messages
    assert "1.5 times as wide as high are read at 96 x 64 pixels" in first
    assert "1 to 1.5 times as wide as high" in second
    assert "stretched to 64 x 64" in second


def test_photographs_masks_and_region_have_one_shape(tmp_path):
    known = records(tmp_path, [(90, 60)] * 2)
    mask = np.zeros((60, 90), np.uint8)
    mask[:30, 80:] = 1
    Image.fromarray(mask).save(tmp_path / "mask.png")
    (bad,) = records(tmp_path, [(90, 60)], label="bad")
    bad = replace(bad, mask_path=tmp_path / "mask.png")
    roi = np.ones((60, 90), np.uint8)
    roi[:, :9] = 0
    Image.fromarray(roi).save(tmp_path / "roi.png")
    read = ingest([*known, bad], ImageParams(size=64), tmp_path / "out", tmp_path / "roi.png")
    images, masks = np.load(read.images), np.load(read.masks)
    assert images.shape == (3, 64, 96, 3)
    inside, marked = np.zeros((2, 64, 96), bool)
    inside[:, 10:] = True
    marked[:32, 85:] = True
    np.testing.assert_array_equal(read.roi, inside)
    np.testing.assert_array_equal(masks[2] == 1, marked)


@pytest.mark.parametrize("size", ["64x96", " 64 x 96", (64, 96), [64, 96]])
def test_a_pair_can_be_said_on_a_command_line(size):
    assert ImageParams(size=size).size == (64, 96)


@pytest.mark.parametrize("size", [0, 100, (64,), (64, 100), (64, 64, 64), "64x100"])
def test_what_no_backbone_takes_is_refused(size):
    with pytest.raises(ValidationError, match="size"):
        ImageParams(size=size)
