"""Scores what `check_fresh_process` has saved in a folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from safetensors import safe_open

from vadline.detectors.registry import load_detector
from vadline.state import ModelState


def score_saved(folder: Path) -> None:
    """Write maps and scores beside each saved model and its images."""
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            config = json.loads(file.metadata()["config"])
        images = np.load(path.with_suffix(".npy"), mmap_mode="r")
        detector = load_detector(ModelState(tensors, config))
        maps, scores = detector.score(images, np.arange(len(images)))
        np.savez(path.with_suffix(".npz"), maps=maps, scores=scores)


if __name__ == "__main__":
    score_saved(Path(sys.argv[1]))
