"""``python -m vadline``: the same as ``kedro run``, and ``vadline inspect``, inside the project."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from kedro.framework.cli.utils import find_run_command
from kedro.framework.project import configure_project


def main(*args: Any, **kwargs: Any) -> Any:
    """Run the line, or ``inspect``; what it is given goes on to Kedro's ``run`` command."""
    package = Path(__file__).parent.name
    configure_project(package)
    given = list(args[0] if args else sys.argv[1:])
    if given[:1] == ["inspect"]:
        from vadline.cli import inspect  # Kedro's command line takes a while to import

        return inspect(given[1:], prog_name="vadline inspect")
    return find_run_command(package)(*args, **kwargs)


if __name__ == "__main__":
    main()
