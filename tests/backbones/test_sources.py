"""Names lead to networks, and checkpoints of each source to the same features as at home."""

import hashlib

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import get_model
from torchvision.models.feature_extraction import create_feature_extractor

from vadline.backbones import BackboneParams, build_extractor, check_backbone
from vadline.backbones.sources import find_source
from vadline.errors import VadlineError


def drawn(model, seed=0):
    """Give every tensor of a network values of its own."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            low, high = (0.01, 0.1) if name.endswith("running_var") else (-0.1, 0.1)
            tensor.uniform_(low, high, generator=generator)
    return model.eval()


def save(state, path):
    if path.suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save(state, path)
    return str(path)


def pixels(*size):
    return torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("name", "nodes", "suffix"),
    [
        ("resnet18", ["layer2", "layer3"], ".pth"),
        ("efficientnet_b0", ["features.3", "features.5"], ".pth"),
        # Sorted by name in the file, and with TensorFlow's epsilon in its batch norms.
        ("efficientnet_b5", ["features.3", "features.5"], ".safetensors"),
    ],
)
@torch.no_grad()
def test_torchvision_s_checkpoint_gives_torchvision_s_features(tmp_path, name, nodes, suffix):
    model = drawn(get_model(name))
    path = save(model.state_dict(), tmp_path / f"file{suffix}")
    theirs = create_feature_extractor(model, nodes)
    ours = build_extractor(f"torchvision/{name}", (2, 3), path)
    for a, b in zip(ours(pixels(64, 64)), theirs(pixels(64, 64)).values(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_torchvision_s_names_mean_the_papers_weights():
    url = find_source("torchvision/wide_resnet50_2").url
    assert url == "https://download.pytorch.org/models/wide_resnet50_2-95faca4d.pth"
    assert find_source("torchvision/resnet50").url.endswith("resnet50-0676ba61.pth")


@pytest.mark.parametrize(
    "name", ["test_convnext", "test_vit", "test_mambaout", "swin_tiny_patch4_window7_224"]
)
def test_timm_s_own_file_fits_whatever_its_wrapper_calls_the_parts(tmp_path, name):
    state = drawn(timm.create_model(name)).state_dict()
    path = save({k: v.contiguous() for k, v in state.items()}, tmp_path / "model.safetensors")
    loaded = build_extractor(name, (2, 3), path).body.state_dict()
    known = {(tuple(v.shape), float(v.double().sum())) for v in state.values()}
    assert all((tuple(v.shape), float(v.double().sum())) in known for v in loaded.values())


@torch.no_grad()
def test_a_vision_transformer_gives_its_normed_blocks(tmp_path):
    model = drawn(timm.create_model("vit_small_patch14_dinov2", dynamic_img_size=True))
    path = save(model.state_dict(), tmp_path / "model.safetensors")
    extractor = build_extractor("dinov2_vits14", (2, 3), path)
    x = pixels(70, 98)
    theirs = model.forward_intermediates(x, [6, 8], norm=True, intermediates_only=True)
    for a, b in zip(extractor(x), theirs, strict=True):
        torch.testing.assert_close(a, b)
    assert extractor.grid(256, 256) == (18, 18)


def test_moco_v3_s_file_gives_its_query_encoder(tmp_path):
    state = drawn(timm.create_model("resnet50")).state_dict()
    moco = {f"module.base_encoder.{k}": v for k, v in state.items() if not k.startswith("fc.")}
    moco |= {f"module.momentum_encoder.{k}": torch.zeros_like(v) for k, v in state.items()}
    path = save({"epoch": 1000, "state_dict": moco}, tmp_path / "r-50-1000ep.pth.tar")
    body = build_extractor("moco_v3_resnet50", (1,), path).body
    assert torch.equal(body.layer1[0].conv1.weight, state["layer1.0.conv1.weight"])
    source = find_source("moco_v3_resnet50")
    assert source.url.endswith("/moco-v3/r-50-1000ep/r-50-1000ep.pth.tar")
    assert "CC-BY-NC" in source.licence


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("resnet5O", "resnet50"),
        ("torchvision/resnet-50", "torchvision/resnet50"),
        ("mocov3_resnet50", "moco_v3_resnet50"),
        ("dinov2_vit_s14", "dinov2_vits14"),
        ("resnet18.tv_in1", "resnet18.tv_in1k"),
    ],
)
def test_an_unknown_name_ends_in_one_line_with_close_ones(name, close):
    with pytest.raises(VadlineError) as caught:
        check_backbone(name)
    assert repr(name) in str(caught.value)
    assert close in str(caught.value).split("close ones: ")[1].rstrip(".").split(", ")
    assert "\n" not in str(caught.value)


def test_a_checksum_is_held_against_the_file(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_file(timm.create_model("test_resnet").state_dict(), path)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    for right in (found, found[:8], found[:16].upper()):
        build_extractor("test_resnet", (1, 2), str(path), right)
    wrong = "0" * 12
    for check in (check_backbone, lambda *args: build_extractor(args[0], (2,), *args[1:])):
        with pytest.raises(VadlineError, match=r"weights\.safetensors") as caught:
            check("test_resnet", str(path), wrong)
        assert wrong in str(caught.value)
        assert found in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="sha256"):
        BackboneParams(sha256="not a checksum")


def test_settings_are_checked_without_building(tmp_path, monkeypatch):
    monkeypatch.setattr(timm, "create_model", None)
    monkeypatch.setattr(nn.Module, "__init__", None)
    file = tmp_path / "weights.pth"
    file.touch()
    for good in (
        ("efficientnet_lite0",),
        ("resnet18.tv_in1k",),
        ("torchvision/efficientnet_b6",),
        ("vit_small_patch14_reg4_dinov2.lvd142m",),
        ("dinov2_vits14_reg", str(file)),
        ("mixer_s32_224", "random"),
    ):
        check_backbone(*good)
    for bad, word in (
        (("resnet999",), "resnet999"),
        (("resnet18", str(tmp_path / "none.pth")), "none.pth"),
        (("resnet18", "random", "0" * 8), "sha256"),
        (("mixer_s32_224",), "no pretrained weights"),
    ):
        with pytest.raises(VadlineError, match=word):
            check_backbone(*bad)
