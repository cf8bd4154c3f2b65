"""Tiles cover a photograph, and are read as images of their own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vadline.errors import VadlineError
from vadline.images import ImageParams
from vadline.images.tiles import TileParams, Tiles, Tiling, ramps

cells = st.integers(2, 12).map(lambda n: 32 * n)
cuts = st.builds(
    TileParams, rows=st.integers(1, 4), columns=st.integers(1, 4), overlap=st.sampled_from([0, 32])
)


@given(cuts, cells, cells)
def test_tiles_make_up_the_photograph(cut, height, width):
    size = cut.whole((height, width))
    tiling = Tiling.of(cut, size)
    assert tiling.tile == (height, width)
    owners = np.zeros(size, int)
    for tile, share in zip(tiling.windows, tiling.shares, strict=True):
        owners[share] += 1
        assert all(t.start <= s.start <= s.stop <= t.stop for t, s in zip(tile, share, strict=True))
    assert (owners == 1).all()


@given(cuts, cells, cells)
def test_weights_add_up_to_one(cut, height, width):
    tiling = Tiling.of(cut, cut.whole((height, width)))
    total = np.zeros((tiling.size[0] // 8, tiling.size[1] // 8))
    for weight, (rows, columns) in zip(
        ramps(tiling, (height // 8, width // 8)), tiling.windows, strict=True
    ):
        total[rows.start // 8 : rows.stop // 8, columns.start // 8 : columns.stop // 8] += weight
    np.testing.assert_allclose(total, 1, rtol=1e-5)


@given(cuts, cells, cells)
def test_a_photograph_of_any_size_is_covered(cut, height, width):
    least = (max(cut.rows, cut.columns) + 1) * 32
    tiling = Tiling.of(cut, (max(height, least), max(width, least)))
    height, width = tiling.size
    seen = np.zeros((height, width), bool)
    for window in tiling.windows:
        assert seen[window].shape == tiling.tile
        seen[window] = True
    assert seen.all()


def test_tiles_that_are_all_overlap_are_refused():
    with pytest.raises(VadlineError, match=r"lower images\.tiles"):
        Tiling.of(TileParams(rows=5, overlap=32), (32, 64))


def test_a_tile_is_read_alone_or_with_others():
    images = np.arange(2 * 96 * 64 * 3, dtype=np.int64).reshape(2, 96, 64, 3)
    tiling = Tiling.of(TileParams(rows=2, columns=1), (96, 64))
    tiles = Tiles(images, tiling)
    assert tiles.shape == (4, 64, 64, 3)
    np.testing.assert_array_equal(tiles[3], images[1, 32:])
    np.testing.assert_array_equal(tiles[np.array([3, 0])], [images[1, 32:], images[0, :64]])
    assert tiles[np.arange(0)].shape == (0, 64, 64, 3)
    assert tiling.all_rows(np.array([1, 4])).tolist() == [2, 3, 8, 9]
    assert tiling.rows(np.array([1, 4]), 1).tolist() == [3, 9]


def test_one_size_is_a_tile_s():
    params = ImageParams(size=(96, 64), tiles="2x3", tile_overlap=32)
    assert params.cut().whole((96, 64)) == (160, 128)
    assert params.longest() == 160
    assert ImageParams(tiles="1x1").cut() is None


def test_tiles_need_more_than_their_overlap():
    with pytest.raises(ValidationError, match="lower it"):
        ImageParams(size=64, tiles=(2, 2), tile_overlap=64)
