"""``python -m vadline``: ``kedro run``, ``vadline inspect``, ``export``, ``compare``, ``viz``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from kedro.framework.cli.utils import find_run_command
from kedro.framework.project import configure_project


def main(*args: Any, **kwargs: Any) -> Any:
    """Run the line or a command of ours; what is given goes on to Kedro's ``run`` command."""
    package = Path(__file__).parent.name
    configure_project(package)
    given = list(args[0] if args else sys.argv[1:])
    if given[:1] in (["inspect"], ["export"], ["compare"], ["viz"]):
        from vadline import cli  # Kedro's command line takes a while to import

        return getattr(cli, given[0])(given[1:], prog_name=f"vadline {given[0]}")
    return find_run_command(package)(*args, **kwargs)


if __name__ == "__main__":
    main()
