"""Whether a promised false-reject rate is kept, over many draws of few good parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.bench.short_line import judge, look
from vadline.calibration import promise
from vadline.metrics import image_auroc
from vadline.pipelines.split.nodes import split_images
from vadline.splits.params import SplitParams

RATES = (0.05, 0.1)
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
            some = images[rows]
            split = split_images(drawn, some, SplitParams(protocol="all"), seed)
            yield _compare(judge(some, split, look(some, split, seed), seed), split).assign(
                seed=seed
            )


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
