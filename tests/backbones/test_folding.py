"""Folding changes the speed, not the maps."""

import pytest
import timm
import torch
from torch import nn

from vadline.backbones import build_extractor
from vadline.backbones.folding import fold_batch_norm


def norms(module):
    return sum(isinstance(m, nn.BatchNorm2d) for m in module.modules())


def shaken(name):
    """Return a random network whose batch norms do something."""
    torch.manual_seed(0)
    body = timm.create_model(name, features_only=True, out_indices=(1, 2)).eval()
    for module in body.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.normal_(module.bias)
    return body


@pytest.mark.parametrize(
    "name", ["resnet18", "mobilenetv3_small_050", "resnetv2_50", "densenet121"]
)
def test_maps_stay_whatever_the_network(name):
    body = shaken(name)
    before = norms(body)
    folded = fold_batch_norm(body)
    x = torch.randn(2, 3, 96, 64)
    with torch.no_grad():
        for plain, fast in zip(body(x), folded(x), strict=True):
            assert (plain - fast).abs().max() <= 1e-3 * plain.abs().max()
    assert norms(body) == before


def test_the_bundled_network_keeps_no_batch_norm_and_freezes():
    extractor = build_extractor()
    fast = extractor.folded()
    assert norms(fast) == 0
    assert norms(extractor) > 0
    assert not any(p.requires_grad for p in fast.parameters())
    assert all(p.requires_grad for p in extractor.parameters())
    assert (fast.layers, fast.channels) == (extractor.layers, extractor.channels)


class OutOfOrder(nn.Module):
    """Its batch norm stands behind the convolution but runs before it."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3)
        self.norm = nn.BatchNorm2d(3)
        self.norm.running_mean.fill_(5)

    def forward(self, x):
        return [self.conv(self.norm(x))]


def test_layers_that_run_in_another_order_are_left_alone():
    body = OutOfOrder().eval()
    folded = fold_batch_norm(body)
    x = torch.randn(1, 3, 16, 16)
    assert norms(folded) == 1
    torch.testing.assert_close(folded(x), body(x))
