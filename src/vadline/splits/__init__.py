"""Which image plays which role, and the proof that the test part stays unseen.

Roles are columns of one table, and rows are all that is handed on: no image is copied.
"""

from vadline.splits.folds import NO_FOLD, folds_of
from vadline.splits.leaks import check_leaks, drop_train
from vadline.splits.params import PROTOCOLS, SplitParams
from vadline.splits.protocols import ROLES, make_split
from vadline.splits.selections import (
    honest_scores,
    judged,
    learnt_from,
    learnt_kinds,
    measured,
    scored_rows,
    training_set,
    unseen_defects,
)

__all__ = [
    "NO_FOLD",
    "PROTOCOLS",
    "ROLES",
    "SplitParams",
    "check_leaks",
    "drop_train",
    "folds_of",
    "honest_scores",
    "judged",
    "learnt_from",
    "learnt_kinds",
    "make_split",
    "measured",
    "scored_rows",
    "training_set",
    "unseen_defects",
]
