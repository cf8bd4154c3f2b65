"""What a batch holds, and how often each image comes."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadline.detectors import TrainingSet
from vadline.detectors.supervised.batches import balanced_batches, plain_batches
from vadline.errors import VadlineError


def training_set(goods=6, bads=3, **kwargs):
    """Make images whose pixels tell their own row; every second row is not learnt from."""
    count = goods + bads
    images = np.zeros((2 * count, 4, 4, 3), np.uint8)
    images += np.arange(2 * count, dtype=np.uint8)[:, None, None, None]
    rows = np.arange(0, 2 * count, 2)
    return TrainingSet(images, rows, np.arange(count) >= goods, **kwargs)


def drawn(batch):
    return batch.images[:, 0, 0, 0].numpy()


@given(size=st.integers(2, 9), goods=st.integers(1, 9), bads=st.integers(1, 4))
def test_half_of_a_batch_is_bad_and_labels_fit_the_images(size, goods, bads):
    training = training_set(goods, bads)
    for batch in balanced_batches(training, size, 3, 0, "x"):
        assert len(batch.images) == size
        assert batch.bad.sum() == size // 2
        np.testing.assert_array_equal(batch.bad, drawn(batch) >= 2 * goods)


def test_every_bad_comes_once_before_any_comes_again():
    batches = balanced_batches(training_set(bads=3), 2, 9, 0, "x")
    bads = [drawn(batch)[1] for batch in batches]
    for start in range(0, 9, 3):
        assert sorted(bads[start : start + 3]) == [12, 14, 16]


def test_plain_batches_draw_each_image_equally_often():
    batches = plain_batches(training_set(6, 3), 3, 9, 0, "x")
    rows = np.concatenate([drawn(batch) for batch in batches])
    assert set(np.bincount(rows)[::2]) == {3}
    assert len(rows) == 27


@pytest.mark.parametrize("draw", [balanced_batches, plain_batches])
def test_one_seed_draws_the_same_and_another_differs(draw):
    def rows(seed):
        return np.concatenate([drawn(b) for b in draw(training_set(40, 20), 4, 5, seed, "x")])

    np.testing.assert_array_equal(rows(1), rows(1))
    assert (rows(1) != rows(2)).any()


def test_masks_come_only_where_they_are_known():
    masks = np.ones((18, 4, 4), np.uint8)  # those of goods and unknown ones are noise
    known = np.array([True] * 6 + [True, False, True])
    training = training_set(masks=masks, mask_known=known)
    for batch in balanced_batches(training, 4, 6, 0, "x"):
        unknown = drawn(batch) == 14
        np.testing.assert_array_equal(batch.mask_known, ~unknown)
        expected = batch.bad.numpy() & ~unknown
        np.testing.assert_array_equal(batch.masks.numpy().all(axis=(1, 2)), expected)
        np.testing.assert_array_equal(batch.masks.numpy().any(axis=(1, 2)), expected)


def test_without_masks_only_the_goods_masks_are_known():
    batch = next(balanced_batches(training_set(), 4, 1, 0, "x"))
    np.testing.assert_array_equal(batch.mask_known, ~batch.bad)
    assert not batch.masks.any()


@pytest.mark.parametrize("draw", [balanced_batches, plain_batches])
@pytest.mark.parametrize(("goods", "bads"), [(4, 0), (0, 2), (0, 0)])
def test_a_missing_class_is_one_line(draw, goods, bads):
    with pytest.raises(VadlineError, match=f"lamp learns .* got {goods} good, {bads} bad"):
        list(islice(draw(training_set(goods, bads), 4, 1, 0, "lamp"), 1))


def test_without_labels_there_are_no_bads():
    training = TrainingSet(np.zeros((2, 4, 4, 3), np.uint8), np.arange(2))
    with pytest.raises(VadlineError, match="2 good, 0 bad"):
        next(balanced_batches(training, 2, 1, 0, "x"))
