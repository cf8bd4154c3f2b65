"""A network for each fold, which no image of the fold has taught."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.apc.test_training import learnt, settings, world

from vadline.apc import folds as of_folds
from vadline.apc import train_apc, train_apc_folds, training
from vadline.apc.held_out import summarise_held_out
from vadline.apc.network import new_network

FOLDS = np.array([0, 1, 2, 0, 1, 2, 0, 1, 0, 1, 1])  # the bads are the last three
PARAMS = settings(2, patience=None)


def equal(a, b) -> bool:
    return all(torch.equal(a.tensors[name], b.tensors[name]) for name in a.tensors)


@pytest.fixture(scope="module")
def trained():
    return train_apc_folds(learnt(), FOLDS, PARAMS, 0)


def test_no_image_of_a_fold_has_a_share_in_its_network(trained):
    images = world()[0].copy()
    images[FOLDS == 1] = 255 - images[FOLDS == 1]
    others = train_apc_folds(learnt(images=images), FOLDS, settings(1), 0)
    first = train_apc_folds(learnt(), FOLDS, settings(1), 0)
    assert equal(first.networks[1], others.networks[1])
    assert not equal(first.networks[0], others.networks[0])


def test_each_is_what_a_training_without_the_fold_gives(trained):
    best = int(trained.held_out.loc[trained.held_out["kept"], "epoch"].item())
    alone = train_apc(learnt().without(FOLDS == 0), settings(best), 0)
    assert equal(trained.networks[0], alone.network)


def test_a_fold_that_leaves_no_bad_part_keeps_the_pretrained_network():
    folds = np.where(learnt().bad, 1, FOLDS)
    trained = train_apc_folds(learnt(), folds, PARAMS, 0)
    assert equal(trained.networks[1], new_network(PARAMS, 0).state())
    assert not equal(trained.networks[0], trained.networks[1])
    # No fold has both good and bad images for a trained network, so the last epoch is kept.
    assert trained.held_out["held_out_loss"].isna().all()
    assert trained.held_out["kept"].tolist() == [False, True]


def told(*aurocs):
    """What a fold's network says of four good parts and a bad one, after each epoch."""
    return [[*((1.0, i, 0) for i in range(4)), (2.0, 4 * auroc - 0.5, 1)] for auroc in aurocs]


def test_good_and_bad_parts_count_equally_in_the_held_out_loss():
    good = [(1.0, -1.0, 0)]
    table = summarise_held_out([[[*good, (5.0, 2.0, 1)]], [good * 3]], 1)
    assert table["held_out_loss"].tolist() == [3.0]
    assert table["held_out_auroc"].tolist() == [1.0]


@pytest.mark.parametrize(("patience", "epochs"), [(1, 3), (2, 4), (None, 6)])
def test_training_ends_when_held_out_parts_gain_no_more(monkeypatch, tmp_path, patience, epochs):
    curve = told(0.25, 0.75, 0.5, 0.5, 0.5, 0.5)
    monkeypatch.setattr(
        of_folds, "summarise_held_out", lambda folds, n: summarise_held_out([curve], n)
    )
    params = settings(6, patience=patience)
    trained = train_apc_folds(learnt(), FOLDS, params, 0, tmp_path)
    assert trained.held_out["epoch"].tolist() == list(range(1, epochs + 1))
    assert trained.held_out.loc[trained.held_out["kept"], "epoch"].item() == 2
    alone = train_apc(learnt().without(FOLDS == 0), settings(2), 0)
    assert equal(trained.networks[0], alone.network)


@pytest.mark.parametrize("at", [2, 5])
def test_going_on_after_a_kill_trains_no_finished_epoch_again(trained, tmp_path, monkeypatch, at):
    train, begun = training.train_one_epoch, []

    def train_and_die(*args, **kwargs):
        begun.append(1)
        if len(begun) == at:
            raise KeyboardInterrupt
        return train(*args, **kwargs)

    monkeypatch.setattr(training, "train_one_epoch", train_and_die)
    with pytest.raises(KeyboardInterrupt):
        train_apc_folds(learnt(), FOLDS, PARAMS, 0, tmp_path)
    again = train_apc_folds(learnt(), FOLDS, PARAMS, 0, tmp_path)
    assert len(begun) == 6 + 1
    assert all(equal(trained.networks[fold], again.networks[fold]) for fold in trained.networks)
    assert again.held_out.equals(trained.held_out)
