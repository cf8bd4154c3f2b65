"""The line with PatchCore and PaDiM alone, in memory, for what is measured many times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.backbones import BackboneParams
from vadline.defects.params import SyntheticParams
from vadline.detectors import AnomalyMaps, DetectorParams
from vadline.pipelines.brf_train.nodes import grow_forest, join_scores, learn_probe
from vadline.pipelines.memory_bank.nodes import fit
from vadline.pipelines.score_maps.nodes import score_folds, score_rest
from vadline.pipelines.segad_features.nodes import (
    describe_parts,
    describe_segments,
    join_features,
)
from vadline.pipelines.split.nodes import segment_images, synthesise_defects
from vadline.probe import ProbeParams
from vadline.segad import (
    BlendParams,
    ForestParams,
    SegmentParams,
    SetupParams,
    standardised_mean,
    standards,
)
from vadline.state import ModelState

DETECTORS = ("patchcore", "padim")
SETUPS = {
    "all_ad": SetupParams(detectors=DETECTORS, blend=BlendParams(kind="count")),
    "segad_safe": SetupParams(
        detectors=DETECTORS, whole=True, probe=True, blend=BlendParams(kind="safe")
    ),
}
_SEGMENTS = SegmentParams(kind="grid")


@dataclass(frozen=True)
class Looked:
    """What one detector says of all parts: training ones out of fold, others by the kept model.

    Attributes
    ----------
    maps : AnomalyMaps
        Row order is that of the split.
    scores : DataFrame
        ``image_id`` and ``score``.
    model : ModelState
        The detector that has learnt from all goods.
    """

    maps: AnomalyMaps
    scores: pd.DataFrame
    model: ModelState


def look(images: NDArray[np.uint8], split: pd.DataFrame, seed: int) -> dict[str, Looked]:
    """Fit both detectors, and let them score all parts of a split."""
    roi = np.ones(images.shape[1:3], bool)
    segments, _ = segment_images(_SEGMENTS, roi)
    none = synthesise_defects(images, split, segments, SyntheticParams(), seed)
    looked = {}
    for name in DETECTORS:
        detector = DetectorParams.model_validate({"kind": name})
        with TemporaryDirectory() as scratch:
            folder = Path(scratch) / name / "folds"
            folds = score_folds(images, split, roi, none, detector, seed, folder)
        model = fit(images, split, roi, detector, seed, name=name)
        maps, scores = score_rest(model, images, split, roi, folds[0], folds[2])
        looked[name] = Looked(maps, scores, model)
    return looked


def judge(
    images: NDArray[np.uint8], split: pd.DataFrame, looked: Mapping[str, Looked], seed: int
) -> pd.DataFrame:
    """Score all parts by detectors, their mean, the probe and the set-ups.

    Returns
    -------
    DataFrame
        ``image_id``, ``patchcore``, ``padim``, their ``mean``, ``probe``, and the set-ups
        ``all_ad`` and ``segad_safe``: out of fold for training parts.
    """
    roi = np.ones(images.shape[1:3], bool)
    segments, names = segment_images(_SEGMENTS, roi)
    none = synthesise_defects(images, split, segments, SyntheticParams(), seed)
    empty = AnomalyMaps(np.empty((0, 1, 1), np.float32), images.shape[1], 0)
    table = join_features(
        *(
            describe_segments(each.maps, empty, each.scores, split, segments, names, name=name)
            for name, each in looked.items()
        )
    )
    columns = {name: each.scores.set_index("image_id")["score"] for name, each in looked.items()}
    single = pd.DataFrame(columns).reindex(split["image_id"])
    spread = standards(single[split["calibration"].to_numpy()])
    single["mean"] = standardised_mean(single, spread)
    maps = looked[DETECTORS[0]].maps
    described = describe_parts(images, split, maps, ProbeParams(), BackboneParams())
    _, probe = learn_probe(described, split, ProbeParams(), BackboneParams(), seed)
    single["probe"] = probe.set_index("image_id")["score"]
    forests = []
    for setup in SETUPS.values():
        added = [probe] if setup.probe else []
        grown = grow_forest(table, split, none, setup, ForestParams(), False, seed, *added)
        forests.append(grown[1])
    return single.reset_index().merge(join_scores(*forests, names=list(SETUPS)))
