from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from vadline.apc.batches import BatchMaker
from vadline.apc.params import APCParams

N_GOOD, N_BAD, SIDE = 6, 3, 16
LABELS = np.array([0] * N_GOOD + [1] * N_BAD)
PLAIN = {"augment": False, "cutpaste": False}
INDICES = np.array([0, 1, 2, 3, 6, 7, 8, 6])


def world() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Dark normal images; the anomalous ones have a bright defect and no other bright pixel."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 80, (N_GOOD + N_BAD, SIDE, SIDE, 3), dtype=np.uint8)
    masks = np.zeros((N_GOOD + N_BAD, SIDE, SIDE), dtype=np.uint8)
    for index in range(N_GOOD, N_GOOD + N_BAD):
        masks[index, index - 4 : index, 2:6] = 1
    images[masks == 1] = 220
    return images, LABELS, masks, np.ones(N_GOOD + N_BAD, dtype=bool)


def make(settings: dict, *, known: np.ndarray | None = None, seed: int = 0, **where: int):
    images, labels, masks, all_known = world()
    known = all_known if known is None else known
    maker = BatchMaker(images, labels, masks, known, APCParams(**settings), seed)
    return maker.make(INDICES, **{"epoch": 1, "step": 0, **where})


def test_plain_batches_are_the_drawn_images():
    images, labels, masks, _ = world()
    batch = make(PLAIN)
    assert np.array_equal(batch.images.numpy(), images[INDICES])
    assert np.array_equal(batch.labels.numpy(), labels[INDICES])
    assert np.array_equal(batch.masks.numpy(), masks[INDICES])
    assert batch.mask_known.all()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_cutpaste_makes_its_share_of_the_anomalous_draws(share):
    images, _, _, _ = world()
    batch = make({"augment": False, "cutpaste_share": share})
    assert np.array_equal(batch.images[:4].numpy(), images[:4])
    known = {image.tobytes() for image in images[N_GOOD:]}
    originals = [image.numpy().tobytes() in known for image in batch.images[4:]]
    assert sum(originals) == (4 if share == 0 else 0)
    # Saturation keeps greys, so bright pixels are the defect, wherever it came from.
    assert np.array_equal(batch.images.amin(dim=3) > 150, batch.masks == 1)
    assert (batch.masks.sum(dim=(1, 2)) == torch.tensor([0] * 4 + [16] * 4)).all()


def test_an_image_without_a_mask_lends_its_turn_to_one_that_has_one():
    known = np.ones(len(LABELS), dtype=bool)
    known[[6, 7]] = False
    real = make(PLAIN, known=known)
    assert real.mask_known.tolist() == [True] * 4 + [False, False, True, False]
    pasted = make({"augment": False, "cutpaste_share": 1.0}, known=known)
    assert pasted.mask_known.all()
    assert (pasted.masks[4:].sum(dim=(1, 2)) == 16).all()


def test_without_any_mask_the_images_themselves_are_drawn(caplog):
    known = LABELS == 0
    with caplog.at_level(logging.INFO):
        batch = make({"augment": False, "cutpaste_share": 1.0}, known=known)
    assert "nothing to paste" in caplog.text
    assert np.array_equal(batch.images.numpy(), world()[0][INDICES])
    assert batch.mask_known.tolist() == [True] * 4 + [False] * 4


def test_an_anomalous_image_with_an_empty_mask_counts_as_unknown():
    images, labels, masks, known = world()
    maker = BatchMaker(images, labels, np.zeros_like(masks), known, APCParams(**PLAIN), 0)
    batch = maker.make(INDICES, epoch=1, step=0)
    assert batch.mask_known.tolist() == [True] * 4 + [False] * 4
    assert known.all()


def test_a_batch_depends_on_seed_epoch_and_step_alone():
    def pixels(**where: int) -> bytes:
        return make({}, **where).images.numpy().tobytes()

    assert pixels() == pixels()
    assert len({pixels(), pixels(step=1), pixels(epoch=2), pixels(seed=1)}) == 4


def test_flips_can_be_switched_off_apart():
    images, _, _, _ = world()
    batch = make({"cutpaste": False, "augment_flips": False, "augment_jitter": 0.0})
    assert np.array_equal(batch.images.numpy(), images[INDICES])
