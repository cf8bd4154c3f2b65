"""``python -m vadline``: the same as ``kedro run``, from inside the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.framework.cli.utils import find_run_command
from kedro.framework.project import configure_project


def main(*args: Any, **kwargs: Any) -> Any:
    """Run the line; what it is given goes on to Kedro's ``run`` command."""
    package = Path(__file__).parent.name
    configure_project(package)
    return find_run_command(package)(*args, **kwargs)


if __name__ == "__main__":
    main()
