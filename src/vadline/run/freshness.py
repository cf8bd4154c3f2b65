"""What ``--only-missing-outputs`` may trust of earlier runs."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from numpy.typing import NDArray
from pydantic import BaseModel

import vadline
from vadline.config.current import current
from vadline.errors import VadlineError
from vadline.images.roi import read_region
from vadline.io.atomic import AtomicMixin
from vadline.sources import changes_since, read_source
from vadline.sources.folder import ROI

logger = logging.getLogger(__name__)

_REVIEW = "params:review"


class FreshnessHooks:
    """Let ``--only-missing-outputs`` trust only what the interrupted run itself has made.

    The dataset ``run_state`` keeps, for every output, the time after which it counts, and what it
    was made of: parameters, the wiring of nodes and the code's release. A run makes stale its
    outputs and, in the whole line, all that follows from them; resuming makes stale only what a
    change leads to.
    """

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol
    ) -> None:
        """Mark the outputs that this run has to make anew."""
        state = catalog.load("run_state") if catalog.exists("run_state") else {}
        times, old = state.get("times", {}), state.get("made_of", {})
        line = pipelines["__default__"]
        new = made_of(pipeline, catalog)
        if run_params.get("only_missing_outputs"):
            changed = {name for name, digest in new.items() if old.get(name, digest) != digest}
            _tell(changed)
        else:
            changed = set(new) | pipeline.all_outputs()
        stale = outputs_after(line, changed) | outputs_after(pipeline, changed)
        now = time.time() - 0.05  # file systems stamp a little late
        times |= dict.fromkeys(sorted(stale), now)
        catalog.save("run_state", state | {"times": times, "made_of": old | new})
        for name in pipeline.all_outputs():
            dataset = catalog.get(name)
            if isinstance(dataset, AtomicMixin):
                dataset.stale_before = times.get(name, 0.0)
        if run_params.get("only_missing_outputs") and "manifest" in pipeline.datasets():
            _tell_of_arrivals(catalog, times.get("manifest", math.inf))


def made_of(pipeline: Pipeline, catalog: CatalogProtocol) -> dict[str, str]:
    """Digest what decides a pipeline's outputs besides files.

    Returns
    -------
    dict of str to str
        A digest of each parameter that a node takes, and for each output of the wiring of its node
        and of the code's release.
    """
    names = sorted(name for name in pipeline.inputs() if name.startswith("params:"))
    told = {name: decisive(catalog.load(name)) for name in names}
    if (review := told.pop(_REVIEW, None)) is not None:
        # By what it says: the next one may have its name. Without one, what was said still counts.
        told[_REVIEW] = Path(review).expanduser().read_text(encoding="utf-8", errors="replace")
    digests = {name: _digest(value) for name, value in told.items()}
    for node in pipeline.nodes:
        wiring = _digest([vadline.__version__, node.name, node.inputs, node.outputs])
        digests |= dict.fromkeys(node.outputs, wiring)
    return digests


def outputs_after(pipeline: Pipeline, changed: set[str]) -> set[str]:
    """Name the changed outputs themselves and all that is made from what changed."""
    known = changed & pipeline.datasets()
    if not known:
        return set()
    made = known & pipeline.all_outputs()
    used = known & (pipeline.datasets() - pipeline.outputs())
    return made | (pipeline.from_inputs(*used).all_outputs() if used else set())


def decisive(value: Any) -> Any:
    """Leave out of settings what changes no result, such as how many threads read files.

    That is every field of a model whose schema says ``changes_results: false``. What is made of
    such a field, and of no other, takes it by its own name.
    """
    if isinstance(value, BaseModel):
        fields = type(value).model_fields.items()
        return {k: decisive(getattr(value, k)) for k, field in fields if _counts(field)}
    if isinstance(value, dict):
        return {key: decisive(item) for key, item in value.items()}
    return [decisive(item) for item in value] if isinstance(value, list | tuple) else value


def _counts(field: Any) -> bool:
    extra = field.json_schema_extra
    return not (isinstance(extra, dict) and extra.get("changes_results") is False)


def _tell(changed: set[str]) -> None:
    if changed:
        names = ", ".join(sorted(name.removeprefix("params:") for name in changed))
        logger.info("Changed since the last run, so made anew with all that follows: %s", names)


def _tell_of_arrivals(catalog: CatalogProtocol, read_at: float) -> None:
    """Warn where the photographs are no more those that finished stages have read."""
    source = current().source
    known = ("manifest", "ingest_report", "roi")
    if source.is_made or not all(catalog.exists(name) for name in known):
        return
    manifest, report, roi = (catalog.load(name) for name in known)
    try:
        changes = changes_since(read_source(source), manifest, report, read_at)
        if source.name == "folder" and not _is_region(source.region_of_interest(), roi):
            changes.changed.append(str(Path(str(source.folder), ROI)))
    except VadlineError as error:
        logger.warning("What was read before counts, for now it cannot be listed: %s", error)
        return
    if told := changes.in_words():
        logger.warning(
            "%s since the photographs were read, and tables are without that: for all that is there"
            " now, run again without --only-missing-outputs",
            told,
        )


def _is_region(path: Path | None, roi: NDArray[np.bool_]) -> bool:
    """Say whether a file, or none, marks a region."""
    if path is None:
        return bool(roi.all())
    return bool((read_region(path, roi.shape).at(*roi.shape[::-1]) == roi).all())


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
