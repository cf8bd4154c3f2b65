"""What a reader of the data should know before trusting a number: the ingest report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from vadline.sources.manifest import BAD, GOOD, LeftOut

ASPECT_TOLERANCE = 0.01
_REASONS = 5  # told in one line


def describe_files(
    manifest: pd.DataFrame,
    refused: list[dict[str, str]],
    masks_refused: list[dict[str, str]],
) -> dict[str, Any]:
    """Summarise an ingest as plain lists, dicts, strings and numbers (JSON).

    Parameters
    ----------
    refused, masks_refused : list of dict
        ``{"path": ..., "reason": ...}`` of each image left out and each mask not used.

    Returns
    -------
    dict
        ``counts`` (listed, read, refused, good, bad, with_mask, masks_refused, duplicates:
        files that repeat an earlier one), ``refused``, ``masks_refused``, ``duplicates`` (lists
        of paths with equal content) and ``odd_sizes`` (``common`` [width, height], ``n_sizes``,
        ``files`` whose aspect ratio differs from the common one by more than 1 %, and so are
        stretched differently).
    """
    duplicates = _duplicates(manifest)
    label = manifest["label"]
    return {
        "counts": {
            "listed": len(manifest) + len(refused),
            "read": len(manifest),
            "refused": len(refused),
            "good": int((label == GOOD).sum()),
            "bad": int((label == BAD).sum()),
            "with_mask": int(manifest["mask_path"].notna().sum()),
            "masks_refused": len(masks_refused),
            "duplicates": sum(len(group) - 1 for group in duplicates),
        },
        "refused": refused,
        "masks_refused": masks_refused,
        "duplicates": duplicates,
        "odd_sizes": _odd_sizes(manifest),
    }


def with_left_out(report: dict[str, Any], left_out: Sequence[LeftOut]) -> dict[str, Any]:
    """Add to a report the files below the root that the source takes for no part and no mask.

    Returns
    -------
    dict
        With ``left_out`` in ``counts``, and as a list of ``{"path": ..., "reason": ...}``.
    """
    counts = report["counts"] | {"left_out": len(left_out)}
    listed = [{"path": str(each.path), "reason": each.reason} for each in left_out]
    return report | {"counts": counts, "left_out": listed}


def told_left_out(report: dict[str, Any]) -> str:
    """Say in one line how many files are not used, and why; "" where all are."""
    reasons = Counter(each["reason"] for each in report["left_out"])
    for key, what in (("refused", "cannot be read"), ("masks_refused", "masks cannot be used")):
        if entries := report[key]:
            first = entries[0]
            reasons[f"{what} ({first['path']}: {first['reason']})"] = len(entries)
    if reasons.total() == 1:
        return f"Left out 1 file ({next(iter(reasons))})"
    most = [f"{count}: {reason}" for reason, count in reasons.most_common(_REASONS)]
    if len(reasons) > len(most):
        most.append(f"{reasons.total() - sum(c for _, c in reasons.most_common(_REASONS))}: others")
    return f"Left out {reasons.total()} files ({'; '.join(most)})" if most else ""


def _duplicates(manifest: pd.DataFrame) -> list[list[str]]:
    """Group the paths of files with equal content; groups of one are left out."""
    repeated = manifest[manifest["sha256"].duplicated(keep=False)]
    return [list(group) for _, group in repeated.groupby("sha256", sort=False)["path"]]


def _odd_sizes(manifest: pd.DataFrame) -> dict[str, Any]:
    """Find the most common size (the first of equals) and the files of another aspect."""
    sizes = manifest.groupby(["width", "height"], sort=False).size()
    width, height = sizes.idxmax()
    ratio = (manifest["width"] / manifest["height"]) / (width / height)
    odd = (ratio - 1).abs() > ASPECT_TOLERANCE
    return {
        "common": [int(width), int(height)],
        "n_sizes": len(sizes),
        "files": manifest.loc[odd, "path"].tolist(),
    }
