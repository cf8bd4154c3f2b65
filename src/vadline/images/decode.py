"""Decoding: a file's bytes, in whatever form cameras write them, to RGB uint8."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageOps
from PIL.TiffImagePlugin import TiffImageFile

from vadline.images.png16 import is_png16_colour, read_png16
from vadline.images.region import Region
from vadline.images.shape import ORIENTATION, Size, height_width, is_sideways

SIXTEEN_BIT_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I")
SIXTEEN_BIT_MAX = 65535
PNG_HEADER = 26  # bytes, up to depth and kind of colour
BITS_PER_SAMPLE = 258  # TIFF tag
PLANAR_CONFIGURATION = 284  # TIFF tag


class UnreadableImageError(Exception):
    """A file that is no image this package can read; the message is the reason."""


def open_image(data: bytes, *, sixteen_bit_max: int = SIXTEEN_BIT_MAX) -> Image.Image:
    """Decode a PNG, JPEG, BMP, TIFF or WebP to 8 bits, upright.

    Of a file with several frames the first is read. EXIF orientation is applied. 16-bit values
    are divided by ``sixteen_bit_max`` and clipped; floating-point values must lie in [0, 1].
    Transparent pixels are composited over black, as an unlit background would be.

    Parameters
    ----------
    sixteen_bit_max : int
        The 16-bit value that becomes 255: 4095 for a 12-bit camera, 65535 for full range.

    Returns
    -------
    PIL.Image.Image
        Mode ``"L"`` or ``"RGB"``.

    Raises
    ------
    UnreadableImageError
        If the bytes are empty, truncated, no image, larger than Pillow's limit against
        decompression bombs, or values that have no defined range.
    """
    return _open(data, sixteen_bit_max)[0]


def _open(
    data: bytes, sixteen_bit_max: int, enough: tuple[int, int] | None = None
) -> tuple[Image.Image, tuple[int, int]]:
    """Decode as `open_image`; return the upright file's own size too.

    A JPEG is decoded at a half, a quarter or an eighth of its size, which its decoder does in less
    time, as long as neither side falls below ``enough``, width and height of the upright image.
    """
    with _refusing(data), Image.open(io.BytesIO(data)) as image:
        # Pillow's high bytes are right at full range, but leave 4 of 12 bits.
        if has_deep_channels(image, data[:PNG_HEADER]) and (
            sixteen_bit_max != SIXTEEN_BIT_MAX or _is_separate(image)
        ):
            flat = _flatten(_read_sixteen_bit_colour(image, data, sixteen_bit_max))
            return flat, flat.size
        size = image.size
        sideways = is_sideways(image)
        if enough:
            image.draft(image.mode, enough[::-1] if sideways else enough)
        shrunk = image.size != size
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        flat = _flatten(_to_eight_bit(image, sixteen_bit_max))
        if not shrunk:
            return flat, flat.size
        return flat, size[::-1] if sideways else size


def brightest(data: bytes, region: Region | None = None) -> int | None:
    """Return the highest value of a photograph with 16 bits a channel; None for any other.

    Transparency does not count, nor does what lies outside of a region.

    Raises
    ------
    UnreadableImageError
        As `open_image`.
    """
    with _refusing(data), Image.open(io.BytesIO(data)) as image:
        if has_deep_channels(image, data[:PNG_HEADER]):
            channels = _read_channels(image, data)
            colours = channels[..., : channels.shape[-1] - (channels.shape[-1] in (2, 4))]
            values = colours.max(axis=-1)
        elif image.mode in SIXTEEN_BIT_MODES:
            values = np.asarray(image)
        else:
            return None
        if region is not None:
            upright = _upright(Image.fromarray(values.astype(np.int32)), image)
            values = np.asarray(upright)[region.at(*upright.size)]
        return int(values.max()) if values.size else None


@contextmanager
def _refusing(data: bytes) -> Iterator[None]:
    """Turn whatever a decoder raises into the reason why a file is refused."""
    if not data:
        raise UnreadableImageError("the file is empty")
    try:
        yield
    except UnreadableImageError:
        raise
    except Image.UnidentifiedImageError as error:
        raise UnreadableImageError("not an image in a format that can be read") from error
    # Decoders meet a broken file with errors of every kind (OSError, SyntaxError, struct.error,
    # zlib.error, DecompressionBombError, ...); any of them means that this file is refused.
    except Exception as error:
        reason = " ".join(str(error).split()) or "the decoder failed"
        raise UnreadableImageError(f"{type(error).__name__}: {reason}") from error


def decode(
    data: bytes,
    size: Size,
    *,
    sixteen_bit_max: int = SIXTEEN_BIT_MAX,
    region: Region | None = None,
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Decode a file and resize it, bilinear with antialiasing.

    Parameters
    ----------
    size : int or (int, int)
        Height and width of the result in pixels; one number for a square.
    region : Region, optional
        What lies outside is blanked, before resizing and after, so that no pixel outside has a
        share in the result; a JPEG is then decoded at its full size.

    Returns
    -------
    pixels : ndarray, uint8, shape (H, W, 3)
        RGB, of ``size``.
    original_size : tuple of int
        Width and height of the upright image before resizing.
    """
    height, width = height_width(size)
    enough = (2 * width, 2 * height) if region is None else None
    image, original_size = _open(data, sixteen_bit_max, enough)
    return _resized(image, (width, height), region), original_size


