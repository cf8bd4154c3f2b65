"""What people have said of parts, as far as it shapes the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vadline.sources.manifest import BAD
from vadline.sources.params import SourceParams
from vadline.sources.reviews import read_review, read_verdicts


def reviewed_bads(raw: dict[str, Any], project: Path) -> bool:
    """Tell whether people have called a part of the product bad, now or before.

    Parameters
    ----------
    raw : dict
        Settings, not checked yet.
    project : Path
        Below whose ``data`` verdicts are kept.

    Raises
    ------
    VadlineError
        If there is a review that cannot be taken in.
    """
    review = raw.get("review")
    said = [read_review(Path(str(review)).expanduser())["verdict"]] if review else []
    try:
        source = SourceParams.model_validate(raw.get("source") or {})
    except ValidationError:
        source = SourceParams()  # the check tells what is wrong
    folder = project / "data" / "01_raw" / "reviews" / "/".join(source.product())
    return any((each == BAD).any() for each in [*said, read_verdicts(folder)["verdict"]])
