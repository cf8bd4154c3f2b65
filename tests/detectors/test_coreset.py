"""The coreset against a ten-line reference."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vadline.detectors.coreset import greedy_k_centre, random_projection


def reference(x, size, first):
    picked = [first]
    nearest = ((x - x[first]) ** 2).sum(1)
    while len(picked) < size:
        row = int(np.where(np.isin(np.arange(len(x)), picked), -1, nearest).argmax())
        picked.append(row)
        nearest = np.minimum(nearest, ((x - x[row]) ** 2).sum(1))
    return picked


def radius(x, rows):
    return np.sqrt(((x[:, None] - x[rows][None]) ** 2).sum(-1).min(1).max())


@given(st.integers(2, 60), st.integers(1, 8), st.integers(1, 60), st.integers(0, 99))
@settings(max_examples=50, deadline=None)
def test_picks_are_the_reference_s(rows, columns, size, seed):
    x = np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)
    picked = greedy_k_centre(torch.from_numpy(x), size, seed).tolist()
    plain = reference(x.astype(np.float64), min(size, rows), picked[0])
    assert len(set(picked)) == len(picked) == min(size, rows)
    np.testing.assert_allclose(radius(x, picked), radius(x, plain), rtol=1e-3, atol=2e-3)


def test_equal_rows_are_picked_once_each():
    picked = greedy_k_centre(torch.ones(5, 3), 5, seed=0)
    assert sorted(picked.tolist()) == [0, 1, 2, 3, 4]


def test_projection_keeps_distances():
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(200, 512)).astype(np.float32))
    ratio = torch.pdist(random_projection(x, 256, seed=0)) / torch.pdist(x)
    assert abs(float(ratio.mean()) - 1) < 0.02
    assert float(ratio.std()) < 0.1
    assert random_projection(x, 512, seed=0) is x
