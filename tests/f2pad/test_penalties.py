import numpy as np
import torch
from torch.autograd import gradcheck

from vadline.f2pad.penalties import log_penalty, total_variation


def _random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_gradients_are_right():
    assert gradcheck(lambda a: log_penalty(a, 0.01), _random(9, 3).requires_grad_())
    assert gradcheck(total_variation, _random(2, 3, 4, 5).requires_grad_())


def test_log_penalty_equals_its_formula():
    a = _random(5, 3)
    r = np.sqrt((a.numpy() ** 2).sum(axis=1))
    expected = np.log(np.sqrt(r**2 + 0.01) + r)
    np.testing.assert_allclose(log_penalty(a, 0.01).numpy(), expected, rtol=1e-12)


def test_log_penalty_is_least_and_flat_where_there_is_no_anomaly():
    a = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    value = log_penalty(a, 0.01)
    assert value.item() == np.log(0.1)
    value.sum().backward()
    assert (a.grad == 0).all()
    assert (log_penalty(_random(50, 3), 0.01) > value.item()).all()


def test_total_variation_equals_the_plain_loop():
    n = _random(2, 3, 4, 5)
    expected = np.zeros(2)
    for b in range(2):
        for i in range(4):
            for j in range(5):
                across = n[b, :, i, j + 1] - n[b, :, i, j] if j < 4 else torch.zeros(3)
                down = n[b, :, i + 1, j] - n[b, :, i, j] if i < 3 else torch.zeros(3)
                expected[b] += np.sqrt(float(across.square().sum() + down.square().sum()))
    np.testing.assert_allclose(total_variation(n).numpy(), expected, rtol=1e-12)


def test_total_variation_of_a_flat_image_has_a_finite_gradient():
    n = torch.ones(1, 3, 6, 6, requires_grad=True)
    total_variation(n).sum().backward()
    assert (n.grad == 0).all()
