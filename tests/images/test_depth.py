"""What good parts tell of the range of photographs with 16 bits a channel."""

import logging

import numpy as np
import pytest
import tifffile
from PIL import Image
from tests.images.test_decode import encode_png16

from vadline.images import ImageParams, ingest
from vadline.images.depth import find_maximum
from vadline.images.region import Region
from vadline.sources import Record


def part(path, value, label="good", split="train", side=8, low=0):
    """Write a part of 16 bits whose highest value is ``value``; return its record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.linspace(low, value, side * side).round().astype(np.uint16).reshape(side, side)
    if path.suffix == ".tif":
        tifffile.imwrite(path, np.stack([pixels] * 3, axis=-1), photometric="rgb")
    elif path.name.startswith("colour"):
        opaque = np.full_like(pixels, 65535)
        path.write_bytes(encode_png16(np.stack([pixels, pixels, pixels, opaque], axis=-1)))
    else:
        Image.fromarray(pixels).save(path)
    return Record(f"{label}/{path.stem}", path, label, label, None, split, "bolt")


@pytest.mark.parametrize("name", ["grey.png", "colour.png", "colour.tif"])
@pytest.mark.parametrize(
    ("highest", "white"),
    [(200, 255), (256, 1023), (1024, 4095), (4095, 4095), (4096, 16383), (16384, 65535)],
)
def test_the_fewest_bits_that_hold_the_good_parts_are_the_range(tmp_path, name, highest, white):
    records = [part(tmp_path / "a" / name, 90), part(tmp_path / "b" / name, highest)]
    assert find_maximum(records) == white


def test_neither_bad_nor_test_parts_have_a_say(tmp_path):
    records = [
        part(tmp_path / "0.png", 4000),
        part(tmp_path / "1.png", 65535, label="bad"),
        part(tmp_path / "2.png", 65535, split="test"),
    ]
    assert find_maximum(records) == 4095
    assert find_maximum([*records, part(tmp_path / "3.png", 65535)]) == 65535


def test_what_lies_outside_of_the_region_has_none_either(tmp_path):
    record = part(tmp_path / "0.png", 65535)  # the last row is the brightest
    inside = np.zeros((8, 8), bool)
    inside[:1] = True
    assert find_maximum([record], Region(inside)) == 16383


def test_photographs_of_8_bits_and_broken_files_tell_nothing(tmp_path, caplog):
    good = part(tmp_path / "0.png", 4000)
    (tmp_path / "cut.png").write_bytes(good.path.read_bytes()[:70])
    (tmp_path / "text.tif").write_text("no photograph")
    Image.fromarray(np.full((8, 8, 3), 7, np.uint8)).save(tmp_path / "plain.png")
    paths = [tmp_path / name for name in ("cut.png", "text.tif", "plain.png", "gone.png")]
    records = [Record(str(p), p, "good", "good", None, "train", "bolt") for p in paths]
    with caplog.at_level(logging.INFO):
        assert find_maximum(records) == 65535
        assert not caplog.text
        assert find_maximum([*records, good]) == 4095
    assert "12 bits" in caplog.text
    assert "images.sixteen_bit_max" in caplog.text


def test_twelve_bits_are_read_from_black_to_white_and_beyond_is_clipped(tmp_path):
    records = [
        part(tmp_path / "0.png", 4095),
        part(tmp_path / "1.png", 5000, split="test", low=4500),
    ]
    read = ingest(records, ImageParams(size=32), tmp_path / "out")
    images = np.load(read.images)
    assert (images[0].min(), images[0].max()) == (0, 255)
    assert (images[1] == 255).all()
    assert read.sixteen_bit_max == read.report["sixteen_bit_max"] == 4095
    fixed = ImageParams(size=32, sixteen_bit_max=65535)
    assert np.load(ingest(records, fixed, tmp_path / "out").images).max() < 20
