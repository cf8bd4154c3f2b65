from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import numpy as np
import pytest
import torch

from vadline.apc import APCParams, APCResult, train_apc, training
from vadline.apc.network import network_from, new_network
from vadline.backbones import BackboneParams
from vadline.detectors import TrainingSet
from vadline.errors import VadlineError

SIDE = 32
BACKBONE = BackboneParams(name="mobilenetv3_small_050", weights="random")


REGION = np.zeros((SIDE, SIDE), bool)
REGION[2:20, 4:28] = True


def world() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Eight grey normal images and three with a bright square; one of these has no mask."""
    rng = np.random.default_rng(0)
    images = rng.integers(60, 100, (11, SIDE, SIDE, 3), dtype=np.uint8)
    labels = np.array([0] * 8 + [1] * 3)
    masks = np.zeros((11, SIDE, SIDE), dtype=np.uint8)
    for index in (8, 9, 10):
        masks[index, 3 * index - 20 : 3 * index - 10, 8:18] = 1
    images[masks == 1] = 230
    known = np.array([True] * 10 + [False])
    return images, labels, masks, known


def learnt(**changes) -> TrainingSet:
    images, labels, masks, known = world()
    rows = np.arange(len(images))
    training = TrainingSet(images, rows, labels == 1, masks, known, fingerprint="these data")
    return dataclasses.replace(training, **changes)


def settings(epochs: int = 3, **kwargs) -> APCParams:
    small = {"threads": 1, "widths": (16, 8, 8), "batch_size": 4, "steps_per_epoch": 2, "lr": 1e-3}
    return APCParams(**{"backbone": BACKBONE, "epochs": epochs, **small, **kwargs})


def train(epochs: int = 3, *, seed: int = 0, checkpoint: Path | None = None, **kwargs) -> APCResult:
    changes = {name: kwargs.pop(name) for name in ("fingerprint", "roi") if name in kwargs}
    params = settings(epochs, **kwargs)
    return train_apc(learnt(**changes), params=params, seed=seed, checkpoint=checkpoint)


def same(a: APCResult, b: APCResult) -> bool:
    a, b = a.network.tensors, b.network.tensors
    assert a.keys() == b.keys()
    return all(torch.equal(a[k], b[k]) for k in a)


@pytest.fixture(scope="module")
def straight() -> APCResult:
    return train()


def test_the_history_has_a_row_per_epoch(straight):
    history = straight.history
    assert list(history.columns) == list(training.HISTORY_COLUMNS)
    assert history["epoch"].tolist() == [1, 2, 3]
    total = 10 * history["loss_cls"] + history["loss_segm"] + history["loss_recon"]
    assert np.allclose(history["loss"], total, rtol=1e-5)
    assert (history["seconds"] > 0).all()


def test_the_encoder_moves_but_for_frozen_statistics_and_comes_back_with_its_heads(straight):
    after = straight.network.tensors
    fresh = new_network(settings(), 0).state().tensors
    encoder = [k for k in fresh if k.startswith("encoder.")]
    moved = [not torch.equal(fresh[k], after[k]) for k in encoder if "conv" in k]
    assert all(moved)
    frozen = [k for k in encoder if "running" in k]
    assert frozen
    assert all(torch.equal(fresh[k], after[k]) for k in frozen)
    again = network_from(straight.network)
    assert not again.training
    assert all(torch.equal(again.state_dict()[k], after[k]) for k in after)


def test_training_is_determined_by_its_seed_and_leaves_global_generators_alone(straight):
    torch.manual_seed(3)
    state = torch.random.get_rng_state()
    again = train()
    assert torch.equal(state, torch.random.get_rng_state())
    assert same(again, straight)
    assert not same(train(seed=1), straight)


@pytest.mark.parametrize("count", [2, 4])
def test_the_machine_s_threads_change_no_bit_and_are_put_back(straight, count):
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        assert same(train(), straight)
        assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("stop", [1, 2])
def test_a_killed_run_resumes_to_the_same_bits(tmp_path, monkeypatch, straight, stop):
    path = tmp_path / "apc" / "state.safetensors"
    one_epoch, finished = training.train_one_epoch, []

    def killed(*arguments):
        if len(finished) == stop:
            raise KeyboardInterrupt
        finished.append(one_epoch(*arguments))
        return finished[-1]

    monkeypatch.setattr(training, "train_one_epoch", killed)
    with pytest.raises(KeyboardInterrupt):
        train(checkpoint=path)
    monkeypatch.undo()
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    resumed = train(checkpoint=path)
    assert same(resumed, straight)
    terms = [c for c in training.HISTORY_COLUMNS if c != "seconds"]
    assert resumed.history[terms].equals(straight.history[terms])


def test_statistics_that_are_not_frozen_resume_too(tmp_path):
    path = tmp_path / "state.safetensors"
    train(1, checkpoint=path, freeze_batch_norm=False)
    assert same(
        train(2, checkpoint=path, freeze_batch_norm=False), train(2, freeze_batch_norm=False)
    )


def test_a_finished_checkpoint_is_returned_without_training(tmp_path, monkeypatch, straight):
    path = tmp_path / "state.safetensors"
    train(checkpoint=path)
    monkeypatch.setattr(training, "train_one_epoch", lambda *a: pytest.fail("trained again"))
    assert same(train(checkpoint=path), straight)


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ({"fingerprint": "other data"}, "other settings"),
        ({"lr": 5e-4}, "other settings"),
        ({"roi": REGION}, "other settings"),
        (
            {"backbone": BackboneParams(name="mobilenetv3_small_075", weights="random")},
            "other settings",
        ),
        ({"seed": 5}, "other settings"),
        ({"threads": 2}, "other settings"),
        ({"patience": 1}, "other settings"),  # the epoch kept would be another
        ({"epochs": 4}, "4 epochs"),
    ],
)
def test_another_trainings_checkpoint_is_not_used(tmp_path, caplog, straight, first, reason):
    path = tmp_path / "state.safetensors"
    train(checkpoint=path, **{"epochs": 1, **first})
    with caplog.at_level(logging.WARNING):
        assert same(train(checkpoint=path), straight)
    assert reason in caplog.text


def test_a_damaged_checkpoint_is_not_used(tmp_path, caplog, straight):
    path = tmp_path / "state.safetensors"
    path.write_bytes(b"half a file")
    with caplog.at_level(logging.WARNING):
        assert same(train(checkpoint=path), straight)
    assert "cannot be read" in caplog.text


def test_the_losses_fall():
    history = train(12, steps_per_epoch=4).history
    for column in ("loss_cls", "loss_segm", "loss_recon"):
        assert history[column].iloc[-1] < 0.7 * history[column].iloc[0]


def test_a_task_that_is_off_has_no_loss():
    history = train(1, tasks=("cls", "recon")).history
    assert history["loss_segm"].isna().all()
    assert history[["loss", "loss_cls", "loss_recon"]].notna().all(axis=None)


def test_one_class_alone_is_refused():
    for changes in ({"bad": np.zeros(11, bool)}, {"bad": None}):
        with pytest.raises(VadlineError, match="normal and anomalous"):
            train_apc(learnt(**changes), params=settings(1), seed=0)


def test_rows_choose_the_images_wherever_they_lie(straight):
    plain, rng = learnt(), np.random.default_rng(5)
    rows = np.sort(rng.permutation(30)[:11])
    images = rng.integers(0, 256, (30, SIDE, SIDE, 3), dtype=np.uint8)
    masks = rng.integers(0, 2, (30, SIDE, SIDE), dtype=np.uint8)
    images[rows], masks[rows] = plain.images, plain.masks
    spread = learnt(images=images, masks=masks, rows=rows)
    assert same(train_apc(spread, params=settings(), seed=0), straight)


def test_a_region_of_everything_is_none_and_a_smaller_one_is_not(straight):
    assert same(train(roi=np.ones((SIDE, SIDE), bool)), straight)
    assert not same(train(roi=REGION), straight)


def test_outside_of_the_region_truth_may_be_anything(straight):
    plain = learnt(roi=REGION)
    marks = np.random.default_rng(1).integers(0, 2, plain.masks.shape, dtype=np.uint8)
    other = learnt(roi=REGION, masks=np.where(REGION, plain.masks, marks))
    one, two = (train_apc(given, params=settings(), seed=0) for given in (plain, other))
    assert same(one, two)


def test_a_loss_that_explodes_names_the_setting():
    with pytest.raises(VadlineError, match=r"lower apc\.lr"):
        train(lr=1e12)


@pytest.mark.parametrize(
    "wrong",
    [{"batch_size": 3}, {"tasks": ()}, {"tasks": ("cls", "cls")}, {"epoch": 2}, {"skips": 3}],
)
def test_senseless_settings_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        APCParams(**wrong)
