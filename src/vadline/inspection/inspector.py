"""Judging new photographs with what a run has learnt."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.calibration import (
    Calibration,
    DriftCheck,
    DriftVerdict,
    photograph_statistics,
    typical_anomaly,
)
from vadline.detectors import AnomalyMaps, load_detector
from vadline.errors import VadlineError
from vadline.f2pad import F2PADParams, PixelPrior, initial_masks, refine
from vadline.images.decode import UnreadableImageError, convert, decode
from vadline.images.region import Region
from vadline.images.shape import height_width
from vadline.inspection.bundle import Bundle, read_bundle
from vadline.inspection.drivers import drivers
from vadline.inspection.each import Photograph, inspect_each
from vadline.inspection.look import Look
from vadline.inspection.result import Inspection
from vadline.segad import (
    IMAGE_SCORE,
    describe_maps,
    described_names,
    feature_frame,
    image_score_columns,
    part_segments,
    setup_columns,
)


@dataclass(frozen=True)
class Judged:
    """What is said of N photographs.

    Attributes
    ----------
    table : DataFrame
        Row i: ``score, probability, threshold, promised, decision, unlike_training, reason``.
    maps : AnomalyMaps
        Of the detector that masks come from, or of the first one.
    statistics : DataFrame
        Of each photograph as a whole, for :meth:`Inspector.drift`.
    """

    table: pd.DataFrame
    maps: AnomalyMaps
    statistics: pd.DataFrame


class Inspector:
    """The line's fitted models, its thresholds and its reading rules; see :meth:`load`.

    It is warm after construction and holds nothing that judging changes: threads may share it.

    Parameters
    ----------
    bundle : Bundle
        What a run has left.
    digest : str
        Tells inspectors apart: of the file that it was read from.
    """

    def __init__(self, bundle: Bundle, digest: str = "") -> None:
        self.bundle = bundle
        self.digest = digest
        reading, masking = bundle.reading, bundle.masking
        self.size = height_width(reading.config["size"])  # one number in older bundles
        drawn = reading.tensors.get("region")
        self._region = None if drawn is None else Region(drawn.numpy())
        self._roi = (
            np.ones(self.size, bool) if self._region is None else self._region.at(*self.size[::-1])
        )
        self._segments = reading.tensors["segments"].numpy()
        # older bundles have neither
        self._per_part = reading.config.get("per_part", False)
        self.mm_per_pixel: float | None = reading.config.get("mm_per_pixel")
        self._detectors = {name: load_detector(s) for name, s in bundle.detectors.items()}
        self._look = Look(self._detectors, bundle.probe, self._roi)
        self._calibration = Calibration.from_dict(bundle.calibration)
        self._drift = DriftCheck.from_dict(bundle.drift) if bundle.drift else None
        self._columns: tuple[list[str], list[str]] | None = None
        self._mapper = masking.config["detector"] if masking else next(iter(self._detectors))
        self.judge(np.zeros((1, *self.size, 3), np.uint8))  # what is lazy is made now

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read an inspector that a run has left: ``data/06_models/*/*/inspector.zip/*/*.zip``.

        Raises
        ------
        VadlineError
            If there is none, or it cannot be read.
        """
        path = Path(path)
        bundle = read_bundle(path)
        with path.open("rb") as file:
            return cls(bundle, hashlib.file_digest(file, "sha256").hexdigest())

    def inspect(self, photographs: Iterable[Photograph], refine: bool = True) -> list[Inspection]:
        """Judge photographs.

        Parameters
        ----------
        photographs : iterable
            Paths; contents of files as bytes; or pixels: uint8 or uint16, (H, W) or (H, W, 3), RGB.
            What cannot be read is undecided, with the reason in ``refused``; nothing is raised.
        refine : bool
            Solve F2PAD for the masks of rejected parts; else they are thresholded maps.

        Returns
        -------
        list of Inspection
            One each, in their order.
        """
        return inspect_each(self, photographs, refine)

    def read(self, photograph: Photograph) -> tuple[NDArray[np.uint8], tuple[int, int]]:
        """Read one photograph as the line has read its own.

        Returns
        -------
        pixels : ndarray, uint8, shape (H, W, 3)
        original_size : tuple of int
            Width and height.

        Raises
        ------
        UnreadableImageError
            If it cannot be read; the message is the reason.
        """
        rules: dict[str, Any] = {
            "sixteen_bit_max": self.bundle.reading.config["sixteen_bit_max"],
            "region": self._region,
        }
        if isinstance(photograph, np.ndarray):
            return convert(photograph, self.size, **rules)
        if isinstance(photograph, bytes):
            return decode(photograph, self.size, **rules)
        try:
            data = Path(photograph).read_bytes()
        except OSError as error:
            raise UnreadableImageError(error.strerror or str(error)) from error
        return decode(data, self.size, **rules)

    def judge(self, images: NDArray[np.uint8]) -> Judged:
        """Score and decide.

        Parameters
        ----------
        images : ndarray, uint8, shape (N, H, W, 3)
            As :meth:`read` gives them, N at least 1.
        """
        rows, roi = np.arange(len(images)), self._roi
        statistics = photograph_statistics(images, rows, roi)
        grids, scores, probe = self._look.at(images)
        names = self.bundle.reading.config["segment_names"]
        kept = {
            name: AnomalyMaps.by(self._detectors[name].params, grid, self.size)
            for name, grid in grids.items()
        }
        features = []
        # All detectors' maps at once: of one part, calls cost more than pixels.
        pixels = np.concatenate([maps.pixels(rows) for maps in kept.values()])
        segments = self._segments
        if self._per_part:
            segments = np.tile(part_segments(images, rows, segments), (len(kept), 1, 1))
        described = describe_maps(pixels, segments, names)
        for name, found in zip(grids, np.split(described, len(grids)), strict=True):
            frame = feature_frame(found, name, described_names(names), list(map(str, rows)))
            frame[f"{name}.{IMAGE_SCORE}"] = scores[name]
            statistics[f"{name}'s map"] = typical_anomaly(grids[name], roi)
            features.append(frame)
        told = pd.concat(features, axis="columns")
        terms = self._terms(told, probe)
        table = self._calibration.decide(terms["score"].to_numpy())
        table["unlike_training"] = self._drift is not None and self._drift.flags(statistics)
        table["reason"] = drivers(told, self.bundle.usual, terms)
        return Judged(table, kept[self._mapper], statistics)

    def drift(self, statistics: pd.DataFrame) -> dict[str, Any]:
        """Tell whether photographs as a whole are unlike those of training.

        Parameters
        ----------
        statistics : DataFrame
            Rows of :class:`Judged`'s.

        Returns
        -------
        dict
            :class:`vadline.calibration.DriftVerdict` as plain values.
        """
        if self._drift is None:
            words = "Without good training parts nothing tells whether light or camera changed"
            return asdict(DriftVerdict(False, 0, len(statistics), words))
        return asdict(self._drift.verdict(statistics))

    def masks(
        self, images: NDArray[np.uint8], maps: NDArray[np.float32], refined: bool = True
    ) -> NDArray[np.uint8]:
        """Mark defects.

        Parameters
        ----------
        images : ndarray, uint8, shape (n, H, W, 3)
            As :meth:`read` gives them.
        maps : ndarray, float32, shape (n, H, W)
            ``pixels`` of :class:`Judged`'s maps.
        refined : bool
            Solve F2PAD; else masks are the thresholded maps.

        Returns
        -------
        ndarray, uint8 {0, 1}, shape (n, H, W)

        Raises
        ------
        VadlineError
            If no detector of the line makes masks.
        """
        masking = self.bundle.masking
        if masking is None:
            raise VadlineError(
                "this inspector makes no masks: none of its detectors is in line.refined"
            )
        threshold = masking.config["threshold"]
        if not refined:
            return initial_masks(maps, threshold, self._roi)
        # Older bundles have settings that are no more.
        told = {k: v for k, v in masking.config["f2pad"].items() if k in F2PADParams.model_fields}
        result = refine(
            images,
            maps,
            threshold,
            self._detectors[masking.config["detector"]],
            PixelPrior(*(masking.tensors[name].numpy() for name in ("means", "precisions"))),
            masking.tensors["references"].numpy(),
            F2PADParams.model_validate(told),
            self._roi,
        )
        return result.masks

    def _terms(self, features: pd.DataFrame, probe: NDArray[np.float64] | None) -> pd.DataFrame:
        setup = self.bundle.setup
        if self._columns is None:  # the same for every part
            columns = setup_columns(
                features,
                setup["detectors"],
                setup["include_image_score"],
                setup["classifier"],
                setup.get("whole", False),  # older bundles have none
            )
            self._columns = columns, image_score_columns(features, setup["detectors"])
        columns, scores = self._columns
        return self.bundle.forest.terms(features[columns], features[scores], probe)
