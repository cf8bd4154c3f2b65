from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadline.apc.sampling import draw_epoch, steps_in_epoch
from vadline.errors import VadlineError


@given(
    normals=st.integers(1, 40),
    anomalous=st.integers(1, 12),
    half=st.integers(1, 5),
    steps=st.integers(1, 20),
    seed=st.integers(0, 1000),
)
def test_batches_are_balanced_and_draw_each_class_evenly(normals, anomalous, half, steps, seed):
    labels = np.random.default_rng(seed).permutation([0] * normals + [1] * anomalous)
    batches = draw_epoch(labels, batch_size=2 * half, steps=steps, seed=seed, epoch=3)
    assert batches.shape == (steps, 2 * half)
    assert batches.dtype == np.int64
    assert (labels[batches].sum(axis=1) == half).all()
    draws = np.bincount(batches.ravel(), minlength=len(labels))
    for label in (0, 1):
        assert np.ptp(draws[labels == label]) <= 1


@given(normals=st.integers(1, 50), half=st.integers(1, 8))
def test_an_epoch_is_one_pass_over_the_normals(normals, half):
    labels = np.array([1, 1] + [0] * normals)
    steps = steps_in_epoch(labels, 2 * half)
    batches = draw_epoch(labels, batch_size=2 * half, steps=steps, seed=0, epoch=1)
    assert set(np.flatnonzero(labels == 0)) <= set(batches.ravel())
    assert (steps - 1) * half < normals


def test_draws_depend_on_seed_and_epoch_and_nothing_else():
    labels = np.array([0] * 20 + [1] * 3)

    def draw(seed: int, epoch: int) -> bytes:
        batches = draw_epoch(labels, batch_size=4, steps=10, seed=seed, epoch=epoch)
        return batches.tobytes()

    assert draw(0, 1) == draw(0, 1)
    assert len({draw(0, 1), draw(0, 2), draw(1, 1)}) == 3


@pytest.mark.parametrize("label", [0, 1])
def test_a_missing_class_is_the_users_mistake(label):
    with pytest.raises(VadlineError, match="normal and anomalous"):
        draw_epoch(np.full(5, label), batch_size=2, steps=1, seed=0, epoch=1)
