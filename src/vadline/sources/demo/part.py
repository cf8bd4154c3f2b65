"""One part of the demo product, as numbers: pose, light and tolerances, before it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from vadline.sources.demo.canvas import Canvas, Pose
from vadline.sources.demo.geometry import GEOMETRY

Painter = Callable[[Canvas], None]


@dataclass(frozen=True)
class Dot:
    """A solder dot: centre and radius (unit lengths), outline waves, seed of its surface."""

    centre: tuple[float, float]
    radius: float
    harmonics: np.ndarray
    texture: int


@dataclass(frozen=True)
class Wire:
    """A wire: the points (n, 2) its curve goes through, width and seed.

    ``tip`` is the fraction of its length at the start that glints with solder; of a broken wire
    only the part ``span`` (fractions of its length) is there.
    """

    points: np.ndarray
    width: float
    texture: int
    tip: float = 0.1
    span: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True)
class Light:
    """Gain, its fall-off over the picture (x, y), colour cast (RGB factors)."""

    gain: float
    gradient: tuple[float, float]
    cast: np.ndarray


@dataclass(frozen=True)
class Part:
    """Everything that tells one part from the next; ``under`` and ``over`` hold its defects.

    ``under`` paints on the disc before dots and wires, ``over`` after them and before the pins,
    which stand nearer to the lens.
    """

    pose: Pose
    light: Light
    dots: tuple[Dot, ...]
    wires: tuple[Wire, ...]
    spot: tuple[float, float]
    pin_shifts: np.ndarray
    weave_angle: float
    weave_phase: tuple[float, float]
    weave_strength: float
    sensor_noise: float
    texture: int
    under: tuple[Painter, ...] = field(default=())
    over: tuple[Painter, ...] = field(default=())


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**32))


def sample_dot(rng: np.random.Generator, centre: tuple[float, float], radius: float) -> Dot:
    """Draw a dot within tolerance about ``centre`` and ``radius`` (unit lengths)."""
    at = np.asarray(centre) + rng.uniform(-0.008, 0.008, 2)
    waves = rng.normal(0, 1, (6, 2)) * np.array([0, 0.022, 0.015, 0.009, 0.006, 0.004])[:, None]
    return Dot((float(at[0]), float(at[1])), radius * rng.uniform(0.95, 1.05), waves, _seed(rng))


def sample_wire(rng: np.random.Generator, nominal: tuple, dot: Dot, centre: tuple) -> Wire:
    """Draw a wire within tolerance that stays soldered to ``dot``."""
    points = np.array(nominal, float)
    points[1:-1] += rng.normal(0, 0.006, (len(points) - 2, 2)).clip(-0.012, 0.012)
    points[0] += np.asarray(dot.centre) - np.asarray(centre) + rng.normal(0, 0.004, 2)
    points[-1, 0] += rng.uniform(-0.006, 0.006)
    return Wire(points, GEOMETRY.wire_width * rng.uniform(0.9, 1.15), _seed(rng))


def sample_part(rng: np.random.Generator) -> Part:
    """Draw a good part: everything within the tolerances of the line."""
    g = GEOMETRY
    pose = Pose(
        tuple(rng.normal(0, 0.008, 2).clip(-0.02, 0.02)),
        float(np.radians(np.clip(rng.normal(0, 0.8), -2, 2))),
        g.disc_centre,
    )
    light = Light(rng.normal(1, 0.035), tuple(rng.normal(0, 0.035, 2)), 1 + rng.normal(0, 0.008, 3))
    dots = tuple(sample_dot(rng, c, r) for c, r in zip(g.dot_centres, g.dot_radii, strict=True))
    wires = tuple(
        sample_wire(rng, points, dot, centre)
        for points, dot, centre in zip(g.wires, dots, g.dot_centres, strict=True)
    )
    return Part(
        pose=pose,
        light=light,
        dots=dots,
        wires=wires,
        spot=tuple(np.asarray(g.spot_centre) + rng.uniform(-0.008, 0.008, 2)),
        pin_shifts=rng.normal(0, 0.003, (2, 2)),
        weave_angle=float(np.radians(rng.normal(-4, 2.5))),
        weave_phase=tuple(rng.uniform(0, 1, 2)),
        weave_strength=rng.uniform(0.75, 1.2),
        sensor_noise=rng.uniform(1.2, 2.2),
        texture=_seed(rng),
    )
