"""What a report is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.images.joined import Joined

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Pictures:
    """What there is to see of a part, by its row; only what is shown is asked for.

    Attributes
    ----------
    photograph : callable
        Row to ndarray, uint8, shape (H, W, 3).
    anomaly_map : callable, optional
        Row to ndarray, float32, shape (h, w) at any grid, higher = more anomalous; None, or a map
        with NaN, where a part has none.
    truth, found : callable, optional
        Row to ndarray, shape (H, W), non-zero on the defect: as a person marked it, and as the
        line found it; None where it is not known.
    """

    photograph: Callable[[int], Picture]
    anomaly_map: Callable[[int], NDArray[np.float32] | None] | None = None
    truth: Callable[[int], NDArray[Any] | None] | None = None
    found: Callable[[int], NDArray[Any] | None] | None = None

    def heat(self, row: int) -> NDArray[np.float32] | None:
        """Return a part's anomaly map, if it has one."""
        found = None if self.anomaly_map is None else self.anomaly_map(row)
        return found if found is not None and np.isfinite(found).all() else None

    def masks(self, row: int) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]:
        """Return a part's marked and found defect; None where there is none."""
        marked, found = (_inside(of, row) for of in (self.truth, self.found))
        return marked, found


@dataclass(frozen=True)
class Goods:
    """Good training parts, to hold others against.

    Attributes
    ----------
    images : array, uint8, shape (N, H, W, 3)
        Read row by row.
    rows : ndarray, int64, shape (G,)
        Which of them are good training parts.
    names : sequence of str
        Their image_ids, length G.
    """

    images: Picture | Joined
    rows: NDArray[np.int64]
    names: Sequence[str]


@dataclass(frozen=True)
class ReportSize:
    """How much is shown, which is what the page weighs: up to 70 kB a card and 4 kB a thumbnail.

    Attributes
    ----------
    cards : int
        Parts shown large, in all.
    thumbnails : int
        Rows of the table of all parts that have a picture; those with the highest scores.
    picture, thumbnail : int
        Side of the square that has as many pixels.
    """

    cards: int = 60
    thumbnails: int = 2000
    picture: int = 256
    thumbnail: int = 64


@dataclass(frozen=True)
class ReportData:
    """All that a report tells.

    Attributes
    ----------
    product : str
        What was inspected.
    made : str
        When, as it is to be read.
    decisions : DataFrame
        A row per part: ``image_id``, ``score``, ``probability``, ``threshold``, ``decision`` as in
        ``decisions.csv``, and ``row``, what `Pictures` are asked for. Optional: ``label`` ("good",
        "bad", or empty or NaN where nobody knows), ``defect`` (its kind), ``part`` ("training" or
        "test"), ``promised``, ``unlike_training``, ``reason`` (why, in words), ``path``.
    pictures : Pictures
    goods : Goods, optional
        Each part that is shown large gets the good part beside it that is most like it.
    review_threshold : float, optional
        Score above which a part that is not rejected is for review.
    promise, drift : str
        What the threshold promises, and whether photographs look as in training, in words.
    drifted : bool
        Whether ``drift`` is a warning.
    notes : sequence of str
        What a reader should know of how parts were judged.
    tables : mapping
        Any of ``detection``, ``segad``, ``refinement``, ``thresholds``: a DataFrame whose index or
        column ``row`` names the rows.
    settings : mapping
        What was set, in words, to its value.
    segments : str
        A picture of the part's segments, as a data URI; "" for none.
    is_rank : bool
        Whether ``probability`` is the share of good parts that score lower, as where no bad part
        is known: it is not called a probability then.
    """

    product: str
    made: str
    decisions: pd.DataFrame
    pictures: Pictures
    goods: Goods | None = None
    review_threshold: float | None = None
    promise: str = ""
    drift: str = ""
    drifted: bool = False
    notes: Sequence[str] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    segments: str = ""
    is_rank: bool = False

    @property
    def probability_in_words(self) -> str:
        """What ``probability`` is called."""
        return "good parts that score lower" if self.is_rank else "probability of being bad"


def _inside(of: Callable[[int], Any] | None, row: int) -> NDArray[np.bool_] | None:
    mask = None if of is None else of(row)
    inside = None if mask is None else np.asarray(mask) != 0
    return inside if inside is not None and inside.any() else None
