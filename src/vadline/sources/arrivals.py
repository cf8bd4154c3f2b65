"""Whether a source still lists what a manifest was made of; few files are opened, if any."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from vadline.sources.manifest import Record


class Changes(NamedTuple):
    """Paths of photographs and masks, sorted."""

    new: list[str]
    gone: list[str]
    changed: list[str]

    def in_words(self) -> str:
        """Name how many files are new, gone or changed, and one of each; empty where none is."""
        told = [
            f"{len(paths)} {'file is' if len(paths) == 1 else 'files are'} {word} ({paths[0]}"
            f"{', ...' if len(paths) > 1 else ''})"
            for word, paths in zip(("new", "gone", "changed"), self, strict=True)
            if paths
        ]
        return ", ".join(told[:-1]) + (" and " if told[1:] else "") + "".join(told[-1:])


def changes_since(
    records: Iterable[Record],
    manifest: pd.DataFrame,
    report: Mapping[str, Any],
    read_at: float = math.inf,
) -> Changes:
    """Compare what a source lists now with what was listed when it was read.

    Parameters
    ----------
    manifest : DataFrame
        As ``ingest`` has left it. What people have called good or bad may be from elsewhere, and
        does not count as gone.
    report : mapping
        With it: what was ``refused`` and ``masks_refused``.
    read_at : float, optional
        Seconds since the epoch, before the first of them was read. Of files written since, a
        photograph counts as changed where its content is another; a mask, or what was refused, in
        any case.
    """
    judged = set(manifest.loc[manifest["reviewed"], "path"])
    listed = [(str(record.path), record.mask_path) for record in records]
    now = {path for path, _ in listed}
    now |= {str(mask) for path, mask in listed if mask is not None and path not in judged}
    refused = [entry["path"] for key in ("refused", "masks_refused") for entry in report[key]]
    before = {*manifest["path"], *manifest["mask_path"].dropna(), *refused}
    contents = dict(zip(manifest["path"], manifest["sha256"], strict=True))
    changed = [path for path in now & before if _rewritten(path, contents.get(path), read_at)]
    return Changes(sorted(now - before), sorted(before - now - judged), sorted(changed))


def _rewritten(path: str, sha256: str | None, read_at: float) -> bool:
    try:
        written = Path(path).stat()
        if sha256 is None:
            inside = Path(path).iterdir() if Path(path).is_dir() else ()  # a folder of masks
            return max(each.stat().st_mtime for each in (Path(path), *inside)) > read_at
        # A copy may bring an older time of writing along.
        if max(written.st_mtime, written.st_ctime) <= read_at:
            return False
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() != sha256
    except OSError:  # gone just now: the next run's matter
        return False
