"""A table of parts in place of folders: ``parts.csv``."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from vadline.errors import VadlineError
from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN, LeftOut
from vadline.sources.names import label_of

TABLE = "parts.csv"
_REQUIRED = ("path", "label")
_KNOWN = (*_REQUIRED, "kind", "mask", "split")


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    mask : Path or None
        None where the table names none.
    split : str or None
        ``"train"`` or ``"test"``, if the table says so.
    """

    path: Path
    label: str
    kind: str
    mask: Path | None
    split: str | None


@dataclass(frozen=True)
class Table:
    """The rows whose photographs are there, and what was left out.

    Attributes
    ----------
    has_masks : bool
        Whether the table has a column of masks, so that none need be looked for.
    """

    rows: list[Row]
    left_out: list[LeftOut]
    has_masks: bool


def read_table(file: Path) -> Table:
    """Read ``parts.csv``: columns ``path`` and ``label``, optional ``kind``, ``mask``, ``split``.

    Commas, semicolons or tabs part the columns; their order and further ones do not matter. Paths
    are relative to the table's folder, or absolute.

    Raises
    ------
    VadlineError
        If it is no such table, a label or split is none, a photograph is called good and bad, or
        none of the photographs is there.
    """
    columns, lines = _read_lines(file)
    rows: dict[Path, Row] = {}
    left_out: list[LeftOut] = []
    for number, line in lines:
        row = _to_row(file, number, line)
        known = rows.get(row.path)
        if known and (known.label, known.split) != (row.label, row.split):
            raise VadlineError(
                f"{file}, line {number}: {line['path']} stands in the table twice, with another "
                "label or split: remove one of the lines"
            )
        if not row.path.is_file():
            left_out.append(LeftOut(row.path, f"named by {file.name}, but not there"))
            continue
        if row.mask is not None and not row.mask.is_file():
            left_out.append(LeftOut(row.mask, f"a mask named by {file.name}, but not there"))
            row = Row(row.path, row.label, row.kind, None, row.split)
        rows[row.path] = row
    if not rows:
        example = f" ({left_out[0].path} is not)" if left_out else ""
        raise VadlineError(
            f"{file} names no photograph that is there{example}: paths are relative to its folder"
        )
    return Table(list(rows.values()), left_out, "mask" in columns)


def _read_lines(file: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Return the columns, and the lines that are not empty with their numbers."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise VadlineError(f"{file} cannot be read ({reason}): save it as CSV, UTF-8") from error
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    columns = [name.strip().lower() for name in next(reader, [])]
    if missing := [name for name in _REQUIRED if name not in columns]:
        raise VadlineError(
            f"{file} has no column {missing[0]!r} (it has: {', '.join(columns) or 'none'}): its "
            f"columns are {', '.join(_KNOWN)}, and the first two must be there"
        )
    lines = []
    for cells in reader:
        line = dict.fromkeys(_KNOWN, "") | dict(
            zip(columns, (cell.strip() for cell in cells), strict=False)
        )
        if any(cells):
            lines.append((reader.line_num, line))
    return columns, lines


def _to_row(file: Path, number: int, line: dict[str, str]) -> Row:
    """Check a line of the table."""
    label, split, kind = label_of(line["label"]), line["split"].lower(), line["kind"]
    wrong = None
    if not line["path"]:
        wrong = "path is empty"
    elif label is None:
        wrong = f"label {line['label']!r} is neither good nor bad (nor OK, NG, pass, fail)"
    elif split not in ("", TRAIN, TEST):
        wrong = f"split {line['split']!r} is neither train nor test"
    elif label == BAD and label_of(kind) == GOOD:
        wrong = f"kind {kind!r} of a bad part means good"
    if wrong or label is None:
        raise VadlineError(f"{file}, line {number}: {wrong}: mend the line or remove it")
    mask = _locate(file.parent, line["mask"]) if label == BAD and line["mask"] else None
    kind = (kind or BAD) if label == BAD else GOOD
    return Row(_locate(file.parent, line["path"]), label, kind, mask, split or None)


def _locate(folder: Path, name: str) -> Path:
    """Find a file of the table; backslashes part folders where that is where the file is."""
    path, home = folder / name, folder.absolute()
    if path.is_absolute() and path.is_relative_to(home):
        path = folder / path.relative_to(home)
    other = folder / name.replace("\\", "/")
    return other if other.is_file() and not path.is_file() else path
