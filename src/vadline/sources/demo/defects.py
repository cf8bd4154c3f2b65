"""Defects of the demo product: each turns a good part into a bad one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.ndimage import binary_closing

from vadline.sources.demo.geometry import GEOMETRY
from vadline.sources.demo.marks import burn, crack, fibre, puddle, scratch, solder_ball, specks
from vadline.sources.demo.part import Part, Wire

VISIBLE_STEP = 8.0
"""Least change of brightness (0..255, in any channel, before sensor noise) that a mask counts."""


def defect_mask(good: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Mark where two noise-free pictures of a part differ visibly, with small holes closed.

    Parameters
    ----------
    good, bad : float32 (H, W, 3)
        The same part without and with its defect, 0..255.

    Returns
    -------
    uint8 {0, 1} (H, W)
        Empty only where the pictures are equal.
    """
    change = np.abs(np.clip(bad, 0, 255) - np.clip(good, 0, 255)).max(axis=-1)
    visible = change > min(VISIBLE_STEP, change.max() / 2)
    reach = max(1, round(good.shape[0] / 256))
    closed = binary_closing(np.pad(visible, 2 * reach), iterations=reach)
    return closed[2 * reach : -2 * reach, 2 * reach : -2 * reach].astype(np.uint8)


def _solder_ball(part: Part, rng: np.random.Generator) -> Part:
    dot = part.dots[rng.integers(2)]
    painters = []
    for _ in range(1 + (rng.uniform() < 0.25)):
        angle, away = np.radians(rng.uniform(20, 160)), rng.uniform(1.25, 2.1) * dot.radius
        at = np.asarray(dot.centre) + away * np.array((np.cos(angle), np.sin(angle)))
        painters.append(solder_ball(at, rng.uniform(0.012, 0.03), rng))
    return replace(part, over=tuple(painters))


def _burn(part: Part, rng: np.random.Generator) -> Part:
    if rng.uniform() < 0.6:
        dot = part.dots[rng.integers(2)]
        angle = np.radians(rng.uniform(30, 150))
        at = np.asarray(dot.centre) + dot.radius * np.array((np.cos(angle), np.sin(angle)))
    else:
        at = np.array((rng.uniform(0.36, 0.64), rng.uniform(0.38, 0.82)))
    return replace(part, under=(burn(at, rng.uniform(0.045, 0.1), rng.uniform(0.4, 0.95), rng),))


def _crack(part: Part, rng: np.random.Generator) -> Part:
    # From the disc's edge inwards, where no pin stands before it.
    low, high = ((-55, 35), (150, 205), (70, 110))[rng.integers(3)]
    start = np.radians(rng.uniform(low, high))
    radius = GEOMETRY.disc_radius - 0.01
    at = np.asarray(GEOMETRY.disc_centre) + radius * np.array((np.cos(start), np.sin(start)))
    heading = start + np.pi + rng.uniform(-0.9, 0.9)
    width = rng.uniform(0.004, 0.008)
    return replace(part, under=(crack(at, heading, rng.uniform(0.12, 0.4), width, rng),))


def _scratch(part: Part, rng: np.random.Generator) -> Part:
    middle = np.array((rng.uniform(0.36, 0.64), rng.uniform(0.36, 0.8)))
    angle, bright = rng.uniform(0, 2 * np.pi), rng.uniform() < 0.65
    painters = []
    for _ in range(rng.integers(1, 4)):
        at = middle + rng.normal(0, 0.022, 2)
        ray = np.array((np.cos(angle), np.sin(angle))) * rng.uniform(0.04, 0.13)
        painters.append(scratch(at, ray, rng.uniform(0.0034, 0.0065), bright, rng))
        angle += rng.normal(0, 0.12)
    return replace(part, under=tuple(painters))


def _pollution(part: Part, rng: np.random.Generator) -> Part:
    kind = rng.integers(3)
    at = np.array((rng.uniform(0.34, 0.66), rng.uniform(0.36, 0.82)))
    if kind == 0:
        dot = part.dots[rng.integers(2)]
        angle = np.radians(rng.uniform(0, 180))
        at = np.asarray(dot.centre) + 1.2 * dot.radius * np.array((np.cos(angle), np.sin(angle)))
        return replace(part, over=(puddle(at, rng.uniform(0.045, 0.09), rng),))
    if kind == 1:
        return replace(part, over=(specks(at, rng.uniform(0.03, 0.1), rng),))
    return replace(part, over=(fibre(at, rng.uniform(0.08, 0.2), rng),))


def _with_wire(part: Part, which: int, points: np.ndarray, tip: float | None = None) -> Part:
    wires = list(part.wires)
    old = wires[which]
    wires[which] = replace(old, points=points, tip=old.tip if tip is None else tip)
    return replace(part, wires=tuple(wires))


