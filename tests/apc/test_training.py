from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import torch

from vadline.apc import APCParams, APCResult, train_apc, training
from vadline.backbones import build_extractor
from vadline.errors import VadlineError

SIDE = 32
BACKBONE = "mobilenetv3_small_050"


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


def train(epochs: int = 3, *, seed: int = 0, checkpoint: Path | None = None, **kwargs) -> APCResult:
    fingerprint = kwargs.pop("fingerprint", "")
    settings = {"widths": (16, 8, 8), "batch_size": 4, "steps_per_epoch": 2, "lr": 1e-3, **kwargs}
    return train_apc(
        *world(),
        params=APCParams(epochs=epochs, **settings),
        backbone=BACKBONE,
        weights="random",
        seed=seed,
        checkpoint=checkpoint,
        fingerprint=fingerprint,
    )


def same(a: APCResult, b: APCResult) -> bool:
    assert a.encoder_state.keys() == b.encoder_state.keys()
    return all(torch.equal(a.encoder_state[k], b.encoder_state[k]) for k in a.encoder_state)


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


def test_the_encoder_state_loads_into_a_shorter_extractor_of_the_same_backbone(straight):
    body = build_extractor(BACKBONE, (2, 3), "random").body
    fresh = {name: value.clone() for name, value in body.state_dict().items()}
    body.load_state_dict({k: straight.encoder_state[k] for k in fresh})
    moved = [not torch.equal(fresh[k], straight.encoder_state[k]) for k in fresh if "conv" in k]
    assert all(moved)
    frozen = [k for k in fresh if "running" in k]
    assert all(torch.equal(fresh[k], straight.encoder_state[k]) for k in frozen)


def test_training_is_determined_by_its_seed_and_leaves_global_generators_alone(straight):
    torch.manual_seed(3)
    state = torch.random.get_rng_state()
    again = train()
    assert torch.equal(state, torch.random.get_rng_state())
    assert same(again, straight)
    assert not same(train(seed=1), straight)


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
        ({"seed": 5}, "other settings"),
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
    images, labels, masks, known = world()
    with pytest.raises(VadlineError, match="normal and anomalous"):
        train_apc(
            images[:8],
            labels[:8],
            masks[:8],
            known[:8],
            params=APCParams(epochs=1),
            backbone=BACKBONE,
            weights="random",
            seed=0,
        )


def test_a_loss_that_explodes_names_the_setting():
    with pytest.raises(VadlineError, match=r"lower apc\.lr"):
        train(lr=1e12)


@pytest.mark.parametrize(
    "settings",
    [{"batch_size": 3}, {"tasks": ()}, {"tasks": ("cls", "cls")}, {"epoch": 2}, {"skips": 3}],
)
def test_senseless_settings_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        APCParams(**settings)
