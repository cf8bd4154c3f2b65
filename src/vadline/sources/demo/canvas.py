"""A picture in floating point with part coordinates, and the few shapes drawn on it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline

Window = tuple[slice, slice]


@dataclass(frozen=True)
class Pose:
    """Shift (unit lengths) and turn (radians) of the part about ``centre``."""

    shift: tuple[float, float] = (0.0, 0.0)
    angle: float = 0.0
    centre: tuple[float, float] = (0.5, 0.5)

    def to_part(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Image to part coordinates."""
        c, s = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        dx = x - np.float32(self.centre[0] + self.shift[0])
        dy = y - np.float32(self.centre[1] + self.shift[1])
        return (
            c * dx + s * dy + np.float32(self.centre[0]),
            c * dy - s * dx + np.float32(self.centre[1]),
        )

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """Part to image coordinates."""
        c, s = np.cos(self.angle), np.sin(self.angle)
        dx, dy = x - self.centre[0], y - self.centre[1]
        return (
            c * dx - s * dy + self.centre[0] + self.shift[0],
            s * dx + c * dy + self.centre[1] + self.shift[1],
        )


class Canvas:
    """A square RGB picture that is painted in part coordinates.

    Channels come first: blending plane by plane is several times faster.

    Attributes
    ----------
    image : float32 (3, side, side)
        Brightness, nominally 0..255, not clipped.
    x, y : float32 (side, side)
        Part coordinates of the pixel centres.
    pixel : float
        Side of a pixel in unit coordinates.
    """

    def __init__(self, side: int, pose: Pose) -> None:
        self.side, self.pose, self.pixel = side, pose, 1.0 / side
        self.image = np.zeros((3, side, side), np.float32)
        axis = (np.arange(side, dtype=np.float32) + 0.5) / side
        self.x, self.y = pose.to_part(axis[None, :], axis[:, None])

    def copy(self) -> Canvas:
        """Return a canvas with a picture of its own."""
        other = object.__new__(Canvas)
        other.__dict__.update(self.__dict__, image=self.image.copy())
        return other

    def window(self, centre: Iterable[float], reach: float) -> Window:
        """Return the pixels within ``reach`` of a part point, clipped to the picture."""
        cx, cy = self.pose.to_image(*centre)
        bounds = [
            int(np.clip(edge * self.side, 0, self.side))
            for edge in (cy - reach, cy + reach + 2 * self.pixel, cx - reach, cx + reach)
        ]
        return slice(bounds[0], bounds[1]), slice(bounds[2], bounds[3] + 1)

    def around(
        self, centre: Sequence[float] | np.ndarray, reach: float, unit: float
    ) -> tuple[Window, np.ndarray, np.ndarray]:
        """Return a window as `window` does, and its pixels' x and y from the centre, per unit."""
        window = self.window(centre, reach)
        x = (self.x[window] - np.float32(centre[0])) / unit
        return window, x, (self.y[window] - np.float32(centre[1])) / unit

    def cover(self, distance: np.ndarray, blur: float = 0.0) -> np.ndarray:
        """Turn signed distance (negative inside) into coverage 0..1, ``blur`` unit lengths soft."""
        alpha = 0.5 - distance * (1 / max(self.pixel, blur))
        return np.clip(alpha, 0, 1, out=alpha)

    def paint(
        self,
        colour: Sequence[float],
        alpha: np.ndarray,
        window: Window | None = None,
        light: np.ndarray | None = None,
    ) -> None:
        """Blend RGB ``colour``, times ``light`` (h, w) if given, over the window by ``alpha``."""
        area = self.image if window is None else self.image[:, *window]
        for channel, level in zip(area, colour, strict=True):
            channel += alpha * ((level if light is None else np.float32(level) * light) - channel)

    def shade(self, gain: np.ndarray, window: Window | None = None) -> None:
        """Multiply the window by ``gain`` (h, w)."""
        area = self.image if window is None else self.image[:, *window]
        area *= gain


def step(low: float, high: float, value: np.ndarray) -> np.ndarray:
    """Rise smoothly from 0 at ``low`` to 1 at ``high``; falls where ``low > high``."""
    scale = 1 / (high - low)
    t = value * scale
    t -= low * scale
    np.clip(t, 0, 1, out=t)
    return t * t * (3 - 2 * t)


