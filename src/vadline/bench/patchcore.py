"""PatchCore, fitted and scored, against anomalib's on the same images, backbone and weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import timm
import torch
from numpy.typing import NDArray

from vadline.backbones import build_extractor, pick_device
from vadline.backbones.weights import BUNDLED, bundled_state, load_into
from vadline.bench.measure import Lap
from vadline.detectors import (
    PatchCore,
    PatchCoreParams,
    TrainingSet,
    image_scores,
    upsample_and_blur,
)
from vadline.detectors.patches import batches
from vadline.metrics import image_auroc
from vadline.run.gauges import ForwardClock

LAYERS = (2, 3)
# For MTD, one-class, by `python -m vadline.selection`: from training goods alone.
CHOSEN_SIZE = 384
CHOSEN = PatchCoreParams(
    layers=(3, 4), coreset_size=4000, candidate_patches=None, image_score="blurred"
)
_THEIR_BATCH = 32  # anomalib's default
_CHUNK = 64


def parts(
    folder: Path,
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], pd.Series]:
    """Read what :func:`vadline.bench.world.read_images` left.

    Returns
    -------
    images : ndarray, uint8, shape (N, H, W, 3)
    train, test : ndarray, int64
        Rows.
    bad : Series of bool, of the test rows
    """
    images = np.load(folder / "images.npy", mmap_mode="r")
    rows = pd.read_parquet(folder / "rows.parquet")
    train, test = (np.flatnonzero(rows["part"] == part) for part in ("train", "test"))
    return images, train, test, rows["bad"].iloc[test]


def like_theirs(bank: int) -> PatchCoreParams:
    """Return anomalib's settings: a coreset of all patches, scores of single ones."""
    return PatchCoreParams(
        layers=LAYERS, coreset_size=bank, candidate_patches=None, image_score="patch"
    )


def ours(
    folder: Path, bank: int, backbone: str, weights: str | None, device: str
) -> dict[str, Lap]:
    """Fit and score as the line does, up to maps at the photographs' size."""
    return _laps(folder, like_theirs(bank), backbone, weights, device)


def ours_chosen(folder: Path) -> dict[str, Lap]:
    """Fit and score with what was chosen for MTD."""
    return _laps(folder, CHOSEN, BUNDLED, None, "cpu")


def _laps(
    folder: Path, params: PatchCoreParams, backbone: str, weights: str | None, device: str
) -> dict[str, Lap]:
    images, train, test, bad = parts(folder)
    extractor = build_extractor(backbone, params.layers, weights).to(pick_device(device))
    detector = PatchCore(extractor, backbone, params, "ours")

    def fit(seed: int) -> Callable[[], dict[str, float]]:
        detector.fit(TrainingSet(images, train), seed)
        return dict

    def score(seed: int) -> Callable[[], dict[str, float]]:
        scores, peaks, clock = [], [], ForwardClock()
        clock.start()
        for start in range(0, len(test), _CHUNK):
            maps, some = detector.score(images, test[start : start + _CHUNK])
            pixels = upsample_and_blur(maps, images.shape[1], params.blur_sigma)
            scores.append(some)
            peaks.append(image_scores(pixels))
        seconds = {"forward_seconds": clock.stop()}
        return lambda: _aurocs(bad, scores, peaks) | seconds

    return {"fit": fit, "score": score}


def anomalib(
    folder: Path, bank: int, backbone: str, weights: str | None, device: str
) -> dict[str, Lap]:
    """Fit and score anomalib's ``PatchcoreModel``, without its trainer, which takes its own time.

    Its default of nine neighbours for the image score stays.
    """
    from anomalib.models.image.patchcore.torch_model import PatchcoreModel

    images, train, test, bad = parts(folder)
    name = "tf_efficientnet_lite0" if backbone == BUNDLED else backbone
    model = PatchcoreModel(list(LAYERS), name, pre_trained=weights is None and backbone != BUNDLED)
    extractor = build_extractor(backbone, LAYERS, weights).to(pick_device(device))
    state = bundled_state(timm.create_model(name)) if backbone == BUNDLED else None
    body = model.feature_extractor.feature_extractor
    load_into(body, state or extractor.body.state_dict(), "The backbone")
    model.to(pick_device(device))

    def fit(seed: int) -> Callable[[], dict[str, float]]:
        torch.manual_seed(seed)
        model.train()
        for batch in batches(images, train, _THEIR_BATCH):
            model(extractor.normalise(batch.to(extractor.mean.device)).contiguous())
        patches = sum(len(part) for part in model.embedding_store)
        model.subsample_embedding((bank + 0.5) / patches)
        return dict

    @torch.inference_mode()
    def score(seed: int) -> Callable[[], dict[str, float]]:
        model.eval()
        scores, peaks = [], []
        for batch in batches(images, test, _THEIR_BATCH):
            found = model(extractor.normalise(batch.to(extractor.mean.device)).contiguous())
            scores.append(found.pred_score.cpu().numpy())
            peaks.append(found.anomaly_map.flatten(1).amax(dim=1).cpu().numpy())
        return lambda: _aurocs(bad, scores, peaks)

    return {"fit": fit, "score": score}


def _aurocs(
    bad: pd.Series, scores: Sequence[NDArray[np.floating]], peaks: Sequence[NDArray[np.floating]]
) -> dict[str, float]:
    """Of the image scores, and of the highest values of the blurred maps."""
    return {
        "image_auroc": image_auroc(bad, np.concatenate(scores)),
        "auroc_blurred": image_auroc(bad, np.concatenate(peaks)),
    }


def ours_fit_only(folder: Path, bank: int, images_wanted: int, device: str) -> dict[str, Lap]:
    """Fit on so many images; where there are fewer, some come again."""
    images, train, _, _ = parts(folder)
    rows = np.resize(train, images_wanted)
    params = like_theirs(bank)
    extractor = build_extractor(BUNDLED, LAYERS).to(pick_device(device))

    def fit(seed: int) -> Callable[[], dict[str, float]]:
        PatchCore(extractor, BUNDLED, params, "ours").fit(TrainingSet(images, rows), seed)
        return dict

    return {"": fit}
