"""Drawing of a part of the demo product, layer by layer."""

from __future__ import annotations

import numpy as np

from vadline.sources.demo.canvas import (
    Canvas,
    blob_distance,
    curve,
    curve_distance,
    noise,
    polygon_distance,
    step,
)
from vadline.sources.demo.geometry import GEOMETRY, Geometry
from vadline.sources.demo.metal import draw_metal
from vadline.sources.demo.part import Part
from vadline.sources.demo.solder import draw_dot, draw_wire

__all__ = ["GEOMETRY", "SUPERSAMPLING", "Geometry", "draw_base", "draw_picture"]

SUPERSAMPLING = 2


def draw_base(part: Part, size: int) -> Canvas:
    """Draw metal, disc, spot and flux at ``SUPERSAMPLING * size`` pixels: all that never fails."""
    rng = np.random.default_rng(part.texture)
    # The metal, half of the work, is smooth enough for plain resolution.
    metal = Canvas(size, part.pose)
    draw_metal(metal, rng)
    canvas = Canvas(SUPERSAMPLING * size, part.pose)
    canvas.image[:] = metal.image.repeat(SUPERSAMPLING, axis=1).repeat(SUPERSAMPLING, axis=2)
    _draw_disc(canvas, part, rng)
    _draw_flux(canvas, rng)
    return canvas


def draw_picture(part: Part, base: Canvas) -> np.ndarray:
    """Draw dots, wires, pins and defects over a copy of ``base``, light it and scale it down.

    Returns
    -------
    float32 (size, size, 3)
        Brightness without sensor noise, nominally 0..255, not clipped.
    """
    canvas = base.copy()
    for painter in part.under:
        painter(canvas)
    for dot in part.dots:
        draw_dot(canvas, dot)
    for wire in part.wires:
        draw_wire(canvas, wire)
    for painter in part.over:
        painter(canvas)
    _draw_pins(canvas, part)
    size = canvas.side // SUPERSAMPLING
    small = canvas.image.reshape(3, size, SUPERSAMPLING, size, SUPERSAMPLING).mean((2, 4))
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    slope_x, slope_y = part.light.gradient
    gain = part.light.gain * (1 + slope_x * axis[None, :] + slope_y * axis[:, None])
    small *= gain.astype(np.float32) * part.light.cast.astype(np.float32)[:, None, None]
    return np.ascontiguousarray(small.transpose(1, 2, 0))


