"""Choosing PatchCore's settings for MTD without a bad part: ``python -m vadline.selection``.

Goods of the official training list are held out, synthetic defects are put on them, and each
configuration is judged by how well it tells the defective copies from the untouched parts. No bad
part and no test image is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.detectors import PatchCoreParams
from vadline.errors import VadlineError
from vadline.images.decode import open_image
from vadline.selection.proxy import Configuration, Photographs, calibrate, compare
from vadline.sources.manifest import TRAIN
from vadline.sources.mtd import read_mtd

_FRAME = re.compile(r"_num_(\d+)$")
_FRAME_GAP = 300


def select(
    photographs: Photographs,
    groups: NDArray[np.int64],
    configurations: Sequence[Configuration],
    *,
    strengths: Mapping[str, float] | None = None,
    seed: int = 0,
    folds: int = 2,
    count: int = 40,
    share: float = 0.2,
) -> pd.DataFrame:
    """Compare configurations on synthetic defects and choose one; see :func:`summarise`.

    What is not told here is as for :func:`~vadline.selection.proxy.compare`.

    Parameters
    ----------
    groups : ndarray, int64, shape (N,)
        Which part each photograph shows; near-duplicates share a number.
    configurations : sequence of Configuration
        The first is the baseline that the defects' strengths are calibrated on.
    strengths : mapping of str to float, optional
        Families and strengths of defects, in place of calibrated ones.
    """
    strengths = strengths or calibrate(
        photographs, groups, configurations[0], seed=seed, count=count, share=share
    )
    runs = compare(
        photographs,
        groups,
        configurations,
        strengths,
        seed=seed,
        folds=folds,
        count=count,
        share=share,
    )
    return summarise(runs)


def summarise(runs: pd.DataFrame) -> pd.DataFrame:
    """Condense the judgements to a row per configuration, and choose.

    Chosen is the quickest among the best: a configuration is among them unless it falls behind the
    highest mean by more than one standard error of that difference, paired over folds and families.

    Returns
    -------
    DataFrame
        Indexed by configuration, best first: ``auroc`` (mean of ``known`` and ``new`` over folds
        and families), ``spread`` (its standard deviation over folds), ``behind`` the best and the
        ``error`` of that, ``known``, ``new``, ``known_good_new_bad``, ``seconds`` a fold,
        ``chosen``, and one column a family.
    """
    runs = runs.assign(auroc=(runs["known"] + runs["new"]) / 2)
    units = runs.pivot(index=["fold", "family"], columns="configuration", values="auroc")
    best = units.mean().idxmax()
    gap = -units.sub(units[best], axis=0)
    by = runs.groupby("configuration")
    table = by[["auroc", "known", "new", "known_good_new_bad", "seconds"]].mean()
    table.insert(1, "spread", units.groupby("fold").mean().std(ddof=0))
    table.insert(2, "behind", gap.mean())
    table.insert(3, "error", gap.std(ddof=0) / len(gap) ** 0.5)
    close = table.index[table["behind"] <= table["error"]]
    table["chosen"] = table.index == table.loc[close, "seconds"].idxmin()
    families = runs.pivot_table(index="configuration", columns="family", values="auroc")
    return table.join(families).sort_values("auroc", ascending=False)


def group_by_frame(names: Sequence[str], gap: int = _FRAME_GAP) -> NDArray[np.int64]:
    """Tell which photographs of MTD show the same tile.

    A tile was photographed several times in a row, ``exp3_num_1855`` being frame 1855 at exposure
    3; a new tile begins where frame numbers jump.

    Parameters
    ----------
    gap : int
        The largest jump within a tile, in frames.

    Returns
    -------
    ndarray, int64, shape (N,)

    Raises
    ------
    VadlineError
        If a name has no frame number.
    """
    frames = []
    for name in names:
        if not (found := _FRAME.search(name)):
            raise VadlineError(f"{name} has no frame number (..._num_123): is this MTD?")
        frames.append(int(found[1]))
    order = np.argsort(frames)
    groups = np.empty(len(frames), np.int64)
    groups[order] = np.cumsum(np.diff(np.sort(frames), prepend=min(frames)) > gap)
    return groups


def read_training_goods(root: Path) -> tuple[list[NDArray[np.uint8]], NDArray[np.int64]]:
    """Read the photographs of MTD's official training list, and no other.

    Returns
    -------
    photographs : list of ndarray, uint8, shape (h, w, 3)
    groups : ndarray, int64
        From :func:`group_by_frame`.
    """
    paths = [record.path for record in read_mtd(root) if record.source_split == TRAIN]
    photographs = [np.asarray(open_image(p.read_bytes()).convert("RGB")) for p in paths]
    return photographs, group_by_frame([path.stem for path in paths])


def finalists() -> list[Configuration]:
    """Return the short grid that a wider search ended with, the default first."""
    tried = [
        (256, (2, 3), 3, 4000, 4.0),
        (256, (2, 3), 3, 4000, None),
        (256, (2, 3), 3, 1000, None),
        (256, (2, 3), 3, 1000, 4.0),
        (256, (3, 4), 3, 1000, None),
        (320, (3, 4), 3, 1000, 4.0),
        (384, (3, 4), 3, 1000, None),
        (384, (3, 4), 3, 1000, 4.0),
        (384, (3, 4), 3, 4000, None),
        (384, (3, 4), 3, 4000, 4.0),
        (384, (3, 4), 3, 10_000, 4.0),
        (384, (3, 4), 5, 4000, 4.0),
    ]
    return [
        Configuration(
            size,
            PatchCoreParams(layers=layers, pool=pool, coreset_size=bank, image_score="patch"),
            sigma,
        )
        for size, layers, pool, bank, sigma in tried
    ]
