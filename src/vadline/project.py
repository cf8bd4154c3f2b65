"""The project that a command works in, found before any library that takes seconds to import."""

from __future__ import annotations

from pathlib import Path

from kedro.utils import find_kedro_project

from vadline.errors import VadlineError


def project_here() -> Path:
    """Return the folder of the project that the working folder lies in.

    Raises
    ------
    VadlineError
        If there is none.
    """
    if (found := find_kedro_project(Path.cwd())) is None:
        raise VadlineError(
            f"{Path.cwd()} lies in no project of vadline: change to the folder that holds conf/ and"
            " pyproject.toml, or copy them here"
        )
    return found
