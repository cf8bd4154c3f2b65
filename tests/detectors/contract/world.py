"""A small world to try a detector in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vadline.detectors.protocol import Detector
from vadline.detectors.training_set import TrainingSet
from vadline.images.arrays import Images

_LEARNT, _GOODS, _IMAGES = 12, 8, 17  # those learnt from: goods, then bads; then others


class CountedImages:
    """Photographs or masks that are only given by an int or an array of ints, and are counted.

    Parameters
    ----------
    array : ndarray, shape (N, ...)

    Attributes
    ----------
    most : int
        How many were asked for at once.
    """

    __iter__ = None

    def __init__(self, array: NDArray) -> None:
        self._array = array
        self.shape, self.dtype = array.shape, array.dtype
        self.most = 0

    def __len__(self) -> int:
        """Return N."""
        return len(self._array)

    def __getitem__(self, rows: int | NDArray[np.int64]) -> NDArray:
        """Return some of them."""
        if not (isinstance(rows, np.ndarray | int | np.integer) and np.asarray(rows).dtype != bool):
            raise TypeError(f"asked for {rows!r}: ask for an int or an array of ints")
        self.most = max(self.most, np.size(rows))
        return self._array[rows]

    def __array__(self, *args: object, **kwargs: object) -> NDArray:
        """Refuse to be read as a whole."""
        raise TypeError("all images were asked for at once: ask for a batch at a time")


@dataclass
class Trial:
    """A kind of detector and a small world to try it in.

    Parameters
    ----------
    make : callable
        Gives an unfitted detector.
    size : int
        Side of the square images, in pixels.
    """

    make: Callable[[], Detector]
    size: int = 64

    @cached_property
    def images(self) -> NDArray[np.uint8]:
        """Grey noise with a slope, of which some have a bright square; the last one is constant."""
        rng = np.random.default_rng(0)
        slope = np.linspace(60, 140, self.size)[None, :, None, None]
        noise = rng.normal(0, 6, (_IMAGES, self.size, self.size, 3))
        images = (slope + noise).clip(0, 255).astype(np.uint8)
        images[self.masks.astype(bool)] = 250
        images[-1] = 90
        return images

    @cached_property
    def masks(self) -> NDArray[np.uint8]:
        """The squares."""
        masks = np.zeros((_IMAGES, self.size, self.size), np.uint8)
        side = self.size // 4
        for i in [*range(_GOODS, _LEARNT), _IMAGES - 2]:
            masks[i, side // 2 + i : side // 2 + i + side, i : i + side] = 1
        return masks

    @cached_property
    def roi(self) -> NDArray[np.bool_]:
        """A region in the left of the images."""
        roi = np.zeros((self.size, self.size), bool)
        roi[:, : 5 * self.size // 8] = True
        return roi

    def blanked(self) -> NDArray[np.uint8]:
        """Return the images as a line with that region has them."""
        return np.where(self.roi[..., None], self.images, np.uint8(128))

    def few(self) -> TrainingSet:
        """Return a single good to learn from, and a single bad."""
        return self.training([0, _GOODS])

    def training(
        self,
        rows: Sequence[int] = range(_LEARNT),
        images: Images | None = None,
        roi: NDArray[np.bool_] | None = None,
    ) -> TrainingSet:
        """Return what is learnt from: with bads, if the settings have a field ``learn_from``."""
        images = CountedImages(self.images) if images is None else images
        chosen = np.array(rows, np.int64)
        bad = chosen >= _GOODS
        if not hasattr(self.make().params, "learn_from"):
            return TrainingSet(images, chosen[~bad], roi=roi)
        return TrainingSet(images, chosen, bad, CountedImages(self.masks), np.ones_like(bad), roi)

    @cached_property
    def fitted(self) -> Detector:
        """A detector that has learnt."""
        return self.make().fit(self.training(), 5)

    @cached_property
    def others(self) -> NDArray[np.int64]:
        """Rows of images that it has not learnt from: goods, a bad one, the constant one."""
        return np.arange(_LEARNT, _IMAGES)

    @cached_property
    def scored(self) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Maps and scores of these."""
        return self.fitted.score(CountedImages(self.images), self.others)
