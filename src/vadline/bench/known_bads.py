"""What a few known bad parts bring to the line's scores."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.bench.short_line import DETECTORS, Looked, describe, judge, look
from vadline.detectors import AnomalyMaps, load_detector
from vadline.metrics import fpr_at_tpr, image_auroc
from vadline.pipelines.split.nodes import split_images
from vadline.splits.params import SplitParams

_NO_ROLE = ("finetune", "classifier", "forest")


def measure_known_bads(
    manifest: pd.DataFrame, images: NDArray[np.uint8], bads: Sequence[int], seeds: int
) -> Iterator[pd.DataFrame]:
    """Measure each seed with each number of known bad parts, all others being tested on.

    Detectors learn from good parts alone, so that they are fitted once a seed.

    Parameters
    ----------
    images : array, uint8, shape (N, H, W, 3)
        The manifest's.
    bads : sequence of int
        How many bad parts are known; 0 for half of all.
    seeds : int
        From 0 on; a seed splits the goods, where the source does not, and draws the bads.

    Yields
    ------
    DataFrame
        A row per score: ``bads, seed, score, image_auroc, fpr_at_95tpr``, in per cent.
    """
    single = np.flatnonzero(~manifest["sha256"].duplicated())
    manifest, images = manifest.iloc[single].reset_index(drop=True), images[single]
    most = int((manifest["label"] == "bad").sum()) // 2
    wanted = [count or most for count in bads]
    for seed in range(seeds):
        params = SplitParams(protocol="supervised", shots=max(wanted))
        split = split_images(manifest, images, params, seed)
        looked = look(images, split, seed)
        known = np.flatnonzero((split["label"] == "bad") & split["forest"])
        later = {name: _by_kept_model(each, images, known) for name, each in looked.items()}
        described = [describe(images, split, each) for each in (looked, later)]
        order = np.random.default_rng([seed, len(known)]).permutation(known)
        for count in wanted:
            rest = order[count:]
            some = split.copy()
            some.loc[rest, list(_NO_ROLE)] = False
            some.loc[rest, ["fold", "network_fold"]] = -1
            some.loc[rest, "test"] = True
            mixed = {name: _mix(looked[name], later[name], split, rest) for name in looked}
            features = described[0].copy()
            features[rest] = described[1][rest]
            scores = judge(images, some, mixed, seed, features)
            yield _measured(scores, some).assign(bads=min(count, len(known)), seed=seed)


def summarise_known_bads(rows: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard deviation over the seeds, a row per score.

    A last row, ``least gain``, says by how much ``segad_safe`` is above the best detector where it
    is least.
    """
    names = list(rows["score"].drop_duplicates())
    columns: dict[str, list[str]] = {"score": [*names, "least gain"]}
    for count, some in rows.groupby("bads"):
        auroc, fpr = (
            some.pivot_table(index="seed", columns="score", values=value)
            for value in ("image_auroc", "fpr_at_95tpr")
        )
        gain = auroc["segad_safe"] - auroc[list(DETECTORS)].max(axis="columns")
        cells = [f"{_spread(auroc[name], 1)} / {_spread(fpr[name], 0)}" for name in names]
        columns[str(count)] = [*cells, f"{gain.min():+.1f}"]
    return pd.DataFrame(columns)


def _spread(values: pd.Series, digits: int) -> str:
    mean = f"{values.mean():.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {values.std():.{digits}f}"


def _by_kept_model(looked: Looked, images: NDArray[np.uint8], rows: NDArray[np.int64]) -> Looked:
    """Let the kept model score some parts, as it scores new ones."""
    grid = np.array(looked.maps.grid)
    some, scores = load_detector(looked.model).score(images, rows)
    grid[rows] = some
    frame = pd.DataFrame({"row": rows, "score": scores})
    maps = AnomalyMaps(grid, looked.maps.size, looked.maps.blur_sigma)
    return dataclasses.replace(looked, maps=maps, scores=frame)


def _mix(looked: Looked, later: Looked, split: pd.DataFrame, rows: NDArray[np.int64]) -> Looked:
    """Take what was said out of fold, but of some parts what the kept model says."""
    grid = np.array(looked.maps.grid)
    grid[rows] = later.maps.grid[rows]
    scores = looked.scores.set_index("image_id")["score"].copy()
    said = later.scores.set_index("row")["score"].loc[rows]
    scores.loc[split["image_id"].iloc[rows]] = said.to_numpy()
    maps = AnomalyMaps(grid, looked.maps.size, looked.maps.blur_sigma)
    return dataclasses.replace(looked, maps=maps, scores=scores.reset_index())


def _measured(scores: pd.DataFrame, split: pd.DataFrame) -> pd.DataFrame:
    test = split[split["test"]]
    table = scores.set_index("image_id").reindex(test["image_id"])
    bad = (test["label"] == "bad").to_numpy()
    rows = [
        {
            "score": name,
            "image_auroc": 100 * image_auroc(bad, column.to_numpy()),
            "fpr_at_95tpr": 100 * fpr_at_tpr(bad, column.to_numpy()),
        }
        for name, column in table.items()
    ]
    return pd.DataFrame(rows)
