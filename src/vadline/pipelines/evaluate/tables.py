"""Nodes of the stage evaluate that fill the tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.detectors import AnomalyMaps
from vadline.metrics import (
    detection_row,
    kind_row,
    kinds_table,
    pixel_f1_threshold,
    pixel_histogram,
    refinement_row,
    refinement_table,
    segad_row,
    segad_table,
)
from vadline.segad import standardised_mean, standards
from vadline.splits import learnt_from, learnt_kinds, measured, unseen_defects

Rows = dict[str, dict[str, float]]


def evaluate_detector(
    maps: AnomalyMaps,
    scores: pd.DataFrame,
    masks: NDArray[np.uint8],
    split: pd.DataFrame,
    roi: NDArray[np.bool_],
    *,
    role: str,
    tuned: bool,
) -> dict[str, float]:
    """Measure one detector, and say how many parts the kept one has learnt from."""
    some = measured(split)
    test = split[some]
    score = scores.set_index("image_id")["score"].reindex(test["image_id"]).to_numpy()
    known = split["mask_known"].to_numpy() & some
    histogram = None
    if (known & (split["label"] == "bad")).any():
        chunks = maps.chunks(np.flatnonzero(known))
        histogram = pixel_histogram(((pixels, masks[some]) for some, pixels in chunks), roi)
    learnt = learnt_from(split, role, tuned)
    return detection_row(test["label"] == "bad", score, histogram) | learnt


def evaluate_scores(scores: pd.DataFrame, split: pd.DataFrame) -> dict[str, float]:
    """Measure what scores parts without marking them, and has learnt from all of training."""
    some = split[measured(split)]
    score = scores.set_index("image_id")["score"].reindex(some["image_id"]).to_numpy()
    return detection_row(some["label"] == "bad", score) | learnt_from(split, "training")


def evaluate_mean(split: pd.DataFrame, *scores: pd.DataFrame, names: list[str]) -> dict[str, float]:
    """Measure the plain mean of all detectors, each in standard deviations of good parts."""
    columns = [frame.set_index("image_id")["score"] for frame in scores]
    table = pd.concat(columns, axis="columns", keys=names).reindex(split["image_id"])
    goods = table[split["calibration"].to_numpy()]
    some = measured(split)
    mean = standardised_mean(table, standards(goods if len(goods) else table))
    return detection_row((split["label"] == "bad").to_numpy()[some], mean[some])


def make_table(
    *rows: dict[str, float], names: list[str], table: Callable[[Rows], pd.DataFrame]
) -> pd.DataFrame:
    """Gather rows into a table."""
    return _as_file(table(dict(zip(names, rows, strict=True))))


def evaluate_setups(scores: pd.DataFrame, split: pd.DataFrame) -> pd.DataFrame:
    """Measure every set-up, on seen and unseen kinds apart."""
    some = measured(split)
    test, unseen = split[some], unseen_defects(split)[some]
    table = scores.set_index("image_id").reindex(test["image_id"])
    bad = (test["label"] == "bad").to_numpy()
    rows = {name: segad_row(bad, table[name].to_numpy(), unseen) for name in table.columns}
    return _as_file(segad_table(rows))


def evaluate_kinds(decisions: pd.DataFrame, split: pd.DataFrame) -> pd.DataFrame:
    """Measure each kind of defect at the threshold in use, and unseen kinds together."""
    some = split["image_id"][measured(split)]
    parts = decisions.set_index("image_id").loc[some]
    table = kinds_table(
        parts["defect"],
        (parts["label"] == "bad").to_numpy(),
        parts["score"].to_numpy(),
        (parts["decision"] == "reject").to_numpy(),
        learnt_kinds(split).to_dict(),
    )
    return _as_file(table)


def evaluate_refinement(
    refined: NDArray[np.uint8],
    initial: NDArray[np.uint8],
    painted: NDArray[np.uint8],
    log: pd.DataFrame,
    maps: AnomalyMaps,
    masks: NDArray[np.uint8],
    split: pd.DataFrame,
    roi: NDArray[np.bool_],
) -> dict[str, Any]:
    """Hold refined and initial masks against the truth, on bad parts whose mask is known.

    Gives a row of all parts, and one of each kind of defect where there are several.
    """
    rows = log["row"].to_numpy(np.int64)  # an empty CSV has no types
    some = np.flatnonzero((split["mask_known"] & (split["label"] == "bad")).to_numpy()[rows])
    seconds = log["seconds"].to_numpy(float)[some]
    parts = rows[some]
    best = _best_f1_masks(maps, masks, parts, roi)

    def row(of: NDArray[np.int64]) -> dict[str, float]:
        before, start, after = (found[some[of]] for found in (initial, painted, refined))
        highest = None if best is None else best[of]
        return refinement_row(before, start, after, masks[parts[of]], seconds[of], roi, highest)

    kinds = split["defect"].to_numpy()[parts]
    named = sorted(set(kinds)) if len(set(kinds)) > 1 else []
    rows_of = {str(kind): row(np.flatnonzero(kinds == kind)) for kind in named}
    return {"all": row(np.arange(len(parts))), "kinds": rows_of}


def make_refinement_table(*rows: dict[str, Any], names: list[str]) -> pd.DataFrame:
    """Gather the rows of refined detectors, each followed by its kinds of defect."""
    table: Rows = {}
    for name, of in zip(names, rows, strict=True):
        table[name] = of["all"]
        table |= {kind_row(name, kind): row for kind, row in of["kinds"].items()}
    return _as_file(refinement_table(table))


def _best_f1_masks(
    maps: AnomalyMaps, masks: NDArray[np.uint8], rows: NDArray[np.int64], roi: NDArray[np.bool_]
) -> NDArray[np.bool_] | None:
    """Threshold maps where their pixel F1 on these rows is best, F2PAD section IV-A3.

    Bool, shape (len(rows), H, W); None where no pixel of either class is there to choose by.
    """
    known = ((pixels, masks[some]) for some, pixels in maps.chunks(rows))
    threshold = pixel_f1_threshold(pixel_histogram(known, roi, regions=False))
    if np.isnan(threshold):
        return None
    return np.concatenate([pixels >= threshold for _, pixels in maps.chunks(rows)])


def _as_file(table: pd.DataFrame) -> pd.DataFrame:
    return table.rename_axis("row").reset_index()
