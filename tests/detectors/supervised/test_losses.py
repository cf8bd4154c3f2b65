"""The losses and the pooling against plain lines."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vadline.detectors.supervised.deviation_loss import deviation_loss, reference_scores
from vadline.detectors.supervised.pooling import top_k_mean

BAD = torch.tensor([False, True, True, False, True])
LOGITS = torch.tensor([-2.0, 0.3, 4.0, 1.5, -0.7])


def test_the_deviation_loss_is_the_papers_equation():
    reference = torch.tensor([1.0, 2.0, 6.0])
    mean, std = np.mean([1, 2, 6]), np.std([1, 2, 6], ddof=1)
    total = 0.0
    for score, bad in zip(LOGITS.tolist(), BAD.tolist(), strict=True):
        deviation = (score - mean) / std
        total += max(0, 5 - deviation) if bad else abs(deviation)
    assert float(deviation_loss(LOGITS, BAD, reference)) == pytest.approx(total / 5, rel=1e-5)


def test_bads_beyond_the_margin_are_left_alone():
    scores = torch.tensor([0.0, 9.0, 3.0], requires_grad=True)
    reference = torch.tensor([-1.0, 0.0, 1.0])
    deviation_loss(scores, torch.tensor([False, True, True]), reference).backward()
    assert scores.grad[1] == 0
    assert scores.grad[2] < 0


def test_reference_scores_are_standard_normal_and_follow_the_generator():
    first = reference_scores(torch.Generator().manual_seed(3))
    again = reference_scores(torch.Generator().manual_seed(3))
    assert first.shape == (5000,)
    assert torch.equal(first, again)
    assert abs(first.mean()) < 0.1
    assert abs(first.std() - 1) < 0.1


@given(st.integers(1, 60), st.floats(0.01, 1))
def test_top_k_pooling_is_the_mean_of_the_highest(count, share):
    values = torch.randn(2, count, generator=torch.Generator().manual_seed(count))
    best = max(1, int(share * count))
    plain = [np.mean(sorted(row.tolist())[-best:]) for row in values]
    np.testing.assert_allclose(top_k_mean(values, share), plain, atol=1e-5)
