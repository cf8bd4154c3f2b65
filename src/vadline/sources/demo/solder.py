"""Solder dots and wires of the demo product."""

from __future__ import annotations

import math

import numpy as np

from vadline.sources.demo.canvas import Canvas, blob_distance, curve, curve_distance, noise, step
from vadline.sources.demo.part import Dot, Wire

SOLDER_TINT = (0.97, 1.0, 1.025)
"""Colour of bare metal, per unit of brightness."""


def draw_dot(canvas: Canvas, dot: Dot) -> None:
    """Draw a dot: flux and shadow around it, dark rim, bright crinkled core."""
    window, x, y = canvas.around(dot.centre, 1.45 * dot.radius, dot.radius)
    rho = blob_distance(x, y, dot.harmonics)
    rng = np.random.default_rng(dot.texture)
    shape = rho.shape
    coarse, middle, fine = (noise(rng, shape, (n, n)) for n in (6, 13, 34))
    side, glint = rng.uniform(0, 2 * np.pi), rng.uniform(0.7, 1.2)
    lean = rng.normal(0, 0.04, 2).tolist()

    facing = (x * math.cos(side) + y * math.sin(side)) / np.maximum(rho, 0.3)
    flux_edge = 1.1 + 0.07 * facing + 0.05 * coarse
    canvas.paint((84, 84, 74), 0.6 * step(0.03, -0.04, rho - flux_edge), window)
    flux_line = step(0.03, 0.0, np.abs(rho - flux_edge)) * step(0.1, 0.7, facing)
    canvas.paint((205, 212, 210), 0.4 * flux_line, window)
    canvas.shade(1 - 0.45 * step(1.16, 0.98, rho), window)

    rim = 46 + 14 * coarse + 13 * middle + 12 * fine
    low_band = step(0.16, 0.0, np.abs(rho - 0.86 + 0.08 * coarse))
    top_band = step(0.12, 0.0, np.abs(rho - 0.78 + 0.1 * middle))
    rim += 60 * glint * low_band * step(0.2, 0.9, y + 0.5 * middle)
    rim += 55 * top_band * step(0.5, 0.9, 0.6 * coarse - y)
    off = np.hypot(x - lean[0], y - 0.06 - lean[1])
    bright = 182 + 34 * middle + 42 * fine + 16 * coarse - 26 * y
    bright -= 60 * step(0.08, 0.0, np.abs(off - 0.19 - 0.08 * middle)) * step(-0.5, 0.3, coarse)
    core = step(0.74, 0.52, off + 0.1 * coarse + 0.09 * middle + 0.05 * fine)
    value = rim + core * (bright - rim)
    value += 85 * core * step(0.35, 0.9, middle + 0.6 * fine)
    value *= 1 - 0.55 * step(0.9, 1.0, rho)
    canvas.paint(SOLDER_TINT, canvas.cover((rho - 1) * dot.radius), window, light=value)


def draw_wire(canvas: Canvas, wire: Wire) -> None:
    """Draw a wire: a soft shadow, a dark thread with a lit side, solder glinting at its start."""
    path = curve(wire.points)
    first, last = (round(fraction * (len(path) - 1)) for fraction in wire.span)
    path, share = path[first : last + 1], (last - first) / (len(path) - 1)
    half = wire.width / 2
    rng = np.random.default_rng(wire.texture)
    wobble = np.interp(np.linspace(0, 1, 64), np.linspace(0, 1, 12), rng.normal(0, 1, 12))

    window, distance, _, along = curve_distance(canvas, path + np.array((0.004, 0.007)), 4 * half)
    along = wire.span[0] + share * along
    shadow = 0.14 * step(3.2 * half, 0.4 * half, distance) * step(0.08, 0.3, along)
    canvas.shade(1 - shadow, window)

    window, distance, side, along = curve_distance(canvas, path, 3 * half)
    along = wire.span[0] + share * along
    wave = np.interp(along, np.linspace(0, 1, 64), wobble).astype(np.float32)
    tip = step(wire.tip, 0.4 * wire.tip, along + 0.015 * wave)
    lit = step(0.15, 0.9, side / half) * step(1.1, 0.6, side / half)
    value = 70 + 6 * wave + (38 + 8 * wave) * lit * (1 - tip)
    value += 120 * tip * step(1.9, 0.3, distance / half)
    width = half * (1 + 0.7 * tip)
    canvas.paint(SOLDER_TINT, canvas.cover(distance - width), window, light=value)
