"""anomalib's PaDiM through our adapter, against anomalib's own Engine with the same weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from vadline.backbones import BackboneParams
from vadline.bench.measure import Lap
from vadline.bench.patchcore import parts
from vadline.detectors import TrainingSet, image_scores
from vadline.metrics import image_auroc

MODEL = "Padim"
OPTIONS = {"layers": ["blocks.2", "blocks.4"], "n_features": 100}  # levels 2 and 3
BATCH = 32  # anomalib's default


def ours(folder: Path) -> dict[str, Lap]:
    """Fit and score as the line does, on what :func:`vadline.bench.world.read_images` left."""
    from vadline.detectors.anomalib.adapter import AnomalibDetector, AnomalibParams

    images, train, test, bad = parts(folder)
    params = AnomalibParams(model=MODEL, options=OPTIONS, train_batch=BATCH, batch_size=BATCH)
    detector = AnomalibDetector.build(params, BackboneParams(), "adapter")

    def fit(seed: int) -> Callable[[], dict[str, float]]:
        detector.fit(TrainingSet(images, train), seed)
        return dict

    def score(seed: int) -> Callable[[], dict[str, float]]:
        maps, scores = detector.score(images, test)
        return lambda: {
            "image_auroc": image_auroc(bad, scores),
            "auroc_blurred": image_auroc(bad, image_scores(maps)),  # its maps are blurred already
        }

    return {"fit": fit, "score": score}


def engine(folder: Path) -> dict[str, Lap]:
    """Fit and score with anomalib's ``Engine.fit`` and ``Engine.predict``."""
    from anomalib.engine import Engine
    from torch.utils.data import DataLoader

    from vadline.detectors.anomalib.models import build_model
    from vadline.detectors.anomalib.store_data import StoreData, StoreImages, collate
    from vadline.detectors.anomalib.training import isolated

    images, train, test, bad = parts(folder)
    size = tuple(images.shape[1:3])
    fitted = {}

    def fit(seed: int) -> Callable[[], dict[str, float]]:
        with isolated(seed), TemporaryDirectory() as results:
            model = build_model(MODEL, OPTIONS, size, BackboneParams(), pretrained=True)
            trainer = Engine(
                default_root_dir=results,
                accelerator="auto" if torch.cuda.is_available() else "cpu",
                devices=1,
                logger=False,
                enable_progress_bar=False,
                enable_model_summary=False,
            )
            data = StoreData(images, train, train, BATCH, seed)
            trainer.fit(model, train_dataloaders=data.train_dataloader())
        fitted["model"], fitted["trainer"] = model, trainer
        return dict

    def score(seed: int) -> Callable[[], dict[str, float]]:
        loader = DataLoader(StoreImages(images, test), batch_size=BATCH, collate_fn=collate)
        with isolated(seed):
            found = fitted["trainer"].predict(fitted["model"], dataloaders=loader)
        scores = np.concatenate([batch.pred_score.flatten().cpu().numpy() for batch in found])
        maps = np.concatenate(
            [batch.anomaly_map.reshape(-1, *size).float().cpu().numpy() for batch in found]
        )
        return lambda: {
            "image_auroc": image_auroc(bad, scores),
            "auroc_blurred": image_auroc(bad, image_scores(maps)),
        }

    return {"fit": fit, "score": score}
