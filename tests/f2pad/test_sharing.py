import numpy as np
import pytest
import torch

from vadline.f2pad.sharing import neighbour_table, share, sharing_weights


def _world(seed=0):
    generator = torch.Generator().manual_seed(seed)
    region = torch.rand(2, 7, 9, generator=generator) > 0.4
    pixels = int(region.sum())
    gradient = torch.randn(pixels, 3, generator=generator, dtype=torch.float64)
    colours = torch.randn(pixels, 3, generator=generator, dtype=torch.float64)
    return region, gradient, colours


def _reference(region, gradient, colours, window, spatial, colour):
    places = region.nonzero().numpy()
    out = np.zeros_like(gradient.numpy())
    for i, p in enumerate(places):
        weights = np.zeros(len(places))
        for j, q in enumerate(places):
            if p[0] == q[0] and max(abs(p - q)) <= window // 2:
                contrast = float((colours[i] - colours[j]).square().sum())
                weights[j] = np.exp(-spatial * ((p - q) ** 2).sum() - colour * contrast)
        out[i] = weights @ gradient.numpy() / weights.sum()
    return out


def _share(region, gradient, colours, window, spatial, colour):
    neighbours, distances = neighbour_table(region, window)
    weights = sharing_weights(colours, neighbours, distances, spatial, colour)
    return share(gradient, neighbours, weights)


@pytest.mark.parametrize("window", [1, 3, 5])
def test_equals_the_plain_double_loop(window):
    region, gradient, colours = _world()
    found = _share(region, gradient, colours, window, 1.1, 0.3)
    expected = _reference(region, gradient, colours, window, 1.1, 0.3)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6, atol=1e-9)


def test_a_window_of_one_changes_nothing():
    region, gradient, colours = _world(1)
    found = _share(region, gradient, colours, 1, 1.1, 3.0)
    torch.testing.assert_close(found, gradient)


def test_a_constant_gradient_stays_constant():
    region, _, colours = _world(2)
    gradient = torch.full((int(region.sum()), 3), 0.7, dtype=torch.float64)
    found = _share(region, gradient, colours, 5, 1.1, 3.0)
    torch.testing.assert_close(found, gradient)
