"""What WRN and DevNet share: they learn from bads, save whole, and see nothing but the region."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from vadline.backbones import BackboneParams, build_extractor
from vadline.detectors import TrainingSet, load_detector
from vadline.detectors.supervised.devnet import DevNet
from vadline.detectors.supervised.wrn import WRN
from vadline.errors import VadlineError
from vadline.io.models import ModelDataset

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


def every(world):
    return world.images, np.arange(len(world.images))


@pytest.fixture(scope="module")
def world():
    images, bad = squares(12, 4)
    return TrainingSet(images, np.arange(12), bad)


@pytest.fixture(scope="module", params=[WRN, DevNet])
def fitted(request, world):
    before = torch.random.get_rng_state()
    detector = make(request.param).fit(world, seed=5)
    assert torch.equal(torch.random.get_rng_state(), before)  # the caller's draws are their own
    return detector


@CLASSES
def test_a_bright_square_is_learnt_in_a_few_steps(cls, world):
    detector = make(cls, layers=(3,), steps_per_epoch=20, lr=5e-4).fit(world)
    images, bad = squares(10, 5, seed=9)
    maps, scores = detector.score(images, np.arange(10))
    assert scores[bad].min() > scores[~bad].max()
    assert maps.shape == (10, 4, 4)
    assert maps.dtype == np.float32


def test_one_seed_gives_one_detector(fitted, world):
    maps, scores = fitted.score(*every(world))
    # a second fit of the same object starts anew, too
    again, other = (make(type(fitted)).fit(world, seed=6) for _ in range(2))
    again.fit(world, seed=5)
    np.testing.assert_array_equal(again.score(*every(world))[0], maps)
    assert (other.score(*every(world))[1] != scores).any()


def test_a_saved_detector_gives_the_same_maps(fitted, world, tmp_path):
    model = ModelDataset(filepath=str(tmp_path / "model.safetensors"))
    model.save(fitted.state())
    again = load_detector(model.load())
    for one, same in zip(fitted.score(*every(world)), again.score(*every(world)), strict=True):
        np.testing.assert_array_equal(one, same)


def test_so_does_another_process(world, tmp_path):
    detector = make(DevNet, steps_per_epoch=1).fit(world)
    ModelDataset(filepath=str(tmp_path / "model.safetensors")).save(detector.state())
    np.save(tmp_path / "images.npy", world.images)
    script = (
        "import numpy as np; from safetensors import safe_open;"
        "from vadline.detectors import load_detector; from vadline.state import ModelState;"
        "import json; file = safe_open('model.safetensors', 'pt');"
        "tensors = {name: file.get_tensor(name) for name in file.keys()};"
        "config = json.loads(file.metadata()['config']);"
        "detector = load_detector(ModelState(tensors, config));"
        "np.save('maps.npy', detector.score(np.load('images.npy'), np.arange(12))[0])"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True)
    np.testing.assert_array_equal(np.load(tmp_path / "maps.npy"), detector.score(*every(world))[0])


def test_loading_leaves_the_callers_draws_and_the_state_is_plain(fitted):
    before = torch.random.get_rng_state()
    state = fitted.state()
    again = load_detector(state)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert type(again) is type(fitted)
    assert again.params == fitted.params
    assert json.loads(json.dumps(state.config)) == state.config


def test_the_order_of_rows_is_the_callers(fitted, world):
    maps, scores = fitted.score(world.images, np.array([3, 11]))
    all_maps, all_scores = fitted.score(*every(world))
    np.testing.assert_allclose(maps, all_maps[[3, 11]], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(scores, all_scores[[3, 11]], rtol=1e-4, atol=1e-4)


def test_no_image_to_score_is_no_error(fitted, world):
    maps, scores = fitted.score(world.images, np.arange(0))
    assert len(maps) == len(scores) == 0


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
