"""What every detector keeps to, one check each."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tests.detectors.contract.world import CountedImages, Trial

from vadline.detectors.patches import grid_roi
from vadline.detectors.protocol import Detector
from vadline.errors import VadlineError
from vadline.state import ModelState

_TOLERANCE = 1e-5


def check_scores(trial: Trial) -> None:
    """Maps and scores are numbers, of a constant image too, in the order that was asked for."""
    maps, scores = trial.scored
    assert maps.dtype == np.float32
    assert scores.dtype == np.float64
    assert maps.ndim == 3
    assert len(maps) == len(scores) == len(trial.others)
    assert np.isfinite(maps).all()
    assert np.isfinite(scores).all()
    some = np.array([3, 0, 3])
    found = trial.fitted.score(CountedImages(trial.images), trial.others[some])
    _close(found, (maps[some], scores[some]), trial)


def check_nothing(trial: Trial) -> None:
    """No image to score is no error; no image to learn from is one line."""
    maps, scores = trial.fitted.score(CountedImages(trial.images), np.arange(0))
    assert maps.ndim == 3
    assert len(maps) == len(scores) == 0
    learnt = _unless_told(lambda: trial.make().fit(trial.training([]), 5))
    assert learnt is None, "it learns from no image: see TrainingSet.require_images"


def check_batches(trial: Trial) -> None:
    """Maps do not depend on how many images are scored together, nor does memory on their number.

    One image at a time, and others beside it; what is asked for at once is never more than a batch.
    """
    for size in (1, 2, 3):
        state = trial.fitted.state()
        params = {**state.config["params"], "batch_size": size}
        detector = type(trial.fitted).from_state(
            ModelState(state.tensors, {**state.config, "params": params})
        )
        images = CountedImages(trial.images)
        _close(detector.score(images, trial.others), trial.scored, trial)
        assert images.most <= size, f"{images.most} images at once, batch_size is {size}"


def check_learning(trial: Trial) -> None:
    """One seed gives one detector, whatever it learnt before, and no generator is left moved.

    One image to learn from does, or ends in one line. No more than a batch is asked for at once.
    """
    again, images = trial.make(), CountedImages(trial.images)
    before = _generators()
    if _unless_told(lambda: again.fit(trial.few(), 1)):
        assert all(np.isfinite(v).all() for v in again.score(trial.images, trial.others))
    _equal(
        again.fit(trial.training(images=images), 5).score(trial.images, trial.others), trial.scored
    )
    type(again).from_state(again.state())
    assert before == _generators(), "a global random generator was moved: fork it, or make one"
    batch = max(getattr(again.params, "train_batch", 0), again.params.batch_size or 64)
    assert images.most <= batch, f"{images.most} images at once, a batch is {batch}"


def check_region(trial: Trial) -> None:
    """Outside of a region of interest maps are 0 or the image's lowest, and make no score."""
    images, roi = CountedImages(trial.blanked()), trial.roi
    detector = trial.make().fit(trial.training(images=images, roi=roi), 5)
    maps, scores = detector.score(images, trial.others, roi)
    inside = grid_roi(roi, maps.shape[1:])
    lowest = np.minimum(maps[:, inside].min(axis=1), 0)
    np.testing.assert_array_equal(maps[:, ~inside], lowest[:, None].repeat((~inside).sum(), 1))
    assert np.isfinite(scores).all()
    everything = np.ones_like(roi)
    _equal(detector.score(images, trial.others, everything), detector.score(images, trial.others))
    if not hasattr(detector, "score_batch"):
        return
    plain = detector.score_batch

    def odd_outside(
        batch: torch.Tensor, roi: NDArray[np.bool_] | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        found, score = plain(batch, roi)
        return found + 1e6 * torch.from_numpy(~inside).to(found), score

    detector.score_batch = odd_outside
    _equal(detector.score(images, trial.others, roi), (maps, scores))


def check_state(trial: Trial) -> None:
    """A detector is named tensors and plain JSON values, from which it comes back bit for bit."""
    state = trial.fitted.state()
    assert json.loads(json.dumps(state.config)) == state.config
    assert state.config["params"]["kind"] == trial.fitted.params.kind
    again = type(trial.fitted).from_state(ModelState(dict(state.tensors), state.config))
    assert again.params == trial.fitted.params
    _equal(again.score(trial.images, trial.others), trial.scored)
    second = again.state()
    assert second.config == state.config
    assert second.tensors.keys() == state.tensors.keys()


CHECKS = (check_scores, check_nothing, check_batches, check_learning, check_region, check_state)


def check_fresh_process(trials: Sequence[Trial]) -> None:
    """Models saved as safetensors give the same maps and scores in another process, bit for bit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for i, trial in enumerate(trials):
            state = trial.fitted.state()
            header = {"config": json.dumps(state.config)}
            save_file(dict(state.tensors), folder / f"{i}.safetensors", header)
            np.save(folder / f"{i}.npy", trial.images[trial.others])
        path = os.pathsep.join(filter(None, sys.path))
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("__main__.py")), name],
            env={**os.environ, "PYTHONPATH": path, "TQDM_DISABLE": "1"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        for i, trial in enumerate(trials):
            with np.load(folder / f"{i}.npz") as found:
                _equal((found["maps"], found["scores"]), trial.scored)


def check_detector(make: Callable[[], Detector], size: int = 64) -> None:
    """Check that a detector keeps to all that the line relies on.

    It learns a few times from a dozen small images, so its settings should make that quick.

    Parameters
    ----------
    make : callable
        Gives an unfitted detector, whose ``kind`` another process can import too.
    size : int
        Side of the square images, in pixels.

    Raises
    ------
    AssertionError
        If it does not; the checks of this module say in their first line what they hold.
    """
    trial = Trial(make, size)
    for check in CHECKS:
        check(trial)
    check_fresh_process([trial])


def _unless_told(learn: Callable[[], Detector]) -> Detector | None:
    """Return what was learnt; nothing where that was refused in one line."""
    try:
        return learn()
    except VadlineError as error:
        told = str(error)
    assert "\n" not in told
    return None


def _generators() -> tuple[bytes, str, object]:
    numpy_s = str(np.random.get_state(legacy=False)["state"]["key"].tolist())  # noqa: NPY002
    return torch.get_rng_state().numpy().tobytes(), numpy_s, random.getstate()


def _equal(found: Sequence[NDArray], wanted: Sequence[NDArray]) -> None:
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


def _close(found: Sequence[NDArray], wanted: Sequence[NDArray], trial: Trial) -> None:
    for one, other in zip(found, wanted, strict=True):
        largest = max(np.abs(other).max(), np.finfo(np.float32).tiny)
        error = np.abs(one - other).max() / largest
        assert error <= _TOLERANCE, f"{trial.fitted.name}: off by {error:.1e} of the largest value"
