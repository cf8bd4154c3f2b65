from __future__ import annotations

import pytest
import torch
from torch import nn

from vadline.apc.layers import GaussianSmoothing
from vadline.apc.network import APCNetwork, encoder_layers
from vadline.apc.params import APCParams
from vadline.backbones import build_extractor
from vadline.errors import VadlineError

WIDTHS = (16, 16, 8)


def network(
    backbone: str = "resnet18", weights: str | None = "random", seed: int = 0, **settings
) -> APCNetwork:
    params = APCParams(**{"widths": WIDTHS, **settings})
    extractor = build_extractor(backbone, encoder_layers(params.skips), weights)
    return APCNetwork(extractor, params, torch.Generator().manual_seed(seed)).train()


def pixels(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(7))


@pytest.mark.parametrize("skips", [2, 4])
@pytest.mark.parametrize(
    ("backbone", "weights"), [("resnet18", "random"), ("efficientnet_lite0", None)]
)
@pytest.mark.parametrize("size", [(64, 64), (96, 70)])
def test_outputs_have_the_input_resolution(backbone, weights, skips, size):
    out = network(backbone, weights, skips=skips)(pixels(2, 3, *size))
    assert out.cls.shape == (2,)
    assert out.segm.shape == (2, *size)
    assert out.recon.shape == (2, 3, *size)


def test_only_the_tasks_that_are_on_have_outputs_and_weights():
    full, cls = network(), network(tasks=("cls",))
    out = cls(pixels(1, 3, 64, 64))
    assert out.segm is None
    assert out.recon is None
    assert out.cls is not None
    count = [sum(p.numel() for p in net.parameters()) for net in (cls, full)]
    assert count[0] < count[1]


@pytest.mark.parametrize("task", ["cls", "segm", "recon"])
def test_every_task_reaches_every_encoder_map(task):
    net = network(tasks=(task,))
    for name, parameter in net.named_parameters():
        if parameter.dim() > 1 and not name.startswith("encoder"):
            nn.init.constant_(parameter, 0.01)  # as after some training: no logit layer at 0
    maps = []
    net.encoder.register_forward_hook(lambda module, inputs, output: maps.extend(output))
    out = getattr(net(pixels(2, 3, 64, 64)), task)
    gradients = torch.autograd.grad(out.square().mean(), maps)
    assert [g.abs().sum() > 0 for g in gradients] == [True, True, True]


def test_training_starts_at_probability_one_half():
    out = network()(pixels(2, 3, 64, 64))
    assert torch.equal(out.cls, torch.zeros(2))
    assert torch.equal(out.segm, torch.zeros(2, 64, 64))


def test_four_skips_carry_the_shallow_maps_to_the_pixel_heads_only():
    net = network(skips=4)
    x = pixels(1, 3, 64, 64)
    nn.init.ones_(net.cls.output.weight)
    nn.init.ones_(net.segm.conv.weight)
    before = net(x)
    encode = net.encoder.forward
    net.encoder.forward = lambda x: [m + 1 if i < 2 else m for i, m in enumerate(encode(x))]
    after = net(x)
    assert torch.equal(before.cls, after.cls)
    assert not torch.allclose(before.segm, after.segm)
    assert not torch.allclose(before.recon, after.recon)


def test_weights_come_from_the_given_generator_alone():
    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    one, same, other = network(), network(), network(seed=1)
    assert torch.equal(state, torch.random.get_rng_state())
    pairs = zip(one.parameters(), same.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(one.tconv1.conv.weight, other.tconv1.conv.weight)
    assert torch.isfinite(torch.cat([p.flatten() for p in one.parameters()])).all()


@pytest.mark.parametrize("frozen", [True, False])
def test_batch_norm_statistics_move_only_when_not_frozen(frozen):
    net = network(freeze_batch_norm=frozen)
    norms = [m for m in net.encoder.modules() if isinstance(m, nn.BatchNorm2d)]
    before = torch.cat([m.running_mean.clone() for m in norms])
    net(pixels(2, 3, 64, 64) + 3)
    after = torch.cat([m.running_mean for m in norms])
    assert torch.equal(before, after) == frozen
    assert all(m.weight.requires_grad for m in norms)


@pytest.mark.parametrize(("name", "layers"), [("resnet18", (1, 2, 3)), ("test_vit", (2, 3, 4))])
def test_an_encoder_with_other_strides_is_refused(name, layers):
    extractor = build_extractor(name, layers, "random")
    with pytest.raises(VadlineError, match=r"backbone\.name.* strides"):
        APCNetwork(extractor, APCParams(widths=WIDTHS), torch.Generator())


def test_smoothing_is_a_gaussian_that_keeps_constants():
    smooth = GaussianSmoothing(2, sigma=1.0)
    assert torch.allclose(smooth(torch.full((1, 2, 9, 9), 3.0)), torch.tensor(3.0))
    impulse = torch.zeros(1, 2, 9, 9)
    impulse[0, 0, 4, 4] = 1.0
    response = smooth(impulse)
    assert response[0, 1].abs().max() == 0
    assert torch.allclose(response[0, 0, 4, 5] / response[0, 0, 4, 4], torch.tensor(-0.5).exp())
