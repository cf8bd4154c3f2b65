"""Decoding: every form a camera or an editor writes, and what is refused."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vadline.images.decode import UnreadableImageError, convert, decode, open_image
from vadline.images.encode import as_png
from vadline.images.png16 import read_png16


def encode(values, format="PNG", mode=None, **options) -> bytes:
    image = values if isinstance(values, Image.Image) else Image.fromarray(values)
    buffer = io.BytesIO()
    (image.convert(mode) if mode else image).save(buffer, format, **options)
    return buffer.getvalue()


def encode_png16(values: np.ndarray, filters: tuple[int, ...] = (0,), level: int = 6) -> bytes:
    """Write (H, W, C) uint16 as PNG by hand, the line filters in turn: Pillow cannot."""

    def chunk(kind, data):
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    height, width, channels = values.shape
    raw = np.zeros((height + 1, width + 1, 2 * channels), int)
    raw[1:, 1:] = values.astype(">u2").view(np.uint8).reshape(height, width, -1)
    left, up, corner = raw[1:, :-1], raw[:-1, 1:], raw[:-1, :-1]
    distances = np.abs(np.stack([left, up, corner]) - (left + up - corner))
    paeth = np.choose(distances.argmin(axis=0), [left, up, corner])
    predictions = [0 * left, left, up, (left + up) // 2, paeth]
    kinds = np.resize(filters, height)
    lines = b"".join(
        bytes([kind]) + ((raw[1:, 1:] - predictions[kind])[i] % 256).astype(np.uint8).tobytes()
        for i, kind in enumerate(kinds)
    )
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    packed = zlib.compress(lines, level)
    chunks = ((b"IHDR", header), (b"IDAT", packed[:7]), (b"IDAT", packed[7:]), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks)


def pixel(data: bytes, **options) -> list[int]:
    """Decode an image of one colour and return it."""
    pixels, _ = decode(data, 4, **options)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (4, 4, 3)
    assert (pixels == pixels[0, 0]).all()
    return pixels[0, 0].tolist()


def plain(*colour: int, dtype=np.uint8) -> np.ndarray:
    return np.full((6, 8, len(colour)), colour, dtype).squeeze()


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF"])
def test_lossless_rgb_and_grey(format):
    assert pixel(encode(plain(10, 20, 30), format)) == [10, 20, 30]
    assert pixel(encode(plain(77), format)) == [77, 77, 77]


def test_one_bit_palette_and_grey_alpha():
    assert pixel(encode(plain(255), mode="1")) == [255] * 3
    assert pixel(encode(Image.fromarray(plain(200, 30, 30)).quantize())) == [200, 30, 30]
    assert pixel(encode(plain(100, 255))) == [100] * 3


def test_transparency_is_composited_over_black():
    assert pixel(encode(plain(200, 100, 50, 255))) == [200, 100, 50]
    assert pixel(encode(plain(200, 100, 50, 0))) == [0, 0, 0]
    half = pixel(encode(plain(200, 100, 50, 128)))
    np.testing.assert_allclose(half, [100, 50, 25], atol=1)
    palette = Image.fromarray(plain(200, 30, 30)).quantize()
    index = int(np.asarray(palette)[0, 0])
    assert pixel(encode(palette, transparency=index)) == [0, 0, 0]


def test_jpeg_grey_and_cmyk():
    assert pixel(encode(plain(120), "JPEG")) == [120] * 3
    # No ink is white, full black ink is black.
    white = Image.new("CMYK", (8, 8), (0, 0, 0, 0))
    black = Image.new("CMYK", (8, 8), (0, 0, 0, 255))
    np.testing.assert_allclose(pixel(encode(white, "JPEG")), [255] * 3, atol=2)
    np.testing.assert_allclose(pixel(encode(black, "JPEG")), [0] * 3, atol=2)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_by_its_maximum(format):
    for value, maximum, expected in ((65535, 65535, 255), (2048, 4095, 128), (5000, 4095, 255)):
        data = encode(plain(value, dtype=np.uint16), format)
        assert pixel(data, sixteen_bit_max=maximum) == [expected] * 3


@pytest.mark.parametrize("maximum", [65535, 4095])
def test_sixteen_bit_colour_keeps_its_precision(maximum):
    values = np.random.default_rng(0).integers(0, maximum + 1, (8, 9, 3)).astype(np.uint16)
    files = [encode_png16(values)]
    for order in "<>":
        for planar, array in (("contig", values), ("separate", np.moveaxis(values, -1, 0))):
            buffer = io.BytesIO()
            tifffile.imwrite(buffer, array, photometric="rgb", planarconfig=planar, byteorder=order)
            files.append(buffer.getvalue())
    for data in files:
        got = open_image(data, sixteen_bit_max=maximum)
        np.testing.assert_allclose(np.asarray(got), values / maximum * 255, atol=1)


@settings(deadline=None, max_examples=60)
@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(2, 4)),
    st.lists(st.integers(0, 4), min_size=1, max_size=9),
    st.integers(0, 2**32 - 1),
)
def test_png16_undoes_every_line_filter(shape, filters, seed):
    values = np.random.default_rng(seed).integers(0, 65536, shape).astype(np.uint16)
    data = encode_png16(values, tuple(filters))
    np.testing.assert_array_equal(read_png16(data), values)
    if shape[2] != 2:
        pillow = np.asarray(Image.open(io.BytesIO(data)))
        np.testing.assert_array_equal(pillow, values >> 8)


def test_broken_sixteen_bit_colour_is_refused():
    data = encode_png16(np.zeros((8, 8, 3), np.uint16), level=0)
    interlaced = data[:28] + b"\1" + data[29:]
    interlaced = interlaced[:29] + struct.pack(">I", zlib.crc32(interlaced[12:29]))
    interlaced += data[33:]
    for broken in (data[: len(data) // 2], data[:60], interlaced):
        with pytest.raises(UnreadableImageError):
            decode(broken, 4, sixteen_bit_max=4095)


def test_sixteen_bit_colour_with_alpha():
    data = encode_png16(plain(4095, 2048, 0, 4095, dtype=np.uint16))
    assert pixel(data, sixteen_bit_max=4095) == [255, 128, 0]
    data = encode_png16(plain(4095, 2048, 0, 0, dtype=np.uint16))
    assert pixel(data, sixteen_bit_max=4095) == [0, 0, 0]


def test_float_and_integer_tiff():
    assert pixel(encode(np.full((6, 8), 0.5, np.float32), "TIFF")) == [128] * 3
    assert pixel(encode(np.full((6, 8), 65535, np.int32), "TIFF")) == [255] * 3
    for values in (1.5, -0.1, np.nan, np.inf):
        with pytest.raises(UnreadableImageError, match=r"not in \[0, 1\]"):
            decode(encode(np.full((6, 8), values, np.float32), "TIFF"), 4)
    for values in (70000, -1):
        with pytest.raises(UnreadableImageError, match="do not fit 16 bits"):
            decode(encode(np.full((6, 8), values, np.int32), "TIFF"), 4)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF"])
def test_orientation_is_applied(format):
    values = np.zeros((16, 32, 3), np.uint8)
    values[:, :16] = 255  # white on the left; turned clockwise it is on top
    exif = Image.Exif()
    exif[274] = 6
    pixels, size = decode(encode(values, format, exif=exif), 8)
    assert size == (16, 32)
    assert pixels[:3].min() > 200
    assert pixels[5:].max() < 55


def test_resizing_is_antialiased_bilinear_of_the_whole_image():
    rng = np.random.default_rng(1)
    values = rng.integers(0, 256, (30, 50, 3)).astype(np.uint8)
    pixels, size = decode(encode(values), 10)
    reference = Image.fromarray(values).resize((10, 10), Image.Resampling.BILINEAR)
    assert size == (50, 30)
    np.testing.assert_array_equal(pixels, np.asarray(reference))


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_jpeg_decoded_at_a_fraction_looks_the_same(orientation):
    rng = np.random.default_rng(0)
    smooth = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[274] = orientation
    values = np.asarray(smooth.resize((640, 480), Image.Resampling.BICUBIC))
    data = encode(values, "JPEG", quality=95, exif=exif)
    pixels, size = decode(data, 32)
    whole = open_image(data).resize((32, 32), Image.Resampling.BILINEAR)
    assert size == ((640, 480) if orientation == 1 else (480, 640))
    assert np.abs(pixels.astype(int) - np.asarray(whole).astype(int)).max() <= 4


def test_broken_files_are_refused_with_a_reason():
    noise = np.random.default_rng(2).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    for format in ("PNG", "JPEG", "BMP", "TIFF"):
        data = encode(noise, format)
        with pytest.raises(UnreadableImageError) as refusal:
            decode(data[: len(data) // 2], 8)
        assert "\n" not in str(refusal.value)
    for data in (b"", b"this is text\n", b"\x89PNG\r\n\x1a\n", encode(noise)[:30]):
        with pytest.raises(UnreadableImageError):
            decode(data, 8)


def test_a_decompression_bomb_is_refused_before_it_is_decoded():
    bomb = bytearray(encode_png16(np.zeros((1, 1, 1), np.uint16)))
    bomb[16:24] = struct.pack(">II", 30000, 30000)
    bomb[29:33] = struct.pack(">I", zlib.crc32(bytes(bomb[12:29])))
    with pytest.raises(UnreadableImageError, match="decompression bomb"):
        decode(bytes(bomb), 8)


def test_pixels_in_memory_are_read_as_their_file_without_loss_is(tmp_path):
    rng = np.random.default_rng(0)
    for values in (
        rng.integers(0, 256, (50, 40, 3), dtype=np.uint8),
        rng.integers(0, 256, (50, 40), dtype=np.uint8),
        rng.integers(0, 4096, (50, 40), dtype=np.uint16),
    ):
        Image.fromarray(values).save(tmp_path / "part.png")
        data = (tmp_path / "part.png").read_bytes()
        for most in (4095, 65535):
            theirs, size = decode(data, 32, sixteen_bit_max=most)
            ours, own = convert(values, 32, sixteen_bit_max=most)
            assert size == own
            np.testing.assert_array_equal(ours, theirs)


def test_what_is_written_as_png_is_read_as_it_was():
    values = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    np.testing.assert_array_equal(decode(as_png(values), 32)[0], values)
