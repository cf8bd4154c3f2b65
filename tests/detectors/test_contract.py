"""Every kind of detector keeps the contract."""

import functools
import importlib.util

import numpy as np
import pytest
import torch
from tests.detectors.contract import CHECKS, Trial, check_fresh_process
from tests.inspection.bundles import bundle_around, halves

from vadline.apc import APCParams
from vadline.apc.network import new_network
from vadline.detectors import KINDS, DetectorParams, MapDetector, unfitted
from vadline.inspection import Inspector, write_bundle

BRIEF = {"epochs": 1, "steps_per_epoch": 2, "train_batch": 4}
SETTINGS = {
    "patchcore": {"coreset_size": 30, "image_score": "patch", "neighbours": 3},
    "padim": {"channels": 8},
    "cflow": {"layers": (2, 3), "blocks": 2, "steps": 4, "train_batch": 4},
    "fastflow": {"steps": 2, "train_batch": 4, "flow_steps": 2},
    "rd4ad": {"steps": 2, "train_batch": 4},
    "efficientad": {"steps": 2, "teacher_steps": 2, "width": 0.05},
    "anomalib": {"model": "Padim", "options": {"n_features": 8}},
    "wrn": BRIEF,
    "devnet": BRIEF,
    "dra": {**BRIEF, "references": 3, "scales": 2},
    "prnet": BRIEF,
    "apc_cls": {},
    "apc_segm": {},
    "apc_fused": {"coreset_size": 30},
}
THEIRS = ("fastflow", "rd4ad", "efficientad", "anomalib")
LEARN_BEFORE = ("apc_cls", "apc_segm")  # a seed has no part in how good parts spread
IN_TILES = " in tiles"
TILED = ("patchcore", "padim", "devnet", "apc_cls")
HERE = [k for k in KINDS if k not in THEIRS or importlib.util.find_spec("anomalib")]
HERE += [f"{kind}{IN_TILES}" for kind in TILED]


@functools.cache
def fine_tuned():
    """A network of APC whose heads no longer say nothing."""
    network = new_network(APCParams(widths=(8, 8, 8)), 0)
    generator = torch.Generator().manual_seed(1)
    for head in (network.cls.output, network.segm.conv):
        torch.nn.init.normal_(head.weight, generator=generator)
    return network.state()


def trial_of(name):
    kind = name.removesuffix(IN_TILES)
    cut = {"rows": 1, "columns": 2} if name != kind else None
    settings = {"kind": kind, "batch_size": 3, **SETTINGS[kind]}
    params = DetectorParams.model_validate(settings | {"tiles": cut})
    encoder = fine_tuned() if kind.startswith("apc_") else None
    size = {"efficientad": 256}.get(kind, 96 if cut else 64)
    return Trial(lambda: unfitted(params, kind, encoder), size)


@pytest.fixture(scope="module")
def trials():
    return {kind: trial_of(kind) for kind in HERE}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("kind", HERE)
def test_it_is_kept(kind, check, trials):
    check(trials[kind])


@pytest.mark.parametrize("kind", [kind for kind in HERE if not kind.startswith(LEARN_BEFORE)])
def test_another_seed_gives_another_detector(kind, trials):
    trial = trials[kind]
    other = trial.make().fit(trial.training(), 6)
    assert (other.score(trial.images, trial.others)[0] != trial.scored[0]).any()


def test_saved_models_give_the_same_maps_in_a_fresh_process(trials):
    check_fresh_process(list(trials.values()))


@pytest.mark.parametrize(("kind", "probe"), [*((kind, False) for kind in HERE), ("padim", True)])
def test_an_inspector_says_the_same(kind, probe, trials, tmp_path):
    trial = trials[kind]
    images = trial.images[trial.others]
    bad = trial.masks[trial.others].any(axis=(1, 2))
    bundle, scores = bundle_around(trial.fitted, images, bad, halves(trial.size), probe=probe)
    write_bundle(bundle, tmp_path / "inspector.zip")
    inspector = Inspector.load(tmp_path / "inspector.zip")
    np.testing.assert_allclose(inspector.judge(images).table["score"], scores, atol=1e-4)
    results = inspector.inspect(images)
    np.testing.assert_allclose([r.score for r in results], scores, atol=1e-4)


class MeanParams(DetectorParams):
    kind: str = "mean"


class Mean(MapDetector):
    """The distance from the mean image."""

    Params = MeanParams

    def fit(self, training, seed=0):
        training.require_images(self.name)
        read = self.batches(training.images, training.rows)
        self.mean_ = sum(batch.sum(0) for batch in read) / len(training.rows)
        return self

    def score_batch(self, batch, roi):
        return (batch - self.mean_).norm(dim=-1), None


class LearnsFromNothing(Mean):
    def fit(self, training, seed=0):
        self.mean_ = torch.full(training.images.shape[1:], 100.0)
        return self


class ReadsAll(Mean):
    def fit(self, training, seed=0):
        self.mean_ = torch.from_numpy(np.asarray(training.images)[training.rows]).float().mean(0)
        return self


class LearnsAllAtOnce(Mean):
    def fit(self, training, seed=0):
        training.require_images(self.name)
        self.mean_ = torch.from_numpy(training.images[training.rows]).float().mean(0)
        return self


class DrawsFromTheGlobalGenerator(Mean):
    def fit(self, training, seed=0):
        super().fit(training, seed)
        self.mean_ = self.mean_ + torch.rand(1)
        return self


class ForgetsItsLevel(Mean):
    level = 0.0

    def fit(self, training, seed=0):
        self.level = 3.0
        return super().fit(training, seed)

    def score_batch(self, batch, roi):
        return super().score_batch(batch, roi)[0] + self.level, None


class ComparesWithinTheBatch(Mean):
    def score_batch(self, batch, roi):
        maps, _ = super().score_batch(batch, roi)
        return maps - maps.mean(dim=0), None


class DividesByTheSpread(Mean):
    def score_batch(self, batch, roi):
        maps, _ = super().score_batch(batch, roi)
        return maps / batch.float().std(dim=(1, 2, 3))[:, None, None], None


class KnowsNoRegion(Mean):
    def score(self, images, rows, roi=None):
        return super().score(images, rows)


BROKEN = (
    LearnsFromNothing,
    ReadsAll,
    LearnsAllAtOnce,
    DrawsFromTheGlobalGenerator,
    ForgetsItsLevel,
    ComparesWithinTheBatch,
    DividesByTheSpread,
    KnowsNoRegion,
)


def run_all(cls):
    trial = Trial(lambda: cls(MeanParams(batch_size=3), "mean"))
    for check in CHECKS:
        check(trial)


def test_a_plain_detector_keeps_it():
    run_all(Mean)


@pytest.mark.parametrize("cls", BROKEN)
def test_whoever_breaks_it_is_told(cls):
    with pytest.raises((AssertionError, TypeError)):
        run_all(cls)