def _wire_off_dot(part: Part, rng: np.random.Generator) -> Part:
    which = int(rng.integers(2))
    dot, points = part.dots[which], part.wires[which].points.copy()
    # Beside the dot (obvious) or straight below it, a little short (subtle).
    low, high = ((15, 60), (75, 105), (120, 150))[rng.integers(3)]
    angle, away = np.radians(rng.uniform(low, high)), rng.uniform(1.2, 1.5) * dot.radius
    end = np.asarray(dot.centre) + away * np.array((np.cos(angle), np.sin(angle)))
    points[1] = np.maximum((end + points[2]) / 2 + rng.normal(0, 0.008, 2), (0, end[1] + 0.02))
    points[0] = end
    return _with_wire(part, which, points, tip=rng.uniform(0.1, 0.2))


def _wire_missing(part: Part, rng: np.random.Generator) -> Part:
    which = int(rng.integers(2))
    if rng.uniform() < 0.5:
        return replace(part, wires=(part.wires[1 - which],))
    # Broken: a stub stays, at the dot or at the pin.
    cut = rng.uniform(0.3, 0.65)
    span = (0.0, cut) if rng.uniform() < 0.5 else (cut, 1.0)
    wires = list(part.wires)
    wires[which] = replace(wires[which], span=span)
    return replace(part, wires=tuple(wires))


def _wire_bent(part: Part, rng: np.random.Generator) -> Part:
    which = int(rng.integers(2))
    points = part.wires[which].points.copy()
    bulge = rng.choice((-1, 1)) * rng.uniform(0.035, 0.1)
    points[1:4, 0] += bulge * np.array((0.45, 1.0, rng.uniform(0.3, 0.9)))
    points[1:4, 1] += rng.uniform(-0.015, 0.025)
    return _with_wire(part, which, points)


def _dot_misplaced(part: Part, rng: np.random.Generator) -> Part:
    which = int(rng.integers(2))
    dot, points = part.dots[which], part.wires[which].points.copy()
    length = rng.uniform(0.035, 0.1)
    inwards = np.asarray(GEOMETRY.disc_centre) - dot.centre
    angle = np.arctan2(inwards[1], inwards[0]) + np.radians(rng.uniform(-110, 110))
    shift = length * np.array((np.cos(angle), np.sin(angle)))
    points[0] += shift
    points[1] += 0.6 * shift
    dots = list(part.dots)
    dots[which] = replace(dot, centre=(dot.centre[0] + shift[0], dot.centre[1] + shift[1]))
    return replace(_with_wire(part, which, points), dots=tuple(dots))


def _extra_wire(part: Part, rng: np.random.Generator) -> Part:
    start = np.array((rng.uniform(0.36, 0.64), rng.uniform(0.4, 0.75)))
    if rng.uniform() < 0.4:
        dot = part.dots[rng.integers(2)]
        start = np.add(dot.centre, (rng.uniform(-0.03, 0.03), 0.6 * dot.radius))
    ray = np.array((0.5, 0.62)) - start + rng.normal(0, 0.1, 2)
    ray *= rng.uniform(0.09, 0.32) / max(float(np.hypot(*ray)), 0.02)
    across = np.array((-ray[1], ray[0])) * rng.uniform(-0.35, 0.35)
    points = start + np.array([0 * ray, 0.33 * ray + across, 0.67 * ray - 0.5 * across, ray])
    width = GEOMETRY.wire_width * rng.uniform(0.8, 1.1)
    wire = Wire(points, width, int(rng.integers(2**32)), tip=rng.uniform(0, 0.15) + 1e-3)
    return replace(part, wires=(*part.wires, wire))


_DEFECTS: dict[str, Callable[[Part, np.random.Generator], Part]] = {
    "solder_ball": _solder_ball,
    "wire_off_dot": _wire_off_dot,
    "crack": _crack,
    "wire_missing": _wire_missing,
    "scratch": _scratch,
    "dot_misplaced": _dot_misplaced,
    "pollution": _pollution,
    "wire_bent": _wire_bent,
    "burn": _burn,
    "extra_wire": _extra_wire,
}

DEFECT_KINDS: tuple[str, ...] = tuple(_DEFECTS)
"""All defects, structural and logical."""

UNSEEN_KINDS: tuple[str, ...] = ("burn", "extra_wire")
"""Those that occur in ``test/bad_unseen_defects`` only."""


def apply_defect(part: Part, kind: str, rng: np.random.Generator) -> Part:
    """Return the part with a defect of ``kind`` (one of ``DEFECT_KINDS``), its severity drawn."""
    return _DEFECTS[kind](part, rng)
