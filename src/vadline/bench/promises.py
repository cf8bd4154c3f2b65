"""Whether a promised false-reject rate is kept, over many draws of few good parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.backbones import BackboneParams
from vadline.calibration import promise
from vadline.defects.params import SyntheticParams
from vadline.detectors import DetectorParams
from vadline.metrics import image_auroc
from vadline.pipelines.brf_train.nodes import grow_forest, join_scores, learn_probe
from vadline.pipelines.memory_bank.nodes import fit
from vadline.pipelines.score_maps.nodes import score_folds, score_rest
from vadline.pipelines.segad_features.nodes import (
    describe_parts,
    describe_segments,
    join_features,
)
from vadline.pipelines.split.nodes import segment_images, split_images, synthesise_defects
from vadline.probe import ProbeParams
from vadline.segad import (
    BlendParams,
    ForestParams,
    SegmentParams,
    SetupParams,
    standardised_mean,
    standards,
)
from vadline.splits.params import SplitParams

RATES = (0.05, 0.1)
_DETECTORS = ("patchcore", "padim")
_ALL_AD = SetupParams(detectors=_DETECTORS, blend=BlendParams(kind="count"))
_SAFE = SetupParams(detectors=_DETECTORS, whole=True, probe=True, blend=BlendParams(kind="safe"))
_HELD_OUT = {"good": 150, "bad": 50}  # at most half of what there is
_KNOWN_BADS = 10


def draw_parts(
    manifest: pd.DataFrame, goods: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], list[str]]:
    """Draw ``goods`` good and ten bad parts to learn from, and 150 and 50 others to be judged.

    Returns
    -------
    rows : ndarray, int64, shape (n,)
        Of the manifest, in its order; without copies.
    parts : list of str
        ``train`` or ``test``, a part each.
    """
    part = pd.Series("", manifest.index)
    single = ~manifest["sha256"].duplicated()
    for label, most in _HELD_OUT.items():
        rows = rng.permutation(np.flatnonzero(single & (manifest["label"] == label)))
        held_out = min(most, len(rows) // 2)
        wanted = min(goods, len(rows) - held_out) if label == "good" else _KNOWN_BADS
        part.iloc[rows[:wanted]] = "train"
        part.iloc[rows[wanted : wanted + held_out]] = "test"
    drawn = np.flatnonzero(part != "")
    return drawn, part.iloc[drawn].tolist()


def judge_once(
    manifest: pd.DataFrame, images: NDArray[np.uint8], seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run the line with PatchCore and PaDiM on the parts that were drawn.

    Returns
    -------
    scores : DataFrame
        ``image_id``, ``patchcore``, ``padim``, their ``mean``, and the set-ups ``all_ad`` and
        ``segad_safe``: out of fold for training parts, by what has learnt from all of them for the
        others.
    split : DataFrame
    """
    split = split_images(manifest, images, SplitParams(protocol="all"), seed)
    size = images.shape[1]
    roi = np.ones((size, size), bool)
    segments, names = segment_images(SegmentParams(kind="grid"), size, roi)
    none = synthesise_defects(images, split, segments, SyntheticParams(), seed)
    features, columns, maps = [], {}, {}
    for name in _DETECTORS:
        detector = DetectorParams.model_validate({"kind": name})
        with TemporaryDirectory() as scratch:
            folds = score_folds(
                images, split, roi, none, detector, seed, Path(scratch) / name / "folds"
            )
        model = fit(images, split, roi, detector, seed, name=name)
        maps[name], scores = score_rest(model, images, split, roi, folds[0], folds[2])
        features.append(
            describe_segments(maps[name], folds[1], scores, split, segments, names, name=name)
        )
        columns[name] = scores.set_index("image_id")["score"]
    single = pd.DataFrame(columns).reindex(split["image_id"])
    spread = standards(single[split["calibration"].to_numpy()])
    single["mean"] = standardised_mean(single, spread)
    table = join_features(*features)
    described = describe_parts(images, split, maps[_DETECTORS[0]], ProbeParams(), BackboneParams())
    _, probe = learn_probe(described, split, ProbeParams(), BackboneParams(), seed)
    forests = [
        grow_forest(table, split, none, setup, ForestParams(), False, seed, *added)[1]
        for setup, *added in ((_ALL_AD,), (_SAFE, probe))
    ]
    joined = join_scores(*forests, names=["all_ad", "segad_safe"])
    return single.reset_index().merge(joined), split


def measure_promises(
    manifest: pd.DataFrame, images: NDArray[np.uint8], goods: Sequence[int], draws: int
) -> Iterator[pd.DataFrame]:
    """Measure each draw of each number of goods.

    Parameters
    ----------
    images : array, uint8, shape (N, H, W, 3)
        The manifest's.
    goods : sequence of int
        How many good parts are learnt from; where there are fewer, all that are not
        held out.
    draws : int
        Seeds, from 0 on.

    Yields
    ------
    DataFrame
        A row per score and asked rate: ``goods, seed, score, asked, bound`` (asked +
        1 / (goods + 1)), ``rejected`` (share of held-out goods), ``caught`` (share of held-out
        bads), ``auroc`` (of held-out parts) and ``fold_auroc`` (of training parts, out of fold).
    """
    for wanted in goods:
        for seed in range(draws):
            rows, parts = draw_parts(manifest, wanted, np.random.default_rng([seed, wanted]))
            drawn = manifest.iloc[rows].assign(source_split=parts).reset_index(drop=True)
            scores, split = judge_once(drawn, images[rows], seed)
            yield _compare(scores, split).assign(seed=seed)


def _compare(scores: pd.DataFrame, split: pd.DataFrame) -> pd.DataFrame:
    scores = scores.set_index("image_id").reindex(split["image_id"])
    bad, test = (split["label"] == "bad").to_numpy(), split["test"].to_numpy()
    count = int((~bad & ~test).sum())
    rows = []
    for name, column in scores.items():
        values = column.to_numpy()
        for asked in RATES:
            above = values > promise(values[~bad & ~test], asked).threshold
            rows.append(
                {
                    "goods": count,
                    "score": name,
                    "asked": 100 * asked,
                    "bound": 100 * (asked + 1 / (count + 1)),
                    "rejected": 100 * above[test & ~bad].mean(),
                    "caught": 100 * above[test & bad].mean(),
                    "auroc": 100 * image_auroc(bad[test], values[test]),
                    "fold_auroc": 100 * image_auroc(bad[~test], values[~test]),
                }
            )
    return pd.DataFrame(rows)


def summarise_promises(draws: pd.DataFrame) -> pd.DataFrame:
    """Return means over the draws, with the 95th percentile of the rejected share beside."""
    groups = draws.groupby(["goods", "asked", "score"], sort=False)
    table = groups[["bound", "rejected", "caught", "auroc", "fold_auroc"]].mean()
    table.insert(2, "rejected_p95", groups["rejected"].quantile(0.95))
    table.insert(0, "draws", groups.size())
    return table.round(1).reset_index()
