"""Looking at photographs with all detectors and the probe, once through each network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from vadline.backbones import share_passes
from vadline.detectors import Detector
from vadline.detectors.on_backbone import OnBackbone
from vadline.detectors.supervised.end_to_end import EndToEnd
from vadline.probe import load_probe
from vadline.progress import without_bars
from vadline.segad import PROBE
from vadline.state import ModelState

_TOGETHER = 4  # images, for detectors that do not say how many they look at together
Grids = dict[str, NDArray[np.float32]]
Scores = dict[str, NDArray[np.float64]]


class Look:
    """Fitted detectors and, where the set-up has one, the probe.

    Parameters
    ----------
    detectors : mapping of str to Detector
        By name. Those that look through one network share its pass over a batch from now on.
    probe : ModelState, optional
        As a bundle holds it.
    roi : ndarray, bool, shape (H, W)
        The region of interest.
    """

    def __init__(
        self, detectors: Mapping[str, Detector], probe: ModelState | None, roi: NDArray[np.bool_]
    ) -> None:
        self._detectors = detectors
        self._probe = None if probe is None else load_probe(probe)
        self._looks_where = "" if probe is None else str(probe.config["detector"])
        self._roi = roi
        # One pass serves all only where all look at the same batches.
        sizes = (getattr(each, "batch_for", lambda _: _TOGETHER) for each in detectors.values())
        self._together = max(size(roi.shape) for size in sizes)
        frozen = (d for d in detectors.values() if isinstance(d, OnBackbone))
        through = [d for d in frozen if not isinstance(d, EndToEnd)]  # these trained their own
        own = [] if self._probe is None else [self._probe[0].extractor]
        passes = share_passes([*(d.frozen for d in through), *own])
        for detector, shared in zip(through, passes, strict=False):
            detector.frozen = shared
        if self._probe is not None:
            self._probe[0].extractor = passes[-1]

    def at(self, images: NDArray[np.uint8]) -> tuple[Grids, Scores, NDArray[np.float64] | None]:
        """Look at photographs, uint8 (N, H, W, 3), N at least 1.

        Returns
        -------
        grids : dict of str to ndarray, float32, shape (N, h, w)
            Each detector's anomaly maps at its grid.
        scores : dict of str to ndarray, float64, shape (N,)
            Its image scores.
        probe : ndarray, float64, shape (N,), or None
            The probe's scores.
        """
        grids: dict[str, list[NDArray[np.float32]]] = {name: [] for name in self._detectors}
        scores: dict[str, list[NDArray[np.float64]]] = {name: [] for name in self._detectors}
        described = []
        with without_bars():
            for start in range(0, len(images), self._together):
                some = images[start : start + self._together]
                rows = np.arange(len(some))
                for name, detector in self._detectors.items():
                    grid, score = detector.score(some, rows, self._roi)
                    grids[name].append(grid)
                    scores[name].append(score)
                if self._probe is not None:
                    marked = grids[self._looks_where][-1]
                    found = self._probe[0].describe(some, rows, marked, PROBE, self._together)
                    described.append(found)
        probe = None
        if self._probe is not None:
            vectors = self._probe[0].split(np.concatenate(described))
            probe = self._probe[1].decision_function(vectors)
        return (
            {name: np.concatenate(each) for name, each in grids.items()},
            {name: np.concatenate(each) for name, each in scores.items()},
            probe,
        )
