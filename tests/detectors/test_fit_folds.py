"""What shares the folds' work is still honest, and gives what plain fits give."""

import numpy as np
import pytest
import torch

from vadline.backbones import build_extractor
from vadline.detectors import FitsFolds, HeldOut, PatchCore, PatchCoreParams, TrainingSet, cross_fit
from vadline.detectors.padim.detector import PaDiM
from vadline.detectors.padim.params import PaDiMParams
from vadline.errors import VadlineError

FOLDS = np.array([0, 1, 2, 0, 1, 2, -1, 0, 1, 0, 2])

BANK = {"coreset_size": 30, "batch_size": 3}
CASES = {
    "patchcore": (PatchCore, PatchCoreParams(**BANK)),
    "of some patches": (PatchCore, PatchCoreParams(**BANK, candidate_patches=100)),
    "projected": (PatchCore, PatchCoreParams(**BANK, projection_dim=16)),
    "padim": (PaDiM, PaDiMParams(channels=40, batch_size=3)),
    "padim in little memory": (PaDiM, PaDiMParams(channels=200, batch_size=3, fit_megabytes=1)),
}


@pytest.fixture(scope="module")
def extractors():
    return {"patchcore": build_extractor(), "padim": build_extractor(layers=(3, 4))}


@pytest.fixture(params=CASES)
def make(request, extractors):
    kind, params = CASES[request.param]
    return lambda fold=0: kind(extractors[params.kind], "efficientnet_lite0", params)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    slope = np.linspace(60, 160, 64)[None, :, None, None]
    return (slope + rng.normal(0, 12, (14, 64, 64, 3))).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def training(images):
    roi = np.ones((64, 64), bool)
    roi[:16] = False
    return TrainingSet(images, np.array([0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 13]), roi=roi)


def learnt(detector):
    return {k: v for k, v in detector.state().tensors.items() if not k.startswith("body.")}


def assert_same(ours, theirs):
    ours, theirs = learnt(ours), learnt(theirs)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_no_pixel_of_a_folds_own_images_reaches_its_model(make, training, images):
    assert isinstance(make(), FitsFolds)
    before = list(make().fit_folds(training, FOLDS, [0, 1, 2], 3))
    for fold in range(3):
        changed = images.copy()
        own = training.rows[fold == FOLDS]
        changed[own] = np.random.default_rng(1).integers(0, 256, changed[own].shape)
        other = TrainingSet(changed, training.rows, roi=training.roi)
        after = list(make().fit_folds(other, FOLDS, [0, 1, 2], 3))
        assert_same(before[fold], after[fold])
        with pytest.raises(AssertionError):
            assert_same(before[fold - 1], after[fold - 1])


def test_a_model_is_that_of_a_plain_fit(make, training, images):
    rows = np.arange(len(images))
    for fold, model in enumerate(make().fit_folds(training, FOLDS, range(3), 3)):
        plain = make().fit(training.without(fold == FOLDS), 3)
        ours, theirs = learnt(model), learnt(plain)
        for name, value in ours.items():
            torch.testing.assert_close(value, theirs[name], rtol=1e-3, atol=1e-4)
        found, wanted = (m.score(images, rows, training.roi)[0] for m in (model, plain))
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3)


def test_which_others_are_wanted_makes_no_difference(make, training):
    all_three = list(make().fit_folds(training, FOLDS, [0, 1, 2], 3))
    (last,) = make().fit_folds(training, FOLDS, [2], 3)
    assert_same(last, all_three[2])


def test_cross_fitting_asks_for_it_and_resumes(make, training, images, tmp_path, monkeypatch):
    held_out = HeldOut(images, training.rows, np.maximum(FOLDS, 0))
    wanted = cross_fit(make, training, FOLDS, held_out, 3, same_encoder=True)
    models = list(make().fit_folds(training, FOLDS, [0, 1, 2], 3))
    for fold, model in enumerate(models):
        mine = held_out.folds == fold
        found = model.score(images, held_out.rows[mine], training.roi)
        np.testing.assert_array_equal(wanted[0][mine], found[0])
        np.testing.assert_array_equal(wanted[1][mine], found[1])

    asked, score = [], type(make()).score

    def killed(self, images, rows, roi):
        asked.append(len(rows))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return score(self, images, rows, roi)

    monkeypatch.setattr(type(make()), "score", killed)
    with pytest.raises(KeyboardInterrupt):
        cross_fit(make, training, FOLDS, held_out, 3, tmp_path, same_encoder=True)
    again = cross_fit(make, training, FOLDS, held_out, 3, tmp_path, same_encoder=True)
    assert len(asked) == 4
    for ours, theirs in zip(again, wanted, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_nothing_to_learn_from_is_told_before_the_work(make, training):
    with pytest.raises(VadlineError, match="no good image"):
        next(iter(make().fit_folds(training, np.zeros(11, np.int64), [0], 0)))
