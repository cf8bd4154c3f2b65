"""Masks for bad images that have none."""

from __future__ import annotations

import numpy as np
import pytest
from tests.apc.test_training import learnt, settings

from vadline.apc import train_apc
from vadline.apc.pseudo_masks import with_pseudo_masks
from vadline.backbones import BackboneParams

SIDE = 224


def photographs():
    """Ten grey good parts and two with a bright square, the first with a known mask."""
    rng = np.random.default_rng(0)
    images = rng.integers(90, 110, (12, SIDE, SIDE, 3), dtype=np.uint8)
    masks = np.zeros((12, SIDE, SIDE), np.uint8)
    masks[10, 10:40, 10:40] = masks[11, 150:180, 40:70] = 1
    images[masks == 1] += 60
    bad = np.arange(12) >= 10
    known = np.arange(12) != 11
    training = learnt(
        images=images,
        masks=masks * known[:, None, None],
        rows=np.arange(12),
        bad=bad,
        mask_known=known,
    )
    return training, masks


def test_a_bad_part_without_a_mask_is_marked_where_it_differs_from_good_ones():
    training, truth = photographs()
    marked = with_pseudo_masks(training, BackboneParams(), 0)
    assert marked.mask_known.all()
    assert np.array_equal(marked.masks[10], truth[10])  # a known one stays
    found = marked.masks[11].astype(bool)
    assert found[truth[11] == 1].mean() > 0.95
    assert found[truth[11] == 0].mean() < 0.4  # patches see beyond themselves
    assert not training.mask_known[11]


def test_what_was_marked_is_not_marked_again():
    training, _ = photographs()
    marked = with_pseudo_masks(training, BackboneParams(), 0)
    assert with_pseudo_masks(marked, BackboneParams(), 0) is marked


def test_where_no_mask_lacks_nothing_changes():
    training, _ = photographs()
    whole = training.without(np.arange(12) == 11)
    assert with_pseudo_masks(whole, BackboneParams(), 0) is whole


@pytest.mark.parametrize("pseudo", [False, True])
def test_the_segmentation_learns_from_them(pseudo):
    training = learnt(mask_known=~learnt().bad)
    history = train_apc(training, settings(1, pseudo_masks=pseudo), 0).history
    plain = train_apc(training, settings(1), 0).history
    assert (history["loss_segm"] == plain["loss_segm"]).all() == (not pseudo)
