"""Where the detector that F2PAD asks looks: at whole photographs, or at their tiles."""

from __future__ import annotations

from typing import NamedTuple

from vadline.detectors import Tiled
from vadline.errors import VadlineError
from vadline.f2pad.protocol import RefinableDetector
from vadline.images.tiles import Window


class Look(NamedTuple):
    """One tile of all photographs.

    Attributes
    ----------
    tile : tuple of slice
        What the detector looks at.
    own : tuple of slice
        What of it is this tile's alone; all tiles' make up the photograph.
    detector : RefinableDetector
    """

    tile: Window
    own: Window
    detector: RefinableDetector


def looks(detector: object, size: tuple[int, ...]) -> list[Look]:
    """Return where a fitted detector looks on photographs of a height and width.

    Raises
    ------
    VadlineError
        If F2PAD cannot refine its maps.
    """
    if isinstance(detector, Tiled):
        tiling = detector.tiling(size)
        models = [_refinable(detector.at(tile)) for tile in range(len(tiling))]
        return list(map(Look, tiling.windows, tiling.shares, models))
    whole = slice(0, size[0]), slice(0, size[1])
    return [Look(whole, whole, _refinable(detector))]


def _refinable(detector: object) -> RefinableDetector:
    if not isinstance(detector, RefinableDetector):
        name = getattr(detector, "name", type(detector).__name__)
        raise VadlineError(f"line.refined: {name} cannot be refined: leave it out")
    return detector
