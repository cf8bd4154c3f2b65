"""Housing, cup and bevelled ring of the demo product: the metal around the disc."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.ndimage import map_coordinates

from vadline.sources.demo.canvas import Canvas, noise, step
from vadline.sources.demo.geometry import GEOMETRY


class _Polar(NamedTuple):
    """Float32 (side, side) coordinates about the disc's centre."""

    dx: np.ndarray
    dy: np.ndarray
    radius: np.ndarray
    angle: np.ndarray

    def streaks(self, rng: np.random.Generator, around: int, outwards: int) -> np.ndarray:
        """Streaks along the radius: cells around and outwards to radius 0.75, std about 0.6."""
        grid = rng.standard_normal((around, outwards), dtype=np.float32)
        row = (self.angle + np.float32(np.pi)) * np.float32(around / (2 * np.pi))
        column = self.radius * np.float32((outwards - 1) / 0.75)
        return map_coordinates(grid, (row, column), order=1, mode="grid-wrap")

    def lamp(self, degrees: float, width: float) -> np.ndarray:
        """How strongly a bevel mirrors a lamp at this angle, ``width`` degrees to each side."""
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        facing = (self.dx * c + self.dy * s) / np.maximum(self.radius, np.float32(1e-3))
        return step(math.cos(math.radians(width)), math.cos(math.radians(0.3 * width)), facing)


def draw_metal(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw housing, mottled cup and ring over the whole picture."""
    dx = canvas.x - np.float32(GEOMETRY.disc_centre[0])
    dy = canvas.y - np.float32(GEOMETRY.disc_centre[1])
    polar = _Polar(dx, dy, np.hypot(dx, dy), np.arctan2(dy, dx))
    cloud = noise(rng, dx.shape, (5, 5))
    light = 98 + 12 * cloud - 24 * np.abs(dy) + 14 * step(0.3, 0.0, np.abs(dx))
    _blend_cup(light, canvas, rng, polar, cloud)
    _blend_ring(light, canvas, rng, polar)
    # Metal mirrors a cool room: the darker, the bluer.
    cool = 15 - 0.05 * light
    canvas.image[:] = light - cool, light, light + cool
    corner = step(0.9, 1.0, canvas.y) * step(0.42, 0.5, np.abs(dx))
    canvas.paint((148, 132, 82), 0.8 * corner)


def _blend_cup(
    light: np.ndarray, canvas: Canvas, rng: np.random.Generator, polar: _Polar, cloud: np.ndarray
) -> None:
    """Blend the cup's galvanised floor and its flange over ``light``, in place."""
    (a, b), p = GEOMETRY.cup_half_axes, np.float32(GEOMETRY.cup_exponent)
    wave = 1 + 0.02 * np.exp(-((polar.dx / np.float32(0.14)) ** 2)) * (polar.dy < 0)
    sums = np.abs(polar.dx / np.float32(a)) ** p + np.abs(polar.dy / np.float32(b)) ** p
    out = np.float32(b) * (sums ** (1 / p) / wave - 1)  # 0 on the outline, negative within
    mottle, fine = (noise(rng, light.shape, (n, n)) for n in (95, 230))
    streak = polar.streaks(rng, 560, 30)
    right = np.maximum(step(-0.05, 0.3, polar.dx), step(-0.3, -0.42, polar.dy))
    field = (0.95 - 0.45 * right) * mottle + 0.65 * fine + (0.25 + 0.6 * right) * streak
    floor = 182 + 14 * cloud + 26 * fine + 18 * streak - 26 * step(0.0, -0.42, polar.dy)
    floor += 0.8 * np.clip(0.9 * field + 0.06 + 0.4 * cloud, 0, 1.15) * (70 - floor)
    light += canvas.cover(out, 0.006) * (floor - light)
    # The flange: parallel bright and dark lines along the outline, above and below.
    ends = step(0.25, 0.4, np.abs(polar.dy))
    out += 0.002 * cloud
    for at, width, value, alpha in (
        (0.034, 0.006, 52, 0.75),
        (0.022, 0.007, 128, 0.5),
        (0.012, 0.005, 58, 0.8),
        (0.002, 0.006, 192, 0.7),
        (-0.011, 0.004, 80, 0.55),
    ):
        light += alpha * ends * step(width, 0.0, np.abs(out - at)) * (value - light)


def _blend_ring(light: np.ndarray, canvas: Canvas, rng: np.random.Generator, polar: _Polar) -> None:
    """Blend the bevelled ring over ``light``, in place: bright where it mirrors the lamps."""
    inner, outer = GEOMETRY.disc_radius, GEOMETRY.ring_outer_radius
    streak, broad = polar.streaks(rng, 420, 40), polar.streaks(rng, 40, 8)
    across = (polar.radius - inner) / (outer - inner)
    left, low_right, low_left = polar.lamp(180, 55), polar.lamp(38, 22), polar.lamp(118, 30)
    top = polar.lamp(-90, 60)

    ring = 146 + 26 * np.maximum(left, low_right) + 12 * broad + 16 * streak - 22 * top
    for strength, at, width, jitter in (
        (80 * left, 0.68, 0.34, 0.08),
        (85 * low_right, 0.45, 0.3, 0.2),
        (90 * low_left, 0.3, 0.22, 0.1),
        (45 * polar.lamp(90, 60), 0.85, 0.2, 0.15),
        (55 * polar.lamp(-45, 25), 0.8, 0.15, 0.1),
    ):
        place = at - jitter * broad - 0.04 * streak
        ring += strength * step(width, 0.0, np.abs(across - place))
    ring -= 46 * step(0.25, 0.0, np.abs(across - 1.0 + 0.62 * top)) * (1 - 0.5 * left)
    ring += 50 * step(0.14, 0.0, np.abs(across - 0.1)) * (0.35 + 0.6 * top)
    ring -= 50 * step(0.08, 0.0, across)
    edge = polar.radius - outer + 0.03 * top - 0.004 * broad
    light += 0.93 * canvas.cover(edge, 0.004) * (ring - light)
