"""What a person reads who opens a run in MLflow: its description."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import mlflow
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from PIL import Image

from vadline.calibration.outcomes import counted
from vadline.report import decided_in_words, escaped, write_note

_NOTE = "mlflow.note.content"
_LONGEST = 8000  # MLflow's databases keep no longer tag
_SHOWN, _WIDE, _HIGH = "figures/description.jpg", 800, 1600
_TABLES = ("detection", "segad", "refinement")


def describe_run(run_id: str, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
    """Describe the active run by what it has decided, its tables, a picture and its report.

    Picture and report are the run's artifacts, so that the description stays true when later runs
    have replaced what lies in the workspace.
    """
    made = {name for name in pipeline.all_outputs() if catalog.exists(name)}
    if "decisions" in made:
        promised = str(catalog.load("calibration")["in_words"])
        first = [decided_in_words(catalog.load("decisions")), promised]
        report = "report"
    elif "inspection" in made:
        decided = catalog.load("inspection")["decision"]
        told = f"**{decided.count()} parts: {counted(decided)}.**"
        first, report = [told], "inspection_report"
    else:
        return
    where = [_where(run_id, catalog[report]._get_load_path())] if report in made else []
    tables = {name: catalog.load(name) for name in _TABLES if name in made}
    shown = sorted(name for name in made if name.endswith("_gallery"))
    shown += ["segments_picture"] if "segments_picture" in made else []
    pictures = [_picture(run_id, catalog[name]._get_load_path()) for name in shown[:1]]
    note = write_note([*first, *where], tables, pictures, longest=_LONGEST)
    mlflow.set_tag(_NOTE, note)


def _where(run_id: str, path: Path) -> str:
    link = f"[{path.name}]({_artifact(run_id, f'files/{path.name}')})"
    return f"The report, to open offline or to send: {link}, or {escaped(str(path))}"


def _picture(run_id: str, path: Path) -> str:
    """Log a picture once more, as large as a description is wide: MLflow does not scale it."""
    with Image.open(path) as picture:
        small = picture.convert("RGB")
    small.thumbnail((_WIDE, _HIGH), Image.Resampling.LANCZOS)
    mlflow.log_image(small, _SHOWN)
    return f"<br>![figures/{escaped(path.name)}]({_artifact(run_id, _SHOWN)})"


def _artifact(run_id: str, path: str) -> str:
    """Address an artifact relative to the pages of MLflow's server."""
    return f"get-artifact?path={quote(path)}&run_uuid={run_id}"
