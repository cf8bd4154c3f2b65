"""The coreset against the definition of greedy k-centre."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vadline.detectors import coreset
from vadline.detectors.coreset import greedy_k_centre, random_projection
from vadline.detectors.spool import PatchSpool


def assert_greedy(x, picked):
    """Every pick is the row farthest from those before it, up to float32 rounding of squares."""
    x = x.astype(np.float64)
    rounding = 1e-5 * ((x - x[picked[0]]) ** 2).sum(1).max()
    nearest = ((x - x[picked[0]]) ** 2).sum(1)
    for row in picked[1:]:
        assert nearest[row] >= nearest.max() - rounding
        nearest = np.minimum(nearest, ((x - x[row]) ** 2).sum(1))
    assert len(set(picked)) == len(picked)


@pytest.fixture
def short_lists(monkeypatch):
    """Make shortlists and blocks so small that a tiny world needs many passes."""
    monkeypatch.setattr(coreset, "_SHORTLIST_LEAST", 3)
    monkeypatch.setattr(coreset, "_BLOCK_BYTES", {"cpu": 64})
    monkeypatch.setattr(coreset, "_CENTRES_A_BLOCK", 2)


@given(st.integers(2, 60), st.integers(1, 8), st.integers(1, 60), st.integers(0, 99))
@settings(max_examples=50, deadline=None)
def test_picks_are_greedy(rows, columns, size, seed):
    x = np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)
    picked = greedy_k_centre(torch.from_numpy(x), size, seed).tolist()
    assert len(picked) == min(size, rows)
    assert_greedy(x, picked)


@pytest.mark.usefixtures("short_lists")
@pytest.mark.parametrize("clusters", [1, 5, 300])
@pytest.mark.parametrize("offset", [0, 1000])
def test_picks_are_greedy_however_many_passes_they_take(clusters, offset):
    rng = np.random.default_rng(clusters)
    centres = rng.normal(scale=20, size=(clusters, 6))
    x = (centres[rng.integers(clusters, size=300)] + rng.normal(size=(300, 6))).astype(np.float32)
    picked = greedy_k_centre(torch.from_numpy(x) + offset, 120, seed=1).tolist()
    assert_greedy(x, picked)


def test_with_a_shortlist_of_its_own_size():
    x = np.random.default_rng(0).normal(size=(4000, 16)).astype(np.float32)
    picked = greedy_k_centre(torch.from_numpy(x), 150, seed=0).tolist()
    assert_greedy(x, picked)


def test_from_disk_the_picks_are_those_from_memory():
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(3000, 8)).astype(np.float32)).half()
    spool = PatchSpool(8, 3000, torch.device("cpu"))
    for part in x.float().split(700):
        spool.append(part)
    assert torch.equal(greedy_k_centre(spool, 90, 3), greedy_k_centre(x.float(), 90, 3))


def test_equal_rows_are_picked_once_each():
    picked = greedy_k_centre(torch.ones(5, 3), 5, seed=0)
    assert sorted(picked.tolist()) == [0, 1, 2, 3, 4]
    assert greedy_k_centre(torch.ones(5, 3), 0, seed=0).tolist() == []


def test_projection_keeps_distances():
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(200, 512)).astype(np.float32))
    ratio = torch.pdist(x @ random_projection(256, 512, seed=0)) / torch.pdist(x)
    assert abs(float(ratio.mean()) - 1) < 0.02
    assert float(ratio.std()) < 0.1
