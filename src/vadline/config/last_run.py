"""How the line was run last, for whoever looks at it afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FILE = Path(".viz", "last_run.json")


def note_run(project: Path, env: str | None, params: dict[str, Any] | None) -> None:
    """Remember the configuration environment and the parameters of a run."""
    file = project / _FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"env": env, "params": params or {}}, default=str), "utf-8")


def last_run(project: Path) -> dict[str, Any]:
    """Return ``env`` and ``params`` of the last run, as Kedro's commands take them; empty before.

    What no run can have written counts as none.
    """
    try:
        found = json.loads((project / _FILE).read_text("utf-8"))
        return {"env": found["env"], "params": found["params"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
