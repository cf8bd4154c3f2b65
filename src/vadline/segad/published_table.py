"""SegAD's table on VisA (table 5, by class table 8), from the maps that its authors published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from vadline.errors import VadlineError
from vadline.metrics.table_rows import IMAGE_METRICS, SEGAD_METRICS
from vadline.segad.forest import BoostedRandomForest
from vadline.segad.params import ForestParams
from vadline.segad.published import COMPONENTS, SETUPS, published_columns

# Image AUROC in per cent, in the order of COMPONENTS: table 8, as in the README of abc-125/segad.
PUBLISHED = {
    "rd4ad": (98.5, 80.2, 98.9, 99.4, 96.1, 97.4, 90.7, 96.4, 96.3, 94.1, 99.9, 95.8),
    "efficient_ad": (98.7, 89.7, 98.6, 99.9, 98.6, 99.5, 98.1, 99.5, 99.7, 98.4, 99.3, 99.2),
    "all_ad": (99.0, 90.7, 99.0, 99.9, 98.5, 99.4, 98.1, 99.2, 99.7, 98.3, 99.8, 99.1),
}
ALONE = "an_det_"
"""How columns of the first detector's own image score begin."""


def split_published(
    images: pd.DataFrame, bad_parts: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw the bads to learn from out of the test table, as SegAD's authors do.

    Parameters
    ----------
    images : DataFrame
        From `describe_published`.

    Returns
    -------
    learnt, tested : ndarray, int64, shape (n,)
        Rows of goods and then of bads, in the order in which the forest sees them.

    Raises
    ------
    VadlineError
        If no bad would be left to test with.
    """
    bad, test = (images["label"] == 1).to_numpy(), (images["part"] == "test").to_numpy()
    bads = np.flatnonzero(bad & test)
    if len(bads) <= bad_parts:
        setup, category = images[["setup", "category"]].iloc[0]
        raise VadlineError(
            f"df_test.csv of {SETUPS[setup][0]}/{category} lists {len(bads)} bad images, and "
            f"segad_visa.bad_parts={bad_parts} leaves none to test with: set it lower"
        )
    drawn, rest = train_test_split(bads, test_size=len(bads) - bad_parts, random_state=seed)
    goods = [np.flatnonzero(~bad & some) for some in (~test, test)]
    return np.concatenate([goods[0], drawn]), np.concatenate([goods[1], rest])


def score_published(images: pd.DataFrame, learnt: NDArray[np.int64], seed: int) -> np.ndarray:
    """Grow the authors' forest on some rows, and score all.

    A bad part weighs as many rows as the training table has, by the number of drawn bads.

    Returns
    -------
    ndarray, float64, shape (N,)
    """
    setup, category = images[["setup", "category"]].iloc[0]
    features = images[published_columns(category, SETUPS[setup])]
    bad = (images["label"] == 1).to_numpy()[learnt]
    weight = float(images["training_rows"].iloc[0] / bad.sum())
    forest = BoostedRandomForest(ForestParams(), seed)
    return forest.fit(features.iloc[learnt], bad, weight).decision_function(features)


def measure_published(
    images: pd.DataFrame, bad_parts: int, seeds: Sequence[int]
) -> dict[str, float]:
    """Measure the forest, and the first detector alone, on one class: means over the seeds.

    Returns
    -------
    dict of str to float
        Fractions, by the names of `SEGAD_METRICS`, alone and behind `ALONE`.
    """
    bad, rows = (images["label"] == 1).to_numpy(), []
    for seed in seeds:
        learnt, tested = split_published(images, bad_parts, seed)
        scores = {"": score_published(images, learnt, seed), ALONE: images["an_det"].to_numpy()}
        rows.append(
            {
                f"{whose}{key}": IMAGE_METRICS[key](bad[tested], score[tested])
                for whose, score in scores.items()
                for key in SEGAD_METRICS
            }
        )
    return pd.DataFrame(rows).mean().to_dict()


def published_table(measured: Mapping[str, Mapping[str, Mapping[str, float]]]) -> pd.DataFrame:
    """Put what was measured beside what was published.

    Parameters
    ----------
    measured : mapping
        From `measure_published`, by set-up and class.

    Returns
    -------
    DataFrame
        A row ``<setup> mean`` and one ``<setup> <class>`` for each; fractions. ``published`` is
        the authors' image AUROC, in the mean of these classes alone.
    """
    rows = {}
    for setup, classes in measured.items():
        table = pd.DataFrame.from_dict(classes, orient="index")
        known = dict(zip(COMPONENTS, PUBLISHED[setup], strict=True))
        published = pd.Series(known).reindex(table.index) / 100
        table.insert(1, "published", published)
        table.insert(2, "difference", table["image_auroc"] - published)
        rows[f"{setup} mean"] = table.mean()
        rows |= {f"{setup} {category}": cells for category, cells in table.iterrows()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("row").reset_index()
