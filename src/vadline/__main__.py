"""``python -m vadline``: ``kedro run``, or a command of ours, such as ``vadline inspect``."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

from vadline.errors import VadlineError
from vadline.project import project_here

_IN_A_PROJECT = ("inspect", "compare", "sweep", "viz")
_OURS = (*_IN_A_PROJECT, "export")


def main(*args: Any, **kwargs: Any) -> Any:
    """Run the line or a command of ours; what is given goes on to Kedro's ``run`` command."""
    given = list(args[0] if args else sys.argv[1:])
    if given[:1] and given[0] in _IN_A_PROJECT and "--help" not in given:
        _check_project()
    # Which file it reads for that is nobody's matter.
    logging.getLogger("kedro.framework.project").setLevel(logging.WARNING)
    # Kedro and MLflow take seconds to import.
    from kedro.framework.cli.utils import find_run_command
    from kedro.framework.project import configure_project

    package = Path(__file__).parent.name
    configure_project(package)
    if given[:1] and given[0] in _OURS:
        from vadline import cli

        return getattr(cli, given[0])(given[1:], prog_name=f"vadline {given[0]}")
    return find_run_command(package)(*args, **kwargs)


def _check_project() -> None:
    try:
        project_here()
    except VadlineError as error:
        raise SystemExit(f"vadline: {error}") from None


if __name__ == "__main__":
    main()
