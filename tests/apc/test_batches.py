from __future__ import annotations

import dataclasses
import logging

import numpy as np
import pytest
import torch

from vadline.apc.batches import BatchMaker
from vadline.apc.params import APCParams
from vadline.detectors import TrainingSet

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


def learnt(
    known: np.ndarray | None = None,
    *,
    masks: np.ndarray | None = None,
    roi: np.ndarray | None = None,
) -> TrainingSet:
    """Let the world's images lie among others that are not learnt from."""
    images, labels, own, all_known = world()
    rows = 2 * np.arange(len(images)) + 1
    spread, marks = np.full((20, SIDE, SIDE, 3), 90, np.uint8), np.ones((20, SIDE, SIDE), np.uint8)
    spread[rows], marks[rows] = images, own if masks is None else masks
    known = all_known if known is None else known
    return TrainingSet(spread, rows, labels == 1, marks, known, roi)


def make(
    settings: dict,
    *,
    known: np.ndarray | None = None,
    roi: np.ndarray | None = None,
    seed: int = 0,
    **where: int,
):
    maker = BatchMaker(learnt(known, roi=roi), APCParams(**settings), seed)
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
    with caplog.at_level(logging.INFO, "vadline.apc"):
        batch = make({"augment": False, "cutpaste_share": 1.0}, known=known)
    assert "nothing to paste" in caplog.text
    assert np.array_equal(batch.images.numpy(), world()[0][INDICES])
    assert batch.mask_known.tolist() == [True] * 4 + [False] * 4


def test_an_anomalous_image_with_an_empty_mask_counts_as_unknown():
    known = np.ones(len(LABELS), bool)
    training = learnt(known, masks=np.zeros((len(LABELS), SIDE, SIDE), np.uint8))
    maker = BatchMaker(training, APCParams(**PLAIN), 0)
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


def test_without_masks_only_goods_have_known_ones():
    training = dataclasses.replace(learnt(), masks=None, mask_known=None)
    batch = BatchMaker(training, APCParams(), 0).make(INDICES, epoch=1, step=0)
    assert batch.mask_known.tolist() == [True] * 4 + [False] * 4
    assert not batch.masks.any()


def test_images_are_read_one_by_one():
    class Counting:
        def __init__(self, array: np.ndarray) -> None:
            self.array, self.shape, self.read = array, array.shape, []

        def __getitem__(self, rows: int) -> np.ndarray:
            self.read.append(np.size(rows))
            return self.array[rows]

    plain = learnt()
    images, masks = Counting(plain.images), Counting(plain.masks)
    training = dataclasses.replace(plain, images=images, masks=masks)
    settings = APCParams(cutpaste_share=1.0)
    batch = BatchMaker(training, settings, 0).make(INDICES, epoch=1, step=0)
    assert set(images.read) == set(masks.read) == {1}
    assert len(images.read) <= 2 * len(INDICES)
    expected = BatchMaker(plain, settings, 0).make(INDICES, epoch=1, step=0)
    assert torch.equal(batch.images, expected.images)


REGION = np.zeros((SIDE, SIDE), bool)
REGION[1:7, 1:5] = True  # holds a part of the defects of 6, 7 and 8


def test_with_a_region_masks_and_pastes_lie_inside():
    batch = make({"augment": False, "cutpaste_share": 1.0}, roi=REGION)
    assert torch.equal(batch.roi, torch.from_numpy(REGION).expand(8, -1, -1))
    assert not batch.masks[~batch.roi].any()
    assert (batch.masks[4:].sum(dim=(1, 2)) > 0).all()
    assert np.array_equal(batch.images.amin(dim=3) > 150, batch.masks == 1)


def test_a_defect_outside_of_the_region_counts_as_unknown():
    batch = make(PLAIN, roi=~world()[2][N_GOOD].astype(bool))
    assert batch.mask_known.tolist() == [True] * 4 + [False, True, True, False]


def test_flips_take_the_region_along():
    batch = make({"augment_jitter": 0.0, "cutpaste": False}, roi=REGION)
    images = world()[0][INDICES]
    turns = [tuple(axes) for axes in ((), (0,), (1,), (0, 1))]
    seen = set()
    for image, region, original in zip(batch.images, batch.roi, images, strict=True):
        flips = next(axes for axes in turns if np.array_equal(np.flip(original, axes), image))
        assert np.array_equal(region, np.flip(REGION, flips))
        seen.add(flips)
    assert len(seen) > 1


@pytest.mark.parametrize("seed", range(5))
def test_what_stands_outside_changes_nothing_inside(seed):
    plain = learnt(roi=REGION)
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, plain.images.shape, dtype=np.uint8)
    marks = rng.integers(0, 2, plain.masks.shape, dtype=np.uint8)
    other = dataclasses.replace(
        plain,
        images=np.where(REGION[..., None], plain.images, noise),
        masks=np.where(REGION, plain.masks, marks),
    )
    one, two = (
        BatchMaker(training, APCParams(), seed).make(INDICES, epoch=1, step=0)
        for training in (plain, other)
    )
    assert torch.equal(one.images[one.roi], two.images[two.roi])
    for name in ("labels", "masks", "mask_known", "roi"):
        assert torch.equal(getattr(one, name), getattr(two, name))


def test_a_region_of_everything_is_none():
    one, two = make({}), make({}, roi=np.ones((SIDE, SIDE), bool))
    assert one.roi is two.roi is None
    assert torch.equal(one.images, two.images)
