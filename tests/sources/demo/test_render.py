from __future__ import annotations

import numpy as np
import pytest

from vadline.errors import VadlineError
from vadline.sources.demo.defects import defect_mask
from vadline.sources.demo.render import GEOMETRY
from vadline.sources.demo.tree import DEFECT_KINDS, UNSEEN_KINDS, render_part

SIZE = 160


def test_a_part_is_its_seed_stream_and_index() -> None:
    image, mask = render_part(3, 5, SIZE, "scratch", stream=2)
    again, mask_again = render_part(3, 5, SIZE, "scratch", stream=2)
    assert np.array_equal(image, again)
    assert np.array_equal(mask, mask_again)
    for other in ((4, 5, 2), (3, 6, 2), (3, 5, 1)):
        seed, index, stream = other
        assert not np.array_equal(image, render_part(seed, index, SIZE, "scratch", stream)[0])


def test_a_good_part_has_an_empty_mask() -> None:
    image, mask = render_part(0, 0, SIZE)
    assert image.shape == (SIZE, SIZE, 3)
    assert mask.shape == (SIZE, SIZE)
    assert image.dtype == mask.dtype == np.uint8
    assert mask.sum() == 0


@pytest.mark.parametrize("kind", DEFECT_KINDS)
def test_the_mask_is_what_the_defect_changes(kind: str) -> None:
    for index in range(4):
        good, _ = render_part(7, index, SIZE)
        bad, mask = render_part(7, index, SIZE, kind)
        change = np.abs(bad.astype(int) - good).max(axis=-1)
        assert set(np.unique(mask)) == {0, 1}
        # Sensor noise is shared, so what lies outside the mask differs by rounding and faint edges.
        assert change[mask == 0].max() <= 9
        assert (change[mask == 1] >= 4).mean() > 0.6
        assert change.max() >= 20, "a careful person must see it"
        assert mask.mean() < 0.2


def test_there_are_ten_kinds_and_two_unseen() -> None:
    assert len(set(DEFECT_KINDS)) >= 10
    assert len(UNSEEN_KINDS) >= 2
    assert set(UNSEEN_KINDS) < set(DEFECT_KINDS)


def test_mask_closes_pinholes_and_survives_faint_changes() -> None:
    good = np.full((40, 40, 3), 100, np.float32)
    bad = good.copy()
    bad[10:20, 10:20, 1] += 50
    bad[15, 15] = 100
    expected = np.zeros((40, 40), np.uint8)
    expected[10:20, 10:20] = 1
    assert np.array_equal(defect_mask(good, bad), expected)
    assert np.array_equal(defect_mask(good, good + (bad - good) / 25), expected)
    assert defect_mask(good, good).sum() == 0


def test_the_geometry_is_where_the_picture_has_it() -> None:
    mean = np.mean([render_part(1, i, SIZE)[0].mean(-1) for i in range(6)], axis=0)

    def light(x: float, y: float) -> float:
        row, column = int(y * SIZE), int(x * SIZE)
        return mean[row - 1 : row + 2, column - 1 : column + 2].mean()

    electrode = light(0.5, 0.58)
    assert light(*GEOMETRY.spot_centre) < electrode - 25
    assert light(GEOMETRY.gap_corner[0], 0.12) < electrode - 25
    for (x, y), radius in zip(GEOMETRY.dot_centres, GEOMETRY.dot_radii, strict=True):
        assert light(x, y) > light(x - 0.9 * radius, y) + 60
    for pin in GEOMETRY.pins:
        x, y = np.mean(pin, axis=0)
        assert light(x, y - 0.05) < electrode - 25


@pytest.mark.parametrize(
    ("arguments", "message"), [((0, 0, 127), "at least 128"), ((0, 0, 128, "dent"), "crack")]
)
def test_mistakes_are_named(arguments: tuple, message: str) -> None:
    with pytest.raises(VadlineError, match=message):
        render_part(*arguments)
