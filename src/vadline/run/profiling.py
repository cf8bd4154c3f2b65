"""What each stage of a run takes: seconds, memory, and the backbone's share, which is the floor."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from vadline.run import tracking
from vadline.run.gauges import ForwardClock, peak_memory_mb, reset_peak_memory
from vadline.run.stages import StageLines, detector_of, stage_of

logger = logging.getLogger(__name__)

_FOLDER = "VADLINE_PROFILE_FOLDER"  # in the environment, which spawned workers inherit


def by_stage(nodes: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Sum what nodes took by stage.

    Parameters
    ----------
    nodes : iterable of dict
        ``stage``, ``seconds``, ``peak_memory_mb`` and ``backbone_seconds`` of each, as they ran.

    Returns
    -------
    DataFrame
        Columns ``stage, seconds, peak_memory_mb, backbone_share``, a row per stage in the order in
        which stages ended. The share is a fraction of the seconds, NaN where no backbone ran.
    """
    frame = pd.DataFrame(nodes)
    ended = frame["stage"].drop_duplicates(keep="last")
    stages = frame.groupby("stage").agg(
        seconds=("seconds", "sum"),
        peak_memory_mb=("peak_memory_mb", "max"),
        backbone_share=("backbone_seconds", "sum"),
    )
    ran = stages["backbone_share"] > 0
    stages["backbone_share"] = (stages["backbone_share"] / stages["seconds"]).where(ran)
    return stages.loc[ended].reset_index()


def by_detector(nodes: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Sum what nodes took by detector.

    Parameters
    ----------
    nodes : iterable of dict
        As for :func:`by_stage`, and ``detector``, a name or None.

    Returns
    -------
    DataFrame
        Columns ``detector``, ``<stage>_seconds`` of each stage that has nodes of detectors, and
        ``peak_memory_mb``; a row per detector, in the order in which they first ran. Empty if no
        node is a detector's.
    """
    own = [row for row in nodes if row["detector"]]
    if not own:
        return pd.DataFrame()
    frame = pd.DataFrame(own)
    seconds = frame.pivot_table(
        index="detector", columns="stage", values="seconds", aggfunc="sum", sort=False
    ).add_suffix("_seconds")
    seconds["peak_memory_mb"] = frame.groupby("detector")["peak_memory_mb"].max()
    return seconds.rename_axis(columns=None).reset_index()


_TABLES = {"stage_profile": by_stage, "detector_profile": by_detector}


@dataclass
class _Measured:
    """A node that runs or has run."""

    stage: str
    clock: ForwardClock
    started: float
    peak: float = 0.0
    forward: float = 0.0


class ProfileHooks:
    """Profile each node; keep the sums as the datasets ``stage_profile`` and ``detector_profile``.

    A line tells of each stage that is done.

    What counts is the node's function and the saving of its outputs. Loading does not: arrays
    come as memory maps, so they are read inside the function. Where a runner overlaps nodes, each
    has its own wall time, and nodes of one process share its memory. A node is written down in a
    file as soon as it is done, for it may run in a worker process; no failure here fails a run.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._nodes: dict[str, _Measured] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lines = StageLines()

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Make the scratch folder that workers will find, too."""
        self._end()  # of a run that was interrupted in this process
        self._lines.begin(pipeline, catalog)
        with contextlib.suppress(OSError):
            self._folder = tempfile.TemporaryDirectory(
                prefix="vadline-", ignore_cleanup_errors=True
            )
            os.environ[_FOLDER] = self._folder.name

    @hook_impl(trylast=True)
    def before_node_run(self, node: Node) -> None:
        """Start measuring."""
        if _FOLDER not in os.environ:
            return
        clock = ForwardClock()
        clock.start()
        with self._lock:
            self._note_peak()
            reset_peak_memory()
            self._nodes[node.name] = _Measured(stage_of(node), clock, time.perf_counter())

    @hook_impl(tryfirst=True)
    def after_node_run(self, node: Node) -> None:
        """Stop the clock of forward passes; saving still counts."""
        if node.name in self._nodes:
            measured = self._nodes[node.name]
            measured.forward = measured.clock.stop()
            self._write_down(node)

    @hook_impl(tryfirst=True)
    def on_node_error(self, node: Node) -> None:
        """Write down what was measured until then; see `after_node_run`."""
        self.after_node_run(node)

    @hook_impl(tryfirst=True)
    def after_dataset_saved(self, node: Node, dataset_name: str) -> None:
        """Write the node down anew, this output's saving included."""
        if node.name not in self._nodes:
            return
        self._write_down(node)
        with self._lock:
            if self._lines.saved(node, dataset_name):
                stage = stage_of(node)
                rows = [row for row in self._rows().values() if row["stage"] == stage]
                self._lines.tell(by_stage(rows))

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Keep the profile; tell of stages that ended in workers, or that were done in part."""
        kept = self._keep(pipeline, catalog)
        if "stage_profile" in kept:
            self._lines.tell(kept["stage_profile"])

    @hook_impl(tryfirst=True)
    def on_pipeline_error(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Keep the profile of what ran."""
        self._keep(pipeline, catalog)

    def _write_down(self, node: Node) -> None:
        with self._lock:
            self._note_peak()
            measured = self._nodes[node.name]
            row = {
                "node": node.name,
                "stage": measured.stage,
                "detector": detector_of(node),
                "seconds": time.perf_counter() - measured.started,
                "peak_memory_mb": measured.peak,
                "backbone_seconds": measured.forward,
            }
            path = Path(os.environ[_FOLDER], f"{os.getpid()}.jsonl")
            with contextlib.suppress(OSError), path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")

    def _note_peak(self) -> None:
        """Give the peak since the last reset to all nodes of this process."""
        peak = peak_memory_mb()
        for measured in self._nodes.values():
            measured.peak = max(measured.peak, peak)

    def _keep(self, pipeline: Pipeline, catalog: CatalogProtocol) -> dict[str, pd.DataFrame]:
        """Save and log the profiles, and return those that there are."""
        kept = {}
        try:
            rows = self._rows()
            nodes = [rows[node.name] for node in pipeline.nodes if node.name in rows]
            ours = "inspection" not in pipeline.all_outputs()  # the line's profile stays
            for name, summed_up in _TABLES.items():
                profile = summed_up(nodes) if nodes else pd.DataFrame()
                if profile.empty:
                    continue
                if name in catalog and ours:
                    catalog.save(name, profile)
                    if mlflow.active_run() is not None:
                        tracking.log_dataset(name, catalog.get(name))
                kept[name] = profile
        except Exception:  # whatever it is, the run's results matter more
            logger.warning("The profile of this run could not be kept.", exc_info=True)
        finally:
            self._end()
        return kept

    def _rows(self) -> dict[str, dict[str, Any]]:
        """Read the last that was written of each node."""
        files = sorted(Path(self._folder.name).glob("*.jsonl")) if self._folder else []
        lines = (line for file in files for line in file.read_text("utf-8").splitlines())
        return {row["node"]: row for row in map(json.loads, lines)}

    def _end(self) -> None:
        for measured in self._nodes.values():
            measured.clock.stop()
        self._nodes.clear()
        os.environ.pop(_FOLDER, None)
        if self._folder:
            self._folder.cleanup()
            self._folder = None
