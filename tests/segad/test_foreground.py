"""Each photograph's own segments: discs on a plain noisy background."""

import numpy as np
import pytest
from PIL import Image

from vadline.defects.synthetic import OUTSIDE
from vadline.segad import SegmentParams, make_segments, part_segments, usual_segments

SIDE = 96
FOREGROUND = SegmentParams(kind="foreground")


def photograph(seed, noise=8.0):
    """Return a disc with a hole somewhere, and where the disc is."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    at, radius = rng.uniform(30, 66, 2), rng.uniform(14, 26)
    far = np.hypot(rows - at[0], columns - at[1])
    ground, part = (60, 110, 70), (190, 170, 160)
    picture = np.where(((far < radius) & (far > 0.3 * radius))[..., None], part, ground)
    noisy = picture + rng.normal(0, noise, picture.shape)
    return noisy.clip(0, 255).astype(np.uint8), far < radius


def segmented(*photographs, params=FOREGROUND, roi=None):
    images, rows = np.stack(photographs), np.arange(len(photographs))
    static, _ = make_segments(params, images.shape[1], roi)
    return part_segments(images, rows, static)


def test_a_disc_is_found_wherever_it_lies_and_its_holes_are_filled():
    world = [photograph(seed) for seed in range(12)]
    found = segmented(*(image for image, _ in world))
    assert found.dtype == np.uint8
    for labels, (_, disc) in zip(found, world, strict=True):
        assert ((labels == 1) & disc).sum() / ((labels == 1) | disc).sum() > 0.9
    np.testing.assert_array_equal(found[7], segmented(world[7][0])[0])  # whoever else is there


def test_a_part_may_reach_beyond_the_picture():
    image, _ = photograph(0)
    image[:] = image[0, 0]
    image[:, 30:60] = (190, 170, 160)
    np.testing.assert_array_equal(segmented(image)[0, :, 32:58], 1)
    assert not segmented(image)[0, :, :28].any()


@pytest.mark.parametrize("noise", [0, 3, 30])
def test_a_texture_is_all_foreground(noise):
    texture = np.random.default_rng(0).normal(120, noise, (SIDE, SIDE, 3)).clip(0, 255)
    assert (segmented(texture.astype(np.uint8)) == 1).all()


def test_light_and_shade_are_no_part():
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    light = 80 + 120 * np.exp(-((rows - 0.6) ** 2 + (columns - 0.4) ** 2) / 0.05)
    noise = np.random.default_rng(0).normal(0, 6, (SIDE, SIDE))
    shaded = np.repeat((light + noise)[..., None], 3, axis=2).clip(0, 255)
    assert (segmented(shaded.astype(np.uint8)) == 1).all()


def test_a_part_that_fills_the_picture_is_all_foreground():
    image, disc = photograph(0)
    image[disc | (np.indices(disc.shape)[0] > 2)] = (190, 170, 160)
    assert (segmented(image) == 1).all()


@pytest.mark.parametrize(("greys", "names"), [((0, 90), ["segment_90"]), ((40, 90), None)])
def test_static_parts_lie_on_top_of_the_foreground_alone(tmp_path, greys, names):
    drawn = np.full((SIDE, SIDE), greys[0], np.uint8)
    drawn[:, SIDE // 2 :] = greys[1]
    Image.fromarray(drawn).save(tmp_path / "parts.png")
    params = SegmentParams(kind="foreground", path=tmp_path / "parts.png")
    _, told = make_segments(params, SIDE)
    assert list(told) == ["background", "foreground", *(names or ["segment_40", "segment_90"])]
    image, _ = photograph(1)
    plain, found = segmented(image)[0], segmented(image, params=params)[0]
    np.testing.assert_array_equal(found == 0, plain == 0)
    own = [told[label].removeprefix("segment_") for label in found[plain == 1]]
    expected = np.where(drawn == 0, "foreground", drawn.astype(str))[plain == 1]
    np.testing.assert_array_equal(own, expected)


def test_what_lies_outside_of_the_region_counts_neither_here_nor_there():
    image, disc = photograph(2)
    roi = np.zeros(disc.shape, bool)
    roi[4:-4, 6:-2] = True
    found = []
    for seed in range(2):
        outside = np.random.default_rng(seed).integers(0, 256, image.shape)
        hidden = np.where(roi[..., None], image, outside).astype(np.uint8)
        found.append(segmented(hidden, roi=roi)[0])
    np.testing.assert_array_equal(*found)
    np.testing.assert_array_equal(found[0] == OUTSIDE, ~roi)
    own = (found[0] == 1)[roi]
    assert (own & disc[roi]).sum() / (own | disc[roi]).sum() > 0.9


def test_the_usual_foreground_is_what_half_of_the_parts_have():
    images = np.stack([photograph(seed)[0] for seed in (1, 1, 2)])
    static, _ = make_segments(FOREGROUND, SIDE)
    usual = usual_segments(images, np.arange(3), static)
    np.testing.assert_array_equal(usual, segmented(images[0])[0])