def _gap_distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Signed distance to the gap's middle line, negative on the pad's side."""
    g = GEOMETRY
    qx = x - np.float32(g.gap_corner[0] - g.gap_radius)
    qy = y - np.float32(g.gap_corner[1] - g.gap_radius)
    outside = np.hypot(np.maximum(qx, 0), np.maximum(qy, 0))
    return outside + np.minimum(np.maximum(qx, qy), 0) - np.float32(g.gap_radius)


def _weave(canvas: Canvas, part: Part, rng: np.random.Generator) -> np.ndarray:
    """Relief of the woven electrode, about -0.4..1, and the grain over it."""
    shape = canvas.x.shape
    bend_x, bend_y, patches = (noise(rng, shape, (n, n)) for n in (7, 7, 5))
    knots = rng.uniform(0.1, 1.0, (96, 96)).astype(np.float32)
    c, s = np.float32(np.cos(part.weave_angle)), np.float32(np.sin(part.weave_angle))
    u = (c * canvas.x + s * canvas.y + 0.003 * bend_x) / np.float32(0.021)
    v = (c * canvas.y - s * canvas.x + 0.003 * bend_y) / np.float32(0.0195)
    u = u + np.float32(part.weave_phase[0])
    v = v + np.float32(part.weave_phase[1])
    u = u + 0.5 * (np.floor(v) % 2)
    strength = knots[np.floor(v).astype(np.int32) % 96, np.floor(u).astype(np.int32) % 96]
    row, column = v - np.floor(v), u - np.floor(u)
    dash = 0.35 + 0.65 * step(0.5, 0.1, np.abs(column - 0.5))
    thread = step(0.28, 0.0, np.abs(row - 0.4)) * dash
    groove = step(0.22, 0.0, np.abs(row - 0.85))
    fade = np.clip(0.85 + 0.7 * patches - 1.2 * np.maximum(canvas.x - 0.72, 0), 0.15, 1.4)
    return (1.25 * strength * thread - 0.28 * groove) * (fade * np.float32(part.weave_strength))


def _draw_disc(canvas: Canvas, part: Part, rng: np.random.Generator) -> None:
    g = GEOMETRY
    x, y, shape = canvas.x, canvas.y, canvas.x.shape
    radius = np.hypot(x - np.float32(g.disc_centre[0]), y - np.float32(g.disc_centre[1]))
    cloud, rough, rag, grain = (noise(rng, shape, (n, n)) for n in (5, 40, 110, 220))

    # The ceramic is darker and browner above, where the housing shades it.
    ceramic = canvas.cover(radius - g.disc_radius)
    mottle = 1 + 0.03 * rough + 0.04 * grain
    canvas.paint((112, 115, 110), ceramic, light=mottle - 0.24 * step(0.78, 0.9, y))
    shaded = ceramic * step(0.5, 0.36, y + 0.02 * cloud)
    canvas.paint((89, 88, 77), shaded, light=mottle)

    relief = _weave(canvas, part, rng)
    light = 134 + 38 * step(0.42, 0.85, y + 0.04 * cloud) + 6 * cloud + 5 * rough
    light += 40 * step(0.18, 0.42, np.abs(x - 0.5)) * step(0.25, 0.6, y)
    main = light + 36 * relief + 11 * grain + 9 * rag
    gap = _gap_distance(x, y) + 0.0022 * rag + 0.003 * rough * step(0.0, 0.1, y)
    edge = np.maximum(radius - g.electrode_radius + 0.0025 * rag, g.gap_width / 2 - gap)
    pad = np.maximum(radius - g.disc_radius + 0.003, gap + g.gap_width / 2)
    pad_light = 150 + 8 * cloud + 6 * relief + 8 * grain + 6 * rag
    for value, distance in ((main, edge), (pad_light, pad)):
        canvas.shade(1 - 0.18 * step(0.012, 0.0, np.abs(distance)))
        canvas.paint((0.945, 1.0, 1.025), canvas.cover(distance), light=value)

    window = canvas.window(part.spot, 1.3 * g.spot_radius)
    sx, sy = x[window] - np.float32(part.spot[0]), y[window] - np.float32(part.spot[1])
    wobble = rng.normal(0, 0.01, (6, 2)) * (np.arange(6) > 0)[:, None]
    rho = blob_distance(sx, sy, wobble) + 0.0012 * rag[window]
    spot = 90 + 9 * relief[window] + 4 * grain[window] + 3 * rough[window]
    scale = g.spot_radius * rng.uniform(0.94, 1.05)
    canvas.paint((0.98, 1.0, 0.99), 0.96 * canvas.cover(rho - scale, 0.004), window, light=spot)


def _draw_flux(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw what a good part may have: thin bright flux lines near the dots, faint scratches."""
    for centre in ((0.24, 0.305), (0.49, 0.2), (0.612, 0.23), (0.79, 0.22)):
        if rng.uniform() < 0.7:
            angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(0.015, 0.04)
            ray = length * np.array((np.cos(angle), np.sin(angle)))
            middle = np.asarray(centre) + rng.normal(0, 0.008, 2)
            bow = rng.uniform(-0.5, 0.5) * ray[::-1] * (1, -1)
            path = curve((middle - ray, middle + bow, middle + ray), 12)
            window, distance, _, along = curve_distance(canvas, path, 0.012)
            alpha = 0.6 * step(0.005, 0.001, distance) * step(0, 0.3, along) * step(1, 0.7, along)
            canvas.paint((214, 220, 218), alpha, window)
    for _ in range(rng.poisson(0.8)):
        angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(0.02, 0.07)
        ray = length * np.array((np.cos(angle), np.sin(angle)))
        middle = np.array((0.5, 0.6)) + rng.uniform(-0.2, 0.2, 2)
        path = curve((middle - ray, middle + rng.normal(0, 0.006, 2), middle + ray), 12)
        window, distance, _, _ = curve_distance(canvas, path, 0.008)
        canvas.paint((190, 200, 204), rng.uniform(0.15, 0.4) * step(0.003, 0, distance), window)


def _draw_pins(canvas: Canvas, part: Part) -> None:
    """Draw the pins: translucent and out of focus."""
    rng = np.random.default_rng(part.texture + 1)
    for blade, foot, shift in zip(GEOMETRY.pins, GEOMETRY.pin_feet, part.pin_shifts, strict=True):
        top = (np.asarray(blade) + shift).tolist()
        base = (np.asarray(foot) + shift).tolist()
        window = canvas.window(np.mean(top + base, axis=0), 0.36)
        x, y = canvas.x[window], canvas.y[window]
        bands, glare = noise(rng, x.shape, (24, 5)), noise(rng, x.shape, (8, 14))
        distance = polygon_distance(x, y, top)
        fog = step(0.6, 0.84, y)
        blade_light = 76 + 5 * bands + 52 * fog + 44 * step(0.016, 0.0, np.abs(distance))
        alpha = (0.92 - 0.25 * fog) * canvas.cover(distance, 0.012)
        canvas.paint((0.94, 1.01, 1.07), alpha, window, light=blade_light)
        distance = polygon_distance(x, y, base)
        foot_light = 122 + 9 * bands + 40 * step(0.03, 0.0, np.abs(y - base[0][1] - 0.02))
        foot_light = foot_light + 18 * step(0.03, 0.0, np.abs(distance + 0.01)) + 25 * glare
        alpha = 0.84 * canvas.cover(distance, 0.022)
        canvas.paint((0.97, 1.0, 1.02), alpha, window, light=foot_light)
        smudge = ((base[0][0] + base[1][0]) / 2 + 0.03, base[0][1] + 0.06)
        far = np.maximum(np.abs(x - smudge[0]) - 0.032, np.abs(y - smudge[1]) - 0.011)
        canvas.paint((104, 88, 62), 0.75 * canvas.cover(far, 0.016), window)
