"""Batch normalisation folded into the convolution before it."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

_TOLERANCE = 1e-3


@torch.no_grad()
def fold_batch_norm(body: nn.Module, size: tuple[int, int] = (64, 64)) -> nn.Module:
    """Copy a network, with every batch norm that follows a convolution folded into it.

    In evaluation mode both are one affine map, and folding saves a pass over the activations for
    each (a third of EfficientNet-Lite0's time on a CPU). The copy gives the same maps up to
    rounding, tried on a random image of ``size``. It is a plain one where there is nothing to fold,
    where layers run in another order than they stand in, or where the network takes no image of
    this size.
    """
    folded = copy.deepcopy(body)
    if not sum(_fold_children(module) for module in list(folded.modules())):
        return folded
    weight = next(body.parameters())
    probe = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(0))
    probe = probe.to(weight.device, weight.dtype)
    try:
        pairs = list(zip(body(probe), folded(probe), strict=True))
    except (AssertionError, RuntimeError):  # the probe is too small for this network
        return copy.deepcopy(body)
    return folded if all(_close(a, b) for a, b in pairs) else copy.deepcopy(body)


def _fold_children(module: nn.Module) -> int:
    """Fold what stands in ``module`` itself; return how many."""
    count, before = 0, ""
    conv: nn.Module | None = None
    for name, child in list(module.named_children()):
        if (
            isinstance(conv, nn.Conv2d)
            and isinstance(child, nn.BatchNorm2d)
            and conv.out_channels == child.num_features
        ):
            setattr(module, before, fuse_conv_bn_eval(conv, child))
            # timm's batch norms carry an activation.
            setattr(module, name, getattr(child, "act", nn.Identity()))
            count += 1
        before, conv = name, child
    return count


def _close(a: Tensor, b: Tensor) -> bool:
    return bool((a - b).abs().amax() <= _TOLERANCE * a.abs().amax())
