"""What people say of parts: a verdict corrects a label, or a photograph joins the source's own.

Verdicts are kept, with the photographs, in a folder of the product: they last when the folder that
was inspected is gone.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from vadline.errors import VadlineError
from vadline.sources.listing import with_unique_ids
from vadline.sources.manifest import BAD, GOOD, TRAIN, Record

logger = logging.getLogger(__name__)

LEDGER = "verdicts.csv"
COLUMNS = ("sha256", "verdict", "kind", "photograph", "path", "said")
_PHOTOGRAPHS = "photographs"
_JOINED = "reviewed"  # begins the image_id of a photograph that joins


def read_review(path: Path) -> pd.DataFrame:
    """Read a ``review.csv`` of the report; semicolons, as some spreadsheets write, will do.

    Returns
    -------
    DataFrame
        Columns ``path, verdict, kind``, all str; ``kind`` is empty where none is named, and of
        good parts.

    Raises
    ------
    VadlineError
        If the file is not there or is no such table, or a verdict is neither good nor bad; named
        by file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise VadlineError(
            f"review {path} cannot be read ({reason}): save review.csv from a report, or leave "
            "review out"
        ) from error
    header = text.partition("\n")[0]
    separator = ";" if ";" in header and "," not in header else ","
    try:
        table = pd.read_csv(io.StringIO(text), sep=separator, dtype=str).fillna("")
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise VadlineError(f"review {path} is no table ({' '.join(str(error).split())})") from error
    if missing := [name for name in ("path", "verdict") if name not in table]:
        raise VadlineError(
            f"review {path} has no column {missing[0]!r} (it has: {', '.join(table)}): save "
            "review.csv from a report"
        )
    table = table.assign(kind=table.get("kind", ""))[["path", "verdict", "kind"]]
    table["verdict"] = table["verdict"].str.strip().str.lower()
    table["kind"] = table["kind"].str.strip().where(table["verdict"] == BAD, "")
    wrong = ~table["verdict"].isin((GOOD, BAD)) | (table["kind"].str.lower() == GOOD)
    if wrong.any():
        row = table[wrong].iloc[0]
        raise VadlineError(
            f"{path}, line {row.name + 2}: verdict {row['verdict']!r}, kind {row['kind']!r}: a "
            "verdict is good or bad, and no kind of defect is called good"
        )
    return table


def read_verdicts(folder: Path) -> pd.DataFrame:
    """Return what has been said so far: a row per photograph, columns `COLUMNS`, all str."""
    path = folder / LEDGER
    if not path.exists():
        return pd.DataFrame(columns=list(COLUMNS), dtype=str)
    return pd.read_csv(path, dtype=str).fillna("")


def take_in(review: Path | None, folder: Path) -> pd.DataFrame:
    """Keep what a review says, with its photographs, and return all that was ever said.

    The last verdict on a photograph counts. Its content is its identity, whatever its name.

    Parameters
    ----------
    review : Path, optional
        A ``review.csv``; without one nothing is added.
    folder : Path
        Keeps `LEDGER` and copies of the photographs; to take a verdict back, remove its line.

    Returns
    -------
    DataFrame
        As :func:`read_verdicts`, with ``photograph`` as a whole path.

    Raises
    ------
    VadlineError
        As :func:`read_review`; if a photograph is neither there nor kept already, or is called
        good and bad at once.
    """
    known = read_verdicts(folder)
    if review is not None:
        said = _with_photographs(review, known, folder)
        known = pd.concat([known, said]).drop_duplicates("sha256", keep="last")
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{LEDGER}.partial"
        known.to_csv(partial, index=False)
        os.replace(partial, folder / LEDGER)
        logger.info("%d verdicts taken in from %s; %d in all", len(said), review, len(known))
    photograph = [str(folder / _PHOTOGRAPHS / name) for name in known["photograph"]]
    return known.assign(photograph=photograph).astype(str).reset_index(drop=True)


