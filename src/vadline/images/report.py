"""What a reader of the data should know before trusting a number: the ingest report."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vadline.sources.manifest import BAD, GOOD

ASPECT_TOLERANCE = 0.01


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
        stretched differently when resized to a square).
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
