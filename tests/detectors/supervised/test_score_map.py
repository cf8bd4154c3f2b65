"""What WRN and DevNet share: they learn from bads, and leave alone what is not theirs."""

import numpy as np
import pytest
import torch

from vadline.backbones import BackboneParams, build_extractor
from vadline.detectors import TrainingSet
from vadline.detectors.supervised.devnet import DevNet
from vadline.detectors.supervised.wrn import WRN
from vadline.errors import VadlineError

SIZE = 64
CLASSES = pytest.mark.parametrize("cls", [WRN, DevNet])


def make(cls, **settings):
    params = cls.Params(**{"epochs": 1, "steps_per_epoch": 4, "train_batch": 4, **settings})
    return cls.build(params, BackboneParams(), "lamp")


def squares(count, bads, seed=0):
    """Grey noise; the last ``bads`` images have a bright square."""
    rng = np.random.default_rng(seed)
    images = rng.integers(90, 110, size=(count, SIZE, SIZE, 3), dtype=np.uint8)
    for image in images[count - bads :]:
        y, x = rng.integers(0, SIZE - 16, 2)
        image[y : y + 16, x : x + 16] = 255
    return images, np.arange(count) >= count - bads


@pytest.fixture(scope="module")
def world():
    images, bad = squares(12, 4)
    return TrainingSet(images, np.arange(12), bad)


@CLASSES
def test_a_bright_square_is_learnt_in_a_few_steps(cls, world):
    detector = make(cls, layers=(3,), steps_per_epoch=20, lr=5e-4).fit(world)
    images, bad = squares(10, 5, seed=9)
    maps, scores = detector.score(images, np.arange(10))
    assert scores[bad].min() > scores[~bad].max()
    assert maps.shape == (10, 4, 4)
    assert maps.dtype == np.float32


@CLASSES
@pytest.mark.parametrize("balance", [True, False])
def test_a_missing_class_is_one_line(cls, world, balance):
    with pytest.raises(VadlineError, match="lamp learns from good and bad images and got 8 good"):
        make(cls, balance=balance).fit(TrainingSet(world.images, np.arange(8)))


@CLASSES
def test_the_backbone_that_was_given_stays_as_it_was(cls, world):
    extractor = build_extractor(layers=(3,))
    before = {k: v.clone() for k, v in extractor.state_dict().items()}
    params = cls.Params(epochs=1, steps_per_epoch=1, train_batch=2, layers=(3,))
    detector = cls(extractor, "efficientnet_lite0", params, "x").fit(world)
    assert all(torch.equal(v, before[k]) for k, v in extractor.state_dict().items())
    trained = detector.network_.extractor.state_dict()
    assert any(not torch.equal(v, before[k]) for k, v in trained.items())


@pytest.mark.parametrize(("batch_norm", "kept"), [("frozen", True), ("updated", False)])
def test_batch_norm_statistics_are_kept_or_learnt(world, batch_norm, kept):
    detector = make(DevNet, steps_per_epoch=1, batch_norm=batch_norm).fit(world)
    statistics = [n for n in detector.extractor.state_dict() if n.endswith("running_mean")]
    before, after = detector.extractor.state_dict(), detector.network_.extractor.state_dict()
    assert statistics
    assert all(torch.equal(before[n], after[n]) for n in statistics) == kept


def test_levels_are_averaged_down_to_the_last_ones_grid(world):
    detector = make(WRN, layers=(2, 3, 4), steps_per_epoch=1).fit(world)
    maps, _ = detector.score(world.images, np.arange(3))
    assert maps.shape == (3, 2, 2)
