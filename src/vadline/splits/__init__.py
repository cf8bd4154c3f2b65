"""Which image plays which role, and the proof that the test part stays unseen."""

from vadline.splits.leaks import check_leaks, drop_train
from vadline.splits.protocols import PROTOCOLS, ROLES, make_split
from vadline.splits.selections import (
    FinetuneSet,
    finetune_set,
    known_masks,
    scored_rows,
    unseen_defects,
)

__all__ = [
    "PROTOCOLS",
    "ROLES",
    "FinetuneSet",
    "check_leaks",
    "drop_train",
    "finetune_set",
    "known_masks",
    "make_split",
    "scored_rows",
    "unseen_defects",
]
