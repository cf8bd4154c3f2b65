"""Maps bring themselves to pixels."""

import numpy as np

from vadline.detectors import AnomalyMaps
from vadline.detectors.maps import upsample_and_blur

GRID = np.random.default_rng(1).random((7, 8, 8)).astype(np.float32)
MAPS = AnomalyMaps(GRID, 16, 4.0)
ROWS = np.array([5, 0, 3, 2])


def test_chunks_are_the_whole_in_order():
    walked = list(MAPS.chunks(ROWS, chunk=3))
    assert np.concatenate([rows for rows, _ in walked]).tolist() == ROWS.tolist()
    whole = upsample_and_blur(GRID[ROWS], 16, 4.0)
    np.testing.assert_allclose(np.concatenate([maps for _, maps in walked]), whole, rtol=1e-5)


def test_no_rows_give_no_maps():
    assert MAPS.pixels(ROWS[:0]).shape == (0, 16, 16)
    assert list(MAPS.chunks(ROWS[:0])) == []
    assert len(MAPS) == 7
