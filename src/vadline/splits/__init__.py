"""Which image plays which role, and the proof that the test part stays unseen.

Roles are columns of one table, and rows are all that is handed on: no image is copied.
"""

from vadline.splits.leaks import check_leaks, drop_train
from vadline.splits.params import PROTOCOLS, SplitParams
from vadline.splits.protocols import ROLES, make_split
from vadline.splits.selections import scored_rows, training_set, unseen_defects

__all__ = [
    "PROTOCOLS",
    "ROLES",
    "SplitParams",
    "check_leaks",
    "drop_train",
    "make_split",
    "scored_rows",
    "training_set",
    "unseen_defects",
]
