"""What F2PAD asks of the detectors that it can refine: exact gradients, and a loop that runs."""

import numpy as np
import pytest
import torch
from torch import nn

from vadline.backbones import FeatureExtractor
from vadline.detectors import PatchCore, PatchCoreParams, TrainingSet, upsample_and_blur
from vadline.detectors.cflow.detector import CFlow
from vadline.detectors.cflow.params import CFlowParams
from vadline.detectors.padim.detector import PaDiM
from vadline.detectors.padim.params import PaDiMParams
from vadline.f2pad import F2PADParams, fit_pixel_prior, refine
from vadline.f2pad.protocol import RefinableDetector

SIZE = 32


class SmoothBody(nn.Module):
    """Two small random layers without a kink, at strides 4 and 8."""

    def __init__(self):
        super().__init__()
        self.shallow = nn.Conv2d(3, 6, 4, stride=4)
        self.deep = nn.Conv2d(6, 8, 2, stride=2)

    def forward(self, x):
        shallow = torch.tanh(self.shallow(x))
        return [shallow, torch.tanh(self.deep(shallow))]


def toy_extractor():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        body = SmoothBody().eval()
    return FeatureExtractor(body, (1, 2), (6, 8), (4, 8), (0.5,) * 3, (0.25,) * 3)


KINDS = {
    "patchcore": (PatchCore, PatchCoreParams(coreset_size=50)),
    "padim": (PaDiM, PaDiMParams(channels=9)),
    "cflow": (CFlow, CFlowParams(layers=(1, 2), steps=60, train_batch=64, blocks=3, lr=1e-2)),
}


@pytest.fixture(scope="module")
def images():
    """Ten parts, dark left and light right; the last has a red blot."""
    rng = np.random.default_rng(0)
    part = np.full((SIZE, SIZE, 3), 80.0)
    part[:, SIZE // 2 :] = (150, 160, 170)
    noisy = part + 3 * rng.normal(size=(10, SIZE, SIZE, 3))
    noisy[9, 8:18, 6:14] = (200, 60, 50)
    return np.clip(noisy, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module", params=KINDS)
def detector(request, images):
    kind, params = KINDS[request.param]
    detector = kind(toy_extractor(), "toy", params, request.param)
    return detector.fit(TrainingSet(images, np.arange(9)))


def test_the_gradient_is_that_of_the_loss(detector, images):
    kind = type(detector)
    double = kind(toy_extractor().double(), "toy", detector.params)
    double.fit(TrainingSet(images, np.arange(9)))
    n = double.extractor.normalise(torch.from_numpy(images[8:]))
    candidates = detector.candidates(n.float(), k=3)
    assert n.dtype == torch.float64
    assert double.refinement_loss(n, candidates).dtype == torch.float64
    torch.autograd.gradcheck(
        lambda x: double.refinement_loss(x, candidates), n.requires_grad_(), fast_mode=True
    )


def test_the_loss_is_one_number_an_image_that_others_do_not_touch(detector, images):
    n = detector.extractor.normalise(torch.from_numpy(images[8:]))
    both = detector.refinement_loss(n, detector.candidates(n, k=3))
    alone = detector.refinement_loss(n[1:], detector.candidates(n[1:], k=3))
    assert both.shape == (2,)
    torch.testing.assert_close(both[1:], alone, rtol=1e-4, atol=0)
    assert both[1] > both[0]  # the one with the blot


def test_refinement_finds_the_blot(detector, images):
    assert isinstance(detector, RefinableDetector)
    maps = upsample_and_blur(detector.score(images, np.array([9]))[0], SIZE, 4.0)
    pixels = detector.extractor.normalise(torch.from_numpy(images[:9]))
    prior = fit_pixel_prior(pixels.permute(0, 2, 3, 1).reshape(-1, 3)[::7].numpy(), 2, seed=0)
    threshold = float(np.quantile(maps, 0.85))
    params = F2PADParams(max_iterations=30, radius_share=0.1)
    result = refine(images[9:], maps, threshold, detector, prior, images[:9], params)
    truth = np.zeros((SIZE, SIZE), bool)
    truth[8:18, 6:14] = True
    found = result.masks[0].astype(bool)
    assert (found & truth).sum() / (found | truth).sum() > 0.9
    assert result.log.loss[0] < result.log.loss_initial[0]