@lru_cache(maxsize=256)
def _spline_basis(length: int, cells: int) -> np.ndarray:
    position = np.linspace(0, cells, length, dtype=np.float32)
    offset = position[:, None] - (np.arange(cells + 3, dtype=np.float32) - 1)[None]
    a = np.abs(offset)
    return np.where(a < 1, 2 / 3 - a**2 + a**3 / 2, np.where(a < 2, (2 - a) ** 3 / 6, 0)).astype(
        np.float32
    )


def noise(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[int, int]) -> np.ndarray:
    """Smooth random field: cubic B-splines over ``cells`` (down, across), float32, std about 0.5.

    What it draws from ``rng`` depends on ``cells`` alone, never on ``shape``.
    """
    grid = rng.standard_normal((cells[0] + 3, cells[1] + 3), dtype=np.float32)
    return _spline_basis(shape[0], cells[0]) @ grid @ _spline_basis(shape[1], cells[1]).T


def curve(points: ArrayLike, samples: int = 40) -> np.ndarray:
    """Return ``samples`` points, float64 (samples, 2), of a smooth curve through ``points``."""
    through = np.asarray(points, float)
    along = np.r_[0, np.cumsum(np.hypot(*np.diff(through, axis=0).T))]
    return CubicSpline(along, through)(np.linspace(0, along[-1], samples))


def curve_distance(
    canvas: Canvas, points: np.ndarray, reach: float
) -> tuple[Window, np.ndarray, np.ndarray, np.ndarray]:
    """Distance to a polyline, where nearer than ``reach`` (``reach`` elsewhere).

    Returns
    -------
    window, distance, side, along
        Float32 fields over the window: distance (unit lengths), the same with its sign (which side
        of the curve), and the place on the curve (0 start .. 1 end).
    """
    middle = (points.min(0) + points.max(0)) / 2
    window = canvas.window(middle, float(np.hypot(*np.ptp(points, axis=0)) / 2 + reach))
    shape = canvas.x[window].shape
    distance = np.full(shape, reach, np.float32)
    side, along = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    top, left = window[0].start, window[1].start
    for i, (a, b) in enumerate(itertools.pairwise(points.astype(np.float32))):
        length = float(np.hypot(*(b - a))) + 1e-9
        rows, columns = canvas.window((a + b) / 2, length / 2 + reach)
        near = (
            slice(max(rows.start - top, 0), max(rows.stop - top, 0)),
            slice(max(columns.start - left, 0), max(columns.stop - left, 0)),
        )
        px, py = canvas.x[window][near] - a[0], canvas.y[window][near] - a[1]
        ux, uy = ((b - a) / length).tolist()
        t = np.clip(px * ux + py * uy, 0, length)
        d = np.hypot(px - t * ux, py - t * uy)
        closer = d < distance[near]
        distance[near] = np.where(closer, d, distance[near])
        side[near] = np.where(closer, px * uy - py * ux, side[near])
        along[near] = np.where(closer, (i + t / length) / (len(points) - 1), along[near])
    return window, distance, side, along


def polygon_distance(x: np.ndarray, y: np.ndarray, corners: Sequence) -> np.ndarray:
    """Signed distance bound (negative inside) to a convex polygon, corners clockwise on screen."""
    inside = np.full(x.shape, -np.inf, np.float32)
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        length = math.hypot(bx - ax, by - ay)
        inside = np.maximum(inside, ((by - ay) * (x - ax) - (bx - ax) * (y - ay)) / length)
    return inside


def blob_distance(x: np.ndarray, y: np.ndarray, harmonics: np.ndarray) -> np.ndarray:
    """Radius over the outline's radius, of a round blob about (0, 0) whose outline wobbles.

    ``harmonics`` (n, 2) holds cosine and sine amplitudes of waves 1..n, relative to radius 1.
    """
    angle = np.arctan2(y, x)
    outline = np.ones_like(x)
    for k, (c, s) in enumerate(harmonics, start=1):
        outline += np.float32(c) * np.cos(k * angle) + np.float32(s) * np.sin(k * angle)
    return np.hypot(x, y) / outline
