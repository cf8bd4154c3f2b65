"""The ELPV solar cells, as the package ``elpv-dataset`` carries them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from vadline.errors import VadlineError
from vadline.sources.listing import require_category, require_folder
from vadline.sources.manifest import BAD, GOOD, UNASSIGNED, Record

LABELS = "labels.csv"


def read_elpv(root: Path | None, category: str | None = None) -> list[Record]:
    """Read the ELPV cells whose experts were certain.

    Defect probability 0 is good and 1 is bad; the cells between are left out, as in the
    open-set protocol of Ding et al. (DRA, 2022). There are no masks and no split.

    Parameters
    ----------
    root : Path or None
        A folder with ``labels.csv`` and ``images``; None for the installed package's.
    category : {"mono", "poly"}, optional
        Only the cells of one crystal type; all by default.

    Returns
    -------
    list of Record
        The category, and the kind of a bad cell, is its crystal type: draws that are uniform
        over kinds take from both.

    Raises
    ------
    VadlineError
        If the package is not installed, the labels are malformed or the category is unknown.
    """
    folder = require_folder(root or _package_data(), "ELPV's labels.csv and images")
    rows = _read_labels(folder / LABELS)
    known = {crystal for _, _, crystal in rows}
    wanted = known if category is None else {require_category(folder, category, known)}
    return [
        Record(
            image_id=Path(name).stem,
            path=folder / name,
            label=GOOD if probability == 0 else BAD,
            defect=GOOD if probability == 0 else crystal,
            mask_path=None,
            source_split=UNASSIGNED,
            category=crystal,
        )
        for name, probability, crystal in rows
        if crystal in wanted and probability in (0.0, 1.0)
    ]


def _package_data() -> Path:
    """Find the data folder of the installed package, without importing it."""
    spec = find_spec("elpv_dataset")
    if spec is None or not spec.submodule_search_locations:
        raise VadlineError(
            'source elpv needs the package elpv-dataset: run pip install "vadline[elpv]"'
        )
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def _read_labels(path: Path) -> list[tuple[str, float, str]]:
    """Read the white-space separated rows: file, probability, crystal type."""
    if not path.is_file():
        raise VadlineError(f"{path} is missing: install elpv-dataset again or mend source.root")
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            name, probability, crystal = line.split()
            rows.append((name, float(probability), crystal))
        except ValueError as error:
            raise VadlineError(
                f"{path}, line {number}: expected file, probability and type, found {line!r}"
            ) from error
    return rows