def convert(
    values: NDArray[np.uint8] | NDArray[np.uint16],
    size: Size,
    *,
    sixteen_bit_max: int = SIXTEEN_BIT_MAX,
    region: Region | None = None,
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Bring pixels that are in memory to the form that :func:`decode` gives.

    Parameters
    ----------
    values : ndarray, uint8, shape (H, W) or (H, W, 3)
        Grey or RGB, upright; uint16 too, which is read as a 16-bit file is.

    Returns
    -------
    pixels : ndarray, uint8, shape (H, W, 3)
        What :func:`decode` gives for a file without loss that holds the same values.
    original_size : tuple of int
        Width and height.

    Raises
    ------
    UnreadableImageError
        If it is no such array.
    """
    shaped = values.ndim == 2 or (values.ndim == 3 and values.shape[-1] == 3)
    if not (shaped and values.size and values.dtype in (np.uint8, np.uint16)):
        raise UnreadableImageError(
            f"{values.dtype} of shape {values.shape} is no photograph: give uint8 or uint16,"
            " (H, W) or (H, W, 3)"
        )
    if values.dtype == np.uint16:
        values = _scale(values, sixteen_bit_max)
    image = Image.fromarray(np.ascontiguousarray(values))
    return _resized(image, height_width(size)[::-1], region), image.size


def _resized(image: Image.Image, size: tuple[int, int], region: Region | None) -> NDArray[np.uint8]:
    """Resize to a width and height."""
    if region is not None:
        image = region.blank(image)
    resized = image.resize(size, Image.Resampling.BILINEAR)
    if region is not None:
        resized = region.blank(resized)
    return np.asarray(resized.convert("RGB"))


def _to_eight_bit(image: Image.Image, sixteen_bit_max: int) -> Image.Image:
    """Bring 16-bit and floating-point grey to 8 bits; pass 8-bit modes through."""
    if image.mode in SIXTEEN_BIT_MODES:
        values = np.asarray(image)
        low, high = int(values.min()), int(values.max())
        if low < 0 or high > SIXTEEN_BIT_MAX:
            raise UnreadableImageError(
                f"integer values from {low} to {high} do not fit 16 bits: save it as 16-bit grey"
            )
        return Image.fromarray(_scale(values, sixteen_bit_max))
    if image.mode == "F":
        values = np.asarray(image)
        least, most = float(values.min()), float(values.max())
        # NaN fails every comparison, so this form refuses it too.
        if not (math.isfinite(least) and least >= 0 and most <= 1):
            raise UnreadableImageError(
                f"floating-point values from {least:g} to {most:g} are not in [0, 1]: rescale them"
            )
        return Image.fromarray(_scale(values, 1))
    return image


def _scale(values: NDArray[np.generic], maximum: float) -> NDArray[np.uint8]:
    """Map [0, maximum] to [0, 255], rounding; what lies above is clipped."""
    scaled = values.astype(np.float32) * np.float32(255 / maximum)
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def _flatten(image: Image.Image) -> Image.Image:
    """Bring any 8-bit mode to grey or RGB, transparency composited over black."""
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        black = Image.new("RGBA", rgba.size, (0, 0, 0, 255))
        return Image.alpha_composite(black, rgba).convert("RGB")
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def has_deep_channels(image: Image.Image, header: bytes) -> bool:
    """Say whether an image that was just opened has several channels of 16 bits.

    Parameters
    ----------
    header : bytes
        The file's first `PNG_HEADER` bytes.
    """
    if image.format == "PNG":
        return is_png16_colour(header)
    if isinstance(image, TiffImageFile):
        bits = image.tag_v2.get(BITS_PER_SAMPLE, ())
        return len(bits) > 1 and set(bits) == {16}
    return False


def _is_separate(image: Image.Image) -> bool:
    """Say whether channels are stored one after the other, which Pillow mixes up."""
    return isinstance(image, TiffImageFile) and image.tag_v2.get(PLANAR_CONFIGURATION) == 2


def _read_sixteen_bit_colour(image: Image.Image, data: bytes, sixteen_bit_max: int) -> Image.Image:
    """Decode several 16-bit channels, scale them to 8 bits and turn the image upright."""
    values = _scale(_read_channels(image, data), sixteen_bit_max)
    return _upright(Image.fromarray(np.ascontiguousarray(values)), image)


def _read_channels(image: Image.Image, data: bytes) -> NDArray[np.uint16]:
    """Decode several 16-bit channels, uint16 (H, W, C), as they lie in the file."""
    if image.format == "PNG":
        return read_png16(data)
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        page = tiff.pages.first
        values = page.asarray()
        if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE:
            values = np.moveaxis(values, 0, -1)
    return values


def _upright(values: Image.Image, file: Image.Image) -> Image.Image:
    """Turn an image upright as the file that it was read from says."""
    values.getexif()[ORIENTATION] = file.getexif().get(ORIENTATION, 1)
    ImageOps.exif_transpose(values, in_place=True)
    return values
