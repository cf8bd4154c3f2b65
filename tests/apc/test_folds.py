"""An encoder for each fold, which no image of the fold has taught."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.apc.test_training import learnt, settings, world

from vadline.apc import train_apc, train_apc_folds, training
from vadline.backbones import build_extractor

FOLDS = np.array([0, 1, 2, 0, 1, 2, 0, 1, 0, 1, 1])  # the bads are the last three
PARAMS = settings(1)


def equal(a, b) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


@pytest.fixture(scope="module")
def encoders():
    return train_apc_folds(learnt(), FOLDS, PARAMS, 0)


def test_no_image_of_a_fold_has_a_share_in_its_encoder(encoders):
    images = world()[0].copy()
    images[FOLDS == 1] = 255 - images[FOLDS == 1]
    others = train_apc_folds(learnt(images=images), FOLDS, PARAMS, 0)
    assert equal(encoders[1], others[1])
    assert not equal(encoders[0], others[0])


def test_each_is_what_a_training_without_the_fold_gives(encoders):
    alone = train_apc(learnt().without(FOLDS == 0), PARAMS, 0)
    assert equal(encoders[0], alone.encoder_state)


def test_a_fold_that_leaves_no_bad_part_keeps_the_pretrained_encoder():
    folds = np.where(learnt().bad, 1, FOLDS)
    encoders = train_apc_folds(learnt(), folds, PARAMS, 0)
    body = build_extractor(PARAMS.network().name, (2, 3, 4), "random").body.state_dict()
    assert equal({k: encoders[1][k] for k in body if k in encoders[1]}, body)
    assert not equal(encoders[0], encoders[1])


def test_going_on_after_a_kill_trains_no_finished_fold_again(encoders, tmp_path, monkeypatch):
    train, trained = training.train_one_epoch, []

    def train_and_die(*args, **kwargs):
        trained.append(1)
        if len(trained) == 3:
            raise KeyboardInterrupt
        return train(*args, **kwargs)

    monkeypatch.setattr(training, "train_one_epoch", train_and_die)
    with pytest.raises(KeyboardInterrupt):
        train_apc_folds(learnt(), FOLDS, PARAMS, 0, tmp_path)
    again = train_apc_folds(learnt(), FOLDS, PARAMS, 0, tmp_path)
    assert len(trained) == 4
    assert all(equal(encoders[fold], again[fold]) for fold in encoders)
