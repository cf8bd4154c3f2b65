"""What went wrong, in one line."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TypeVar

from kedro.io import DatasetError
from kedro.io.core import VersionNotFoundError

from vadline.errors import VadlineError
from vadline.run.refusals import causes, refused_by_disk

E = TypeVar("E", bound=BaseException)

_KEDRO_MISTAKES = ("Failed to find the pipeline", "Pipeline contains no nodes", "Pipeline does not")


def _among_causes(error: BaseException | None, kind: type[E]) -> E | None:
    """Find an error of a kind among an error and its causes."""
    return next((each for each in causes(error) if isinstance(each, kind)), None)


def told(error: Exception) -> str | None:
    """Put a mistake in one line; nothing if the error is none of the user's."""
    if mistake := _among_causes(error, VadlineError):
        return str(mistake)
    if refusal := refused_by_disk(error):
        return refusal
    text = " ".join(str(error).split())
    if isinstance(error, ValueError) and text.startswith(_KEDRO_MISTAKES):
        return text
    missing = _among_causes(error, FileNotFoundError) or _among_causes(error, VersionNotFoundError)
    if isinstance(error, DatasetError) and missing:
        name = Path(str(getattr(missing, "filename", None) or error).rstrip("'\"")).name
        return f"{name} has not been made yet: run the whole line, --pipeline=segad_vad, first."
    return None


def quiet_resume_hint() -> None:
    """Keep Kedro from naming nodes to resume from below a mistake, where they are no remedy."""
    for kind in ("sequential", "thread", "parallel"):
        logging.getLogger(f"kedro.runner.{kind}_runner").addFilter(_is_no_hint)


def _is_no_hint(record: logging.LogRecord) -> bool:
    error = sys.exc_info()[1]  # the runner speaks while it handles it
    hint = record.funcName == "_suggest_resume_scenario"
    return not (hint and isinstance(error, Exception) and told(error))


def reason(error: BaseException) -> str:
    """Say in one line why a run has failed, whoever's mistake it is."""
    mistake = told(error) if isinstance(error, Exception) else None
    return mistake or " ".join(f"{type(error).__name__}: {error}".split())
