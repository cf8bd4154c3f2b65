"""One line for each stage that is done: its seconds, its memory, and what was found."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pandas as pd
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from vadline.defects.stand_ins import STAND_INS
from vadline.splits import learnt_from, unseen_defects

logger = logging.getLogger(__name__)


def stage_of(node: Node) -> str:
    """Return the stage that a node belongs to."""
    return min(node.tags, default=node.name)


def detector_of(node: Node) -> str | None:
    """Name the detector that a node is of: its datasets are named by the innermost namespace."""
    space = (node.namespace or "").rpartition(".")[2]
    return space if any(name.startswith(f"{space}.") for name in node.outputs) else None


class StageLines:
    """Knows which stages are done, and tells of each once.

    Workers of ParallelRunner never begin: there, all is told at the end.
    """

    def __init__(self) -> None:
        self._left: dict[str, set[str]] = {}
        self._told: set[str] = set()
        self._detectors: dict[str, dict[str, None]] = {}  # in the order in which they run

    def begin(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Note what each stage has to save."""
        self._catalog = catalog
        self._made = pipeline.all_outputs()
        self._left = {}
        self._told = set()
        self._detectors = {}
        for node in pipeline.nodes:
            self._left.setdefault(stage_of(node), set()).update(node.outputs)
            if detector := detector_of(node):
                self._detectors.setdefault(stage_of(node), {})[detector] = None

    def saved(self, node: Node, dataset_name: str) -> bool:
        """Say whether a stage is done, now that this output of a node of its is saved."""
        left = self._left.get(stage_of(node))
        if not left:
            return False
        left.discard(dataset_name)
        return not left

    def tell(self, profile: pd.DataFrame) -> None:
        """Tell of the stages of a profile that nobody has been told of."""
        for row in profile.itertuples():
            if row.stage in self._told:
                continue
            self._told.add(row.stage)
            took = f"{row.seconds:7.1f} s {row.peak_memory_mb / 1000:5.1f} GB"
            logger.info("%-14s %s  %s", row.stage, took, self._found(row.stage))

    def _found(self, stage: str) -> str:
        name, words = _FOUND.get(stage, ("", str))
        if name in self._made and self._catalog.exists(name):
            return words(self._catalog.load(name))
        return ", ".join(self._detectors.get(stage, {}))


def _photographs(manifest: pd.DataFrame) -> str:
    bads = manifest[manifest["label"] == "bad"]
    goods, masks = len(manifest) - len(bads), int((manifest["mask_path"].fillna("") != "").sum())
    told = [_count(goods, "good"), _count(len(bads), "bad")]
    if len(bads):
        told[-1] += f" of {_count(bads['defect'].nunique(), 'kind')}"
    return ", ".join([*told, _count(masks, "mask")])


def _roles(split: pd.DataFrame) -> str:
    learnt, test = learnt_from(split, "training"), split[split["test"]]
    told = f"{_count(learnt['goods'], 'good')}, {_count(learnt['bads'], 'bad')} teach"
    if len(test):
        bads = int((test["label"] == "bad").sum())
        unseen = int((unseen_defects(split) & split["test"]).sum())
        told += f"; test {_count(len(test) - bads, 'good')}, {_count(bads, 'bad')}"
        told += f" ({unseen} unseen)" if unseen else ""
    return told


def _losses(history: pd.DataFrame) -> str:
    return f"{_count(len(history), 'epoch')}, loss {history['loss'].iloc[-1]:.3g}"


def _size(features: pd.DataFrame) -> str:
    made = int(features["image_id"].str.startswith(STAND_INS).sum())
    told = f"{_count(features.shape[1] - 1, 'feature')} of {_count(len(features) - made, 'part')}"
    return f"{told}, {_count(made, 'synthetic defect')}" if made else told


def _setups(scores: pd.DataFrame) -> str:
    return f"scores by {', '.join(name for name in scores if name != 'image_id')}"


def _outcomes(decisions: pd.DataFrame) -> str:
    return ", ".join(f"{n} {name}" for name, n in decisions["decision"].value_counts().items())


def _count(number: int, what: str) -> str:
    return f"{'one' if number == 1 else number} {what}{'' if number == 1 else 's'}"


_FOUND: dict[str, tuple[str, Callable[[Any], str]]] = {
    "ingest": ("manifest", _photographs),
    "split": ("split", _roles),
    "apc_finetune": ("apc_history", _losses),
    "segad_features": ("segad_features", _size),
    "brf_train": ("segad_scores", _setups),
    "evaluate": ("decided", _outcomes),
}
"""What is told of a stage: the dataset, and what puts it in words."""
