"""What the fine-tuning learns from: whole photographs, or tiles of known label."""

from __future__ import annotations

import numpy as np
import pytest
from tests.apc.test_pseudo_masks import photographs

from vadline.apc import APCParams
from vadline.apc.batches import BatchMaker
from vadline.apc.preparing import prepared
from vadline.images.tiles import TileParams

CUT = TileParams(rows=2, columns=2, overlap=0)


@pytest.fixture(scope="module")
def in_tiles():
    training, _ = photographs()
    return prepared(training, APCParams(tiles=CUT), 0)


def test_whole_photographs_stay_as_they_are():
    training, _ = photographs()
    same, parts = prepared(training, APCParams(), 0)
    assert same is training
    assert parts.tolist() == list(range(12))


def test_a_part_without_a_mask_teaches_where_it_differs_from_good_ones(in_tiles):
    tiles, parts = in_tiles
    assert parts.tolist() == np.repeat(np.arange(12), 4).tolist()
    bad = tiles.bad.reshape(12, 4)
    assert not bad[:10].any()
    assert bad[10].tolist() == [True, False, False, False]  # the square is at the top left
    assert bad[11, 2]  # and at the bottom left, which nobody marked
    assert tiles.mask_known.all()


def test_tiles_are_cut_once_and_make_batches(in_tiles):
    tiles, _ = in_tiles
    params = APCParams(tiles=CUT, batch_size=4)
    assert prepared(tiles, params, 0)[0] is tiles
    batch = next(BatchMaker(tiles, params, 0).epoch(1, 1))
    assert batch.images.shape == (4, 128, 128, 3)
    assert batch.labels.tolist() == [0, 0, 1, 1]
    assert batch.masks[2:].flatten(1).any(dim=1).all()
