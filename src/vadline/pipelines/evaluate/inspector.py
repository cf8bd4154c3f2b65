"""Nodes of the stage evaluate that pack what inspects new photographs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

import vadline
from vadline.calibration import Promise, calibrate
from vadline.f2pad import F2PADParams
from vadline.images import read_region
from vadline.inspection import Bundle, model_card, usual_features
from vadline.segad import IMAGE_SCORE, BlendedForest
from vadline.sources import SourceParams
from vadline.sources.manifest import common_hash
from vadline.state import ModelState


def learn_usual(
    features: pd.DataFrame, split: pd.DataFrame, *, detectors: list[str]
) -> dict[str, Any]:
    """Learn what segments of good parts show, to say what stands out in others."""
    goods = split.loc[split["calibration"], "image_id"]
    return usual_features(features.set_index("image_id").reindex(goods).dropna(), detectors)


def learn_thresholds(
    features: pd.DataFrame, split: pd.DataFrame, rate: float, review_rate: float | None
) -> dict[str, Any]:
    """Learn where each detector alone would reject, from good parts that it has not learnt from."""
    goods = features.set_index("image_id").reindex(split.loc[split["calibration"], "image_id"])
    learnt = {}
    for column in goods.columns[goods.columns.str.endswith(f".{IMAGE_SCORE}")]:
        own = calibrate(goods[column], [], rate, review_rate, bad_share=0.5)  # no bads, no share
        learnt[column.removesuffix(f".{IMAGE_SCORE}")] = {
            "threshold": _known(own.reject),
            "review": _known(own.review),
            "promised": own.reject.promised,
            "goods": own.reject.goods,
        }
    return learnt


def _known(promise: Promise | None) -> float | None:
    return promise.threshold if promise is not None and promise.goods else None


def name_maker(source: SourceParams, manifest: pd.DataFrame) -> dict[str, str]:
    """Name the product, the release and the photographs that an inspector comes from."""
    name, category = source.product()
    return {
        "source": name,
        "category": category,
        "version": vadline.__version__,
        "manifest_hash": common_hash(manifest),
    }


def describe_inspector(
    maker: dict[str, str],
    split: pd.DataFrame,
    calibration: dict[str, Any],
    drift_check: dict[str, Any],
    usual: dict[str, Any],
    detection: pd.DataFrame,
    segad: pd.DataFrame,
    *,
    setup: dict[str, Any],
) -> dict[str, Any]:
    """Gather what the inspector is, in numbers and in words."""
    learnt = split[split["detector"] | split["forest"] | split["finetune"]]
    tables = {"detectors": detection, "set-ups": segad}
    return {
        "made_by": maker,
        "setup": setup,
        "calibration": calibration,
        "drift": drift_check,
        "usual": usual,
        "card": model_card(maker, learnt, setup, calibration["in_words"], tables),
    }


def pack_reading(
    source: SourceParams,
    segments: NDArray[np.uint8],
    segment_names: list[str],
    sixteen_bit_max: int,
    mm_per_pixel: float | None,
    *,
    per_part: bool,
) -> ModelState:
    """Pack how photographs are read, and what of them counts."""
    tensors = {"segments": torch.from_numpy(np.array(segments))}
    if (roi := source.region_of_interest()) is not None:
        drawn = read_region(roi, segments.shape).drawn
        tensors["region"] = torch.from_numpy(drawn.copy())
    rules = {"size": list(segments.shape), "sixteen_bit_max": sixteen_bit_max}
    named = {"segment_names": list(segment_names), "per_part": per_part}
    return ModelState(tensors, {**rules, **named, "mm_per_pixel": mm_per_pixel})


def pack_masking(
    images: NDArray[np.uint8],
    prior: ModelState,
    threshold: dict[str, float],
    f2pad: F2PADParams,
    *,
    detector: str,
) -> ModelState:
    """Pack what makes masks, good photographs to hold parts against among it."""
    rows = prior.tensors["references"].numpy()
    references = torch.from_numpy(np.array(images[rows]))
    config = {"detector": detector, **threshold, "f2pad": f2pad.model_dump(mode="json")}
    return ModelState({**prior.tensors, "references": references}, config)


def pack_inspector(
    settings: dict[str, Any],
    thresholds: dict[str, Any],
    reading: ModelState,
    forest: BlendedForest,
    *models: ModelState,
    names: list[str],
    probe: str | None,
    masks: bool,
) -> Bundle:
    """Put all together; behind the models stand the probe and what makes masks, if there are any.

    ``probe`` is the detector whose maps say where the probe looks.
    """
    detectors, rest = models[: len(names)], iter(models[len(names) :])
    looking = None if probe is None else next(rest)
    masking = next(rest) if masks else None
    if looking is not None:
        looking = ModelState(looking.tensors, {**looking.config, "detector": probe})
    return Bundle(
        **settings,
        detector_thresholds=thresholds,
        reading=reading,
        masking=masking,
        detectors=dict(zip(names, detectors, strict=True)),
        forest=forest,
        probe=looking,
    )
