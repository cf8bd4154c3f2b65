"""What structural defects leave on the demo product, as painters of a canvas.

Each function draws all it needs from ``rng`` at once and returns a painter that gives the same
marks on every canvas. Points and lengths are in unit coordinates.
"""

from __future__ import annotations

import numpy as np

from vadline.sources.demo.canvas import (
    Canvas,
    blob_distance,
    curve,
    curve_distance,
    noise,
    step,
)
from vadline.sources.demo.geometry import GEOMETRY
from vadline.sources.demo.part import Painter
from vadline.sources.demo.solder import SOLDER_TINT


def _waves(rng: np.random.Generator, strength: float, count: int = 7) -> np.ndarray:
    order = np.arange(1, count + 1)
    return rng.normal(0, 1, (count, 2)) * (strength / order**0.7 * (order > 1))[:, None]


def solder_ball(centre: np.ndarray, radius: float, rng: np.random.Generator) -> Painter:
    """Return a painter of a small ball of solder with a ring of flux about it."""
    halo, flux = rng.uniform(1.5, 2.3), rng.uniform(0.0, 0.45)
    waves = _waves(rng, 0.05)

    def paint(canvas: Canvas) -> None:
        window, x, y = canvas.around(centre, 2.8 * radius, radius)
        rho = np.hypot(x, y)
        ring = np.abs(blob_distance(x, y, waves) - halo)
        canvas.paint((206, 213, 212), flux * step(0.25, 0.05, ring), window)
        canvas.shade(1 - 0.3 * step(1.5, 0.9, np.hypot(x - 0.15, y - 0.2)), window)
        value = 62 + 150 * step(0.7, 0.1, np.hypot(x + 0.08, y + 0.1)) + 40 * step(0.5, 1, y) * rho
        alpha = canvas.cover((blob_distance(x, y, waves) - 1) * radius)
        canvas.paint(SOLDER_TINT, alpha, window, light=value)

    return paint


def burn(centre: np.ndarray, radius: float, strength: float, rng: np.random.Generator) -> Painter:
    """Return a painter of a scorched patch, ``strength`` 0..1 deep in its middle."""
    waves, seed = _waves(rng, 0.16), int(rng.integers(2**32))

    def paint(canvas: Canvas) -> None:
        window, x, y = canvas.around(centre, 1.9 * radius, radius)
        texture = np.random.default_rng(seed)
        cloud, soot = (noise(texture, x.shape, (n, n)) for n in (7, 26))
        rho = blob_distance(x, y, waves) + 0.12 * cloud + 0.06 * soot
        alpha = strength * step(1.1, 0.55, rho) * np.clip(0.9 + 0.3 * cloud + 0.2 * soot, 0, 1.1)
        value = 48 + 14 * soot
        canvas.paint((1.0, 0.96, 0.93), alpha, window, light=value)

    return paint


def crack(
    start: np.ndarray, heading: float, length: float, width: float, rng: np.random.Generator
) -> Painter:
    """Return a painter of a jagged dark line that thins out, with a lit edge, within the disc."""
    turns = heading + np.cumsum(rng.normal(0, 0.16, 14)) + rng.normal(0, 0.28, 14)
    steps = np.stack((np.cos(turns), np.sin(turns)), axis=1) * length / 14
    path = np.concatenate((start[None], start + np.cumsum(steps, axis=0)))
    depth = rng.uniform(0.6, 0.95)

    def paint(canvas: Canvas) -> None:
        window, distance, side, along = curve_distance(canvas, path, 3 * width)
        dx = canvas.x[window] - np.float32(GEOMETRY.disc_centre[0])
        dy = canvas.y[window] - np.float32(GEOMETRY.disc_centre[1])
        on_disc = canvas.cover(np.hypot(dx, dy) - GEOMETRY.disc_radius)
        half = width * (1 - 0.6 * along) / 2
        lit = 0.3 * step(2.6 * width, 0.6 * width, distance) * (side > 0)
        canvas.paint((196, 204, 206), lit * on_disc, window)
        alpha = depth * np.clip(0.5 - (distance - half) / canvas.pixel, 0, 1)
        canvas.paint((48, 48, 46), alpha * on_disc, window)

    return paint