def _with_photographs(review: Path, known: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Copy each photograph of a review to the folder, under its content's name."""
    table = read_review(review)
    kept = dict(zip(known["path"], known["photograph"], strict=True))
    (folder / _PHOTOGRAPHS).mkdir(parents=True, exist_ok=True)
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    rows = []
    for number, verdict in enumerate(table.to_dict("records"), start=2):
        path = Path(verdict["path"]).expanduser().absolute()
        if not path.is_file() and str(path) in kept:
            path = folder / _PHOTOGRAPHS / kept[str(path)]
        if not path.is_file():
            raise VadlineError(
                f"{review}, line {number}: photograph {path} is not there: put it back, or remove "
                "the line"
            )
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        name = sha256[:16] + path.suffix.lower()
        if not (folder / _PHOTOGRAPHS / name).exists():
            shutil.copyfile(path, folder / _PHOTOGRAPHS / name)
        said = {"sha256": sha256, "photograph": name, "path": str(path), "said": now}
        rows.append(verdict | said)
    said = pd.DataFrame(rows, columns=list(COLUMNS))
    torn = said.groupby("sha256")["verdict"].nunique()
    if (torn > 1).any():
        one, other = said.loc[said["sha256"] == torn.idxmax(), "path"].iloc[:2]
        raise VadlineError(f"{review}: {one} and {other} are one photograph, called good and bad")
    return said


def apply_verdicts(records: Sequence[Record], verdicts: pd.DataFrame) -> list[Record]:
    """Correct the labels of a source's records, and let photographs from elsewhere join them.

    A part of the source, known by its file's content, keeps its place (a test part stays one, so
    that nothing is learnt from it). Any other photograph joins the training part.

    Parameters
    ----------
    verdicts : DataFrame
        Of :func:`take_in`.

    Returns
    -------
    list of Record
        Sorted by ``image_id``.
    """
    result = list(records)
    places = _by_content(records, [Path(path) for path in verdicts["photograph"]])
    corrected, joined = 0, 0
    for said in verdicts.to_dict("records"):
        for place in places.get(said["sha256"], ()):
            corrected += result[place].label != said["verdict"]
            result[place] = _judged(result[place], said["verdict"], said["kind"])
        if said["sha256"] not in places:
            joined += 1
            result.append(_joining(records[0].category if records else "", said))
    if len(verdicts):
        logger.info(
            "People's verdicts: %d parts, %d labels corrected, %d photographs join the training "
            "part (%d of all called bad)",
            *(len(verdicts), corrected, joined, (verdicts["verdict"] == BAD).sum()),
        )
    return with_unique_ids(result)


def _by_content(records: Sequence[Record], photographs: Sequence[Path]) -> dict[str, list[int]]:
    """Find the records whose files are among photographs: their places, by sha256."""
    wanted = {_size(path) for path in photographs} - {None}
    found: dict[str, list[int]] = {}
    for place, record in enumerate(records):
        if wanted and _size(record.path) in wanted:
            try:
                content = record.path.read_bytes()
            except OSError:  # ingest leaves it out, and says why
                continue
            found.setdefault(hashlib.sha256(content).hexdigest(), []).append(place)
    return found


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _judged(record: Record, verdict: str, kind: str) -> Record:
    if verdict == GOOD:
        return replace(record, label=GOOD, defect=GOOD, mask_path=None, reviewed=True)
    known = record.defect if record.label == BAD else BAD
    return replace(record, label=BAD, defect=kind or known, reviewed=True)


def _joining(category: str, said: dict[str, Any]) -> Record:
    photograph = Path(said["photograph"])
    return Record(
        image_id=f"{_JOINED}/{Path(said['path']).stem}-{photograph.stem[:8]}",
        path=photograph,
        label=said["verdict"],
        defect=(said["kind"] or BAD) if said["verdict"] == BAD else GOOD,
        mask_path=None,
        source_split=TRAIN,
        category=category,
        reviewed=True,
    )
