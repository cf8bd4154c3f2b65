"""What F2PAD's paper reports: means over six kinds of MVTec AD, in per cent."""

from __future__ import annotations

Cell = tuple[float, float]

# IOU and DICE of the thresholded map and of F2PAD, by setting and detector: tables I and II.
MASKS: dict[tuple[str, str], tuple[Cell, Cell]] = {
    ("normal", "patchcore"): ((66.5, 79.1), (89.3, 93.9)),
    ("normal", "cflow"): ((76.3, 86.1), (89.5, 93.8)),
    ("normal", "padim"): ((61.1, 75.1), (90.4, 94.6)),
    ("few", "patchcore"): ((66.1, 78.8), (89.0, 93.7)),
    ("few", "cflow"): ((63.8, 76.9), (85.8, 91.0)),
    ("few", "padim"): ((63.3, 76.8), (88.0, 92.6)),
}

# IOU and DICE of the start (a masked autoencoder's), without pixel prior, without sparsity, and
# of all together: table III.
ABLATION: dict[str, tuple[Cell, Cell, Cell, Cell]] = {
    "patchcore": ((71.9, 82.0), (72.6, 82.0), (32.6, 48.6), (89.3, 93.9)),
    "cflow": ((71.9, 82.1), (71.4, 80.8), (32.5, 48.5), (89.5, 93.8)),
    "padim": ((71.9, 82.0), (69.9, 79.7), (28.8, 44.2), (90.4, 94.6)),
}

# Iterations, and seconds an image on a GTX 3080: table IV.
COST: dict[str, tuple[float, float]] = {
    "patchcore": (202.3, 17.8),
    "cflow": (204.0, 8.7),
    "padim": (398.1, 40.8),
}