def scratch(
    centre: np.ndarray, ray: np.ndarray, width: float, bright: bool, rng: np.random.Generator
) -> Painter:
    """Return a painter of a scratch from ``centre - ray`` to ``centre + ray``, with gaps."""
    bow = rng.normal(0, 0.05) * np.array((-ray[1], ray[0]))
    path = curve((centre - ray, centre + bow, centre + ray), 16)
    force = 0.75 + 0.35 * rng.normal(0, 1, 24)
    depth, value = rng.uniform(0.55, 0.95), 232 if bright else 62

    def paint(canvas: Canvas) -> None:
        window, distance, _, along = curve_distance(canvas, path, 2.5 * width)
        press = np.interp(along, np.linspace(0, 1, 24), force).clip(0.15, 1).astype(np.float32)
        ends = step(0, 0.15, along) * step(1, 0.85, along)
        half = 0.5 * width * press
        alpha = depth * press * ends * np.clip(0.5 - (distance - half) / canvas.pixel, 0, 1)
        canvas.paint((0.97 * value, value, 1.02 * value), alpha, window)

    return paint


def puddle(centre: np.ndarray, radius: float, rng: np.random.Generator) -> Painter:
    """Return a painter of spilt flux: a clear film with bright outlines and dark specks in it."""
    waves, seed = _waves(rng, 0.2), int(rng.integers(2**32))
    film, line = rng.uniform(0.12, 0.45), rng.uniform(0.35, 0.85)

    def paint(canvas: Canvas) -> None:
        window, x, y = canvas.around(centre, 2.0 * radius, radius)
        texture = np.random.default_rng(seed)
        cloud, fine = (noise(texture, x.shape, (n, n)) for n in (6, 40))
        rho = blob_distance(x, y, waves) + 0.08 * cloud
        inside = step(1.02, 0.95, rho)
        canvas.paint((186, 190, 184), film * inside * np.clip(0.8 + cloud, 0.2, 1), window)
        canvas.paint((70, 78, 92), 0.7 * inside * step(0.75, 1.0, fine), window)
        rim = step(0.1, 0.02, np.abs(rho - 0.98)) * step(-0.7, 0.3, cloud + 0.5 * x)
        canvas.paint((222, 227, 224), line * rim, window)

    return paint


def specks(centre: np.ndarray, spread: float, rng: np.random.Generator) -> Painter:
    """Return a painter of a few dark grains strewn over ``spread``."""
    count = int(rng.integers(2, 9))
    at = centre + rng.normal(0, 0.5 * spread, (count, 2))
    radii = rng.uniform(0.006, 0.015, count)
    waves = [_waves(rng, 0.2) for _ in range(count)]
    depth = rng.uniform(0.5, 0.9, count)

    def paint(canvas: Canvas) -> None:
        for place, radius, wave, deep in zip(at, radii, waves, depth, strict=True):
            window, x, y = canvas.around(place, 2 * radius, radius)
            alpha = deep * canvas.cover((blob_distance(x, y, wave) - 1) * radius)
            canvas.paint((58, 52, 46), alpha, window)

    return paint


def fibre(centre: np.ndarray, length: float, rng: np.random.Generator) -> Painter:
    """Return a painter of a thread of lint, white or brown."""
    walk = np.cumsum(rng.normal(0, 0.75, 6)) + rng.uniform(0, 2 * np.pi)
    steps = np.stack((np.cos(walk), np.sin(walk)), axis=1) * length / 5
    points = np.cumsum(steps, axis=0)
    path = curve(points - points.mean(0) + centre)
    colour = ((228, 230, 226), (84, 64, 48))[rng.integers(2)]
    width, depth = rng.uniform(0.004, 0.0075), rng.uniform(0.6, 0.95)

    def paint(canvas: Canvas) -> None:
        window, distance, _, _ = curve_distance(canvas, path, 2.5 * width)
        canvas.paint(colour, depth * canvas.cover(distance - width / 2), window)

    return paint
