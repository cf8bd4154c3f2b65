"""The process that runs one cell: ``python -m vadline.sweep.cell FOLDER``."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from filelock import FileLock

from vadline.run.nesting import SWEEP, of_sweep, untracked
from vadline.sweep.cells import as_project, read_json, share_files, write_json

TABLES = (
    *("detection", "segad", "kinds", "refinement", "thresholds"),
    *("apc_ablation", "segad_ablation", "segad_visa"),
    *("f2pad_benchmark", *(f"f2pad_benchmark_{of}" for of in ("ablation", "cost", "sizes"))),
)
_LOOK, _TIME_TO_STOP = 2.0, 15.0  # seconds: between looks at the parent, and to end in


def main(folder: Path) -> None:
    """Run the cell that a folder's ``cell.json`` tells; leave ``done.json`` or ``failed.json``."""
    cell = read_json(folder / "cell.json")
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    words = cell["product"], cell["arm"], f"seed {cell['seed']}"
    os.environ[SWEEP] = json.dumps({**of_sweep(), "cell": " · ".join(filter(None, words))})
    started = time.perf_counter()
    try:
        if cell["shared"]:
            _read_once(folder, Path(cell["shared"]), cell)
        tables = _run(folder, cell, cell["pipeline"])
    except Exception as error:
        from vadline.run.mistakes import told  # Kedro takes seconds to import

        reason = told(error) or f"{type(error).__name__}: {' '.join(str(error).split())}"
        write_json(folder / "failed.json", {"reason": reason})
        raise
    seconds = time.perf_counter() - started
    write_json(folder / "done.json", {"tables": tables, "seconds": seconds})


def _end_with(parent: int) -> None:
    """End this process when the one that has started it is gone, however it went."""
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os.kill(os.getpid(), signal.SIGTERM)  # its run ends as killed
    time.sleep(_TIME_TO_STOP)
    os._exit(1)


def _read_once(folder: Path, shared: Path, cell: dict[str, Any]) -> None:
    """Let the first of the cells that read the same photographs read them for all."""
    as_project(shared, folder)
    with FileLock(shared / ".lock"):
        if not (shared / "ready").exists():
            with untracked():
                _run(shared, cell, "ingest")
            (shared / "ready").touch()
    share_files(shared / "data", folder / "data")


def _run(folder: Path, cell: dict[str, Any], pipeline: str) -> dict[str, Any]:
    """Run a pipeline in a folder; return its tables as lists of rows."""
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    bootstrap_project(folder)
    os.chdir(cell["project"])  # where relative paths among the parameters begin
    given = {"project_path": folder, "env": cell["env"], "runtime_params": cell["params"]}
    with KedroSession.create(**given) as created:
        session: Any = created  # the type that Kedro tells has none of this
        session.run(pipeline_names=pipeline.split(","), only_missing_outputs=True)
        catalog = session.load_context().catalog
        found = {}
        for name in TABLES:
            if name in catalog and catalog.exists(name):
                table = catalog.load(name)
                found[name] = table.astype(object).where(table.notna(), None).to_dict("records")
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
