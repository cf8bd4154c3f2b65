"""EfficientAD without downloads: a distilled teacher, or files."""

import numpy as np
import pytest
import torch

pytest.importorskip("anomalib", reason="the extra anomalib is not installed")

from anomalib.models.image.efficient_ad.torch_model import SmallPatchDescriptionNetwork
from PIL import Image
from pydantic import ValidationError
from sklearn.decomposition import PCA
from torch.nn import functional as F

from vadline.backbones import BackboneParams, build_extractor
from vadline.detectors import TrainingSet
from vadline.detectors.anomalib.efficientad import EfficientAD, EfficientADParams
from vadline.detectors.anomalib.other_images import distort, folder_images
from vadline.detectors.anomalib.pdn_teacher import (
    NarrowPatchDescriptionNetwork,
    Target,
    distil,
)
from vadline.detectors.anomalib.store_data import StoreData, as_input
from vadline.detectors.patches import patch_features
from vadline.errors import VadlineError

SIZE = 256
QUICK = EfficientADParams(steps=3, teacher_steps=2, width=0.05)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    made = rng.integers(90, 110, size=(5, SIZE, SIZE, 3)).astype(np.uint8)
    made[4, 100:150, 40:90] = 255
    return made


@pytest.fixture(scope="module")
def detector(images):
    detector = EfficientAD.build(QUICK, BackboneParams(), "ea")
    return detector.fit(TrainingSet(images, np.arange(4)))


def test_it_marks_the_bad_part(detector, images):
    maps, scores = detector.score(images, np.arange(5))
    assert maps.shape == (5, SIZE // 4, SIZE // 4)
    assert scores.argmax() == 4
    row, column = np.unravel_index(maps[4].argmax(), maps[4].shape)
    assert 20 <= row <= 42
    assert 5 <= column <= 27


def test_both_maps_are_scaled_by_held_out_goods(detector):
    quantiles = detector.module_.model.quantiles
    assert quantiles["qb_st"] > quantiles["qa_st"] > 0
    assert quantiles["qb_ae"] > quantiles["qa_ae"] > 0


@pytest.fixture(scope="module")
def soft():
    """Six soft photographs, the last one not learnt from."""
    rng = np.random.default_rng(0)
    coarse = torch.from_numpy(rng.uniform(0, 255, (6, 3, 8, 8)))
    smooth = F.interpolate(coarse, (64, 64), mode="bilinear").permute(0, 2, 3, 1)
    return StoreData(smooth.to(torch.uint8).numpy(), np.arange(5), np.arange(5), 1, 0)


def test_targets_are_uncorrelated_components_of_the_goods(soft):
    extractor = build_extractor(layers=(1, 2)).requires_grad_(False)
    target = Target.of_goods(extractor, soft.train_dataloader(), 6)
    goods = as_input(torch.from_numpy(soft.images[:5]))
    found = target(goods, torch.Size((16, 16)))
    assert found.shape == (5, 6, 16, 16)
    plain = patch_features(extractor(goods * 2 - 1)).transpose(0, 1).flatten(1).numpy()
    components = PCA(6, whiten=True, svd_solver="full").fit_transform(plain.T).T
    ours = found.transpose(0, 1).flatten(1).numpy()
    np.testing.assert_allclose(np.abs(ours), np.abs(components), rtol=0.02, atol=0.02)
    inner = target(goods, torch.Size((8, 8)))  # the rim that unpadded convolutions lose
    torch.testing.assert_close(inner, found[..., 4:-4, 4:-4])


def test_more_channels_than_the_backbone_has_are_refused(soft):
    extractor = build_extractor(layers=(1,))
    with pytest.raises(VadlineError, match="teacher_channels"):
        Target.of_goods(extractor, soft.train_dataloader(), 400)


def test_distilling_brings_the_network_near_the_features(soft):
    extractor = build_extractor(layers=(1, 2)).requires_grad_(False)
    wanted = Target.of_goods(extractor, soft.train_dataloader(), 4)
    x = as_input(torch.from_numpy(soft.images[5:]))

    def error(steps):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = NarrowPatchDescriptionNetwork(4, 0.2)
        distil(network, extractor, soft, channels=4, steps=steps, lr=1e-3, seed=0, name="pdn")
        assert not any(p.requires_grad for p in network.parameters())
        found = network(x)
        return F.mse_loss(found, wanted(x, found.shape[-2:])).item()

    assert error(60) < 0.7 * error(1)


def test_a_teacher_from_a_file_is_used_as_it_is(images, tmp_path):
    with torch.random.fork_rng():
        torch.manual_seed(3)
        teacher = SmallPatchDescriptionNetwork(384)
    torch.save(teacher.state_dict(), tmp_path / "teacher.pth")
    file = tmp_path / "teacher.pth"
    params = EfficientADParams(steps=1, width=1, teacher=file, teacher_channels=384)
    module = EfficientAD.build(params, BackboneParams(), "ea").module((SIZE, SIZE), pretrained=True)
    used = module.model.teacher.state_dict()
    assert all(torch.equal(used[name], value) for name, value in teacher.state_dict().items())


def test_penalty_images_come_from_the_folder_at_the_images_size(tmp_path):
    (tmp_path / "kind").mkdir()
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (40, 60, 3), np.uint8)).save(tmp_path / "kind" / "a.png")
    drawn = folder_images(tmp_path, (32, 48), 0)
    several = [next(drawn)[0] for _ in range(12)]
    assert all(x.shape == (1, 3, 32, 48) and x.min() >= 0 and x.max() <= 1 for x in several)
    grey = [torch.equal(x[:, 0], x[:, 1]) for x in several]
    assert any(grey)
    assert not all(grey)
    with pytest.raises(VadlineError, match="penalty_images"):
        next(folder_images(tmp_path / "none", (32, 48), 0))


def test_distorted_images_are_images_and_reproducible():
    x = torch.rand(3, 3, 64, 48, generator=torch.Generator().manual_seed(0))
    one = distort(x, torch.Generator().manual_seed(1))
    assert one.shape == x.shape
    assert one.min() >= 0
    assert one.max() <= 1
    assert torch.equal(one, distort(x, torch.Generator().manual_seed(1)))
    assert (one - x).abs().mean() > 0.1


def test_wrong_settings_and_small_images_are_told():
    with pytest.raises(ValidationError, match="width"):
        EfficientADParams(model_size="medium")
    with pytest.raises(VadlineError, match=r"images\.size"):
        EfficientAD.build(QUICK, BackboneParams(), "ea").fit(
            TrainingSet(np.zeros((2, 64, 64, 3), np.uint8), np.arange(2))
        )
