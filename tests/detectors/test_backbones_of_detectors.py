"""A detector stands on any backbone, and comes back from its saved state without a download."""

import numpy as np
import pytest

from vadline.backbones import BackboneParams, building
from vadline.detectors import PatchCore, PatchCoreParams, TrainingSet
from vadline.detectors.on_backbone import pretrained_extractor
from vadline.errors import VadlineError
from vadline.state import ModelState


@pytest.fixture(scope="module")
def images():
    """Smooth gradients with noise; the last one has a bright square."""
    rng = np.random.default_rng(0)
    slope = np.linspace(60, 160, 96)[None, :, None, None] * np.ones((7, 1, 96, 3))
    images = np.clip(slope + rng.normal(0, 4, slope.shape), 0, 255).astype(np.uint8)
    images[6, 36:60, 36:60] = rng.integers(0, 256, (24, 24, 3))
    return images


@pytest.mark.parametrize(
    ("name", "grid"),
    [
        ("dinov2_vits14", (7, 7)),
        ("test_vit", (6, 6)),
        ("swin_tiny_patch4_window7_224", (28, 28)),
        ("torchvision/resnet18", (12, 12)),
        ("torchvision/efficientnet_b0", (12, 12)),
        ("moco_v3_resnet50", (12, 12)),
    ],
)
def test_patchcore_on_it_finds_the_defect_and_comes_back(images, name, grid, monkeypatch):
    params = PatchCoreParams(coreset_size=40, device="cpu", image_score="patch", batch_size=2)
    backbone = BackboneParams(name=name, weights="random")
    roi = np.ones(images.shape[1:3], bool)
    roi[:, :16] = False
    detector = PatchCore.build(params, backbone, "p").fit(
        TrainingSet(images, np.arange(4), roi=roi), seed=0
    )
    maps, scores = detector.score(images, np.arange(4, 7), roi)
    assert maps.shape == (3, *grid)
    assert scores.argmax() == 2
    state = detector.state()
    monkeypatch.setattr(building, "fetch", None)
    monkeypatch.setattr(building, "announce", None)
    again = PatchCore.from_state(ModelState(state.tensors, state.config))
    np.testing.assert_array_equal(again.score(images, np.arange(4, 7), roi)[0], maps)


def test_the_checksum_reaches_the_file(tmp_path):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"another file")
    params = PatchCoreParams(device="cpu")
    with pytest.raises(VadlineError, match="sha256"):
        pretrained_extractor(
            params,
            (2, 3),
            BackboneParams(name="test_resnet", weights=str(path), sha256="0" * 8),
        )
