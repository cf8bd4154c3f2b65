"""Whether a source still lists what a manifest was made of; no file is opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from vadline.sources.manifest import Record


class Changes(NamedTuple):
    """Paths of photographs and masks, sorted."""

    new: list[str]
    gone: list[str]

    def in_words(self) -> str:
        """Name how many files are new and gone, and one of them; empty where none is."""
        told = [
            f"{len(paths)} {'file is' if len(paths) == 1 else 'files are'} {word} ({paths[0]}"
            f"{', ...' if len(paths) > 1 else ''})"
            for word, paths in (("new", self.new), ("gone", self.gone))
            if paths
        ]
        return " and ".join(told)


def changes_since(
    records: Iterable[Record], manifest: pd.DataFrame, report: Mapping[str, Any]
) -> Changes:
    """Compare what a source lists now with what was listed when it was read.

    Parameters
    ----------
    manifest : DataFrame
        As ``ingest`` has left it. What people have called good or bad may be from elsewhere, and
        does not count as gone.
    report : mapping
        With it: what was ``refused`` and ``masks_refused``.
    """
    judged = set(manifest.loc[manifest["reviewed"], "path"])
    listed = [(str(record.path), record.mask_path) for record in records]
    now = {path for path, _ in listed}
    now |= {str(mask) for path, mask in listed if mask is not None and path not in judged}
    refused = [entry["path"] for key in ("refused", "masks_refused") for entry in report[key]]
    before = {*manifest["path"], *manifest["mask_path"].dropna(), *refused}
    return Changes(sorted(now - before), sorted(before - now - judged))
