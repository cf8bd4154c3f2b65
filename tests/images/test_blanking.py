"""What lies outside of the region of interest has no share in what is stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vadline.images import ImageParams, ingest
from vadline.images.decode import decode
from vadline.images.region import BLANK, Region
from vadline.sources import Record

SIZE = 32


def save(path: Path, values: np.ndarray, **options) -> Path:
    Image.fromarray(values).save(path, **options)
    return path


def stored(folder: Path, good: np.ndarray, bad: np.ndarray, mask: np.ndarray):
    """Ingest a good and a bad part, and return images and masks."""
    records = [
        Record("g", save(folder / "g.png", good), "good", "good", None, "train", "x"),
        Record(
            "b", save(folder / "b.png", bad), "bad", "dent", save(folder / "m.png", mask),
            "test", "x",
        ),
    ]  # fmt: skip
    result = ingest(records, ImageParams(size=SIZE), folder / "scratch", folder / "roi.png")
    return result, np.load(result.images), np.load(result.masks)


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(20, 150), st.integers(20, 150)),
    st.tuples(st.integers(8, 200), st.integers(8, 200)),
    st.sampled_from([(), (3,), (4,)]),
)
def test_pixels_outside_change_no_stored_value(tmp_path_factory, seed, photo, drawn, channels):
    rng = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("parts")
    region = np.zeros(drawn, np.uint8)
    top, left = rng.integers(0, (max(1, drawn[0] // 2), max(1, drawn[1] // 2)))
    region[top : top + drawn[0] // 2, left : left + drawn[1] // 2] = 255
    region[rng.random(drawn) < 0.2] = 255
    save(folder / "roi.png", region)
    outside = ~Region(region > 0).at(photo[1], photo[0])

    def noise(shape):
        return rng.integers(0, 256, shape, dtype=np.uint8)

    parts = [noise((*photo, *channels)), noise((*photo, *channels)), noise(photo) // 250]
    parts[2][~outside] |= (np.arange((~outside).sum()) == 0).astype(np.uint8)  # marks something
    _, images, masks = stored(folder, *parts)
    changed = [part.copy() for part in parts]
    for part in changed:
        part[outside] = noise(part[outside].shape)
    result, images_after, masks_after = stored(folder, *changed)
    np.testing.assert_array_equal(images, images_after)
    np.testing.assert_array_equal(masks, masks_after)
    assert (images[:, ~result.roi] == BLANK).all()
    assert not masks[:, ~result.roi].any()


def test_inside_a_photograph_is_stored_as_it_was(tmp_path):
    rng = np.random.default_rng(0)
    part = rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    region = np.zeros((SIZE, SIZE), np.uint8)
    region[:, :16] = 1
    save(tmp_path / "roi.png", region)
    result, images, masks = stored(tmp_path, part, part, np.ones((SIZE, SIZE), np.uint8))
    np.testing.assert_array_equal(images[0][:, :16], part[:, :16])
    np.testing.assert_array_equal(result.roi, region > 0)
    np.testing.assert_array_equal(masks[1], region)


def test_a_defect_wholly_outside_has_no_known_mask(tmp_path):
    part = np.full((SIZE, SIZE), 90, np.uint8)
    region = np.zeros((SIZE, SIZE), np.uint8)
    region[:, :16] = 1
    save(tmp_path / "roi.png", region)
    result, _, masks = stored(tmp_path, part, part, 1 - region)
    assert not masks.any()
    assert result.manifest["mask_path"].isna().all()
    assert "inside the region of interest" in result.report["masks_refused"][0]["reason"]


@pytest.mark.parametrize("turned", [False, True])
def test_a_jpeg_is_blanked_at_its_full_size_and_upright(tmp_path, turned):
    """Beside a hard edge no colour from outside may come in by the decoder's own shrinking."""
    values = np.zeros((512, 512, 3), np.uint8)
    values[:, 256:] = 255
    options = {}
    if turned:
        options["exif"] = Image.Exif()
        options["exif"][274] = 3  # upside down, so the white half is on the left
    path = save(tmp_path / "a.jpg", values, quality=95, **options)
    region = np.zeros((8, 8), bool)
    region[:, 4:] = True
    pixels, _ = decode(path.read_bytes(), 32, region=Region(region))
    assert (pixels[:, :16] == BLANK).all()
    inside = 0 if turned else 255
    assert (np.abs(pixels[:, 17:].astype(int) - inside) <= 3).all()
