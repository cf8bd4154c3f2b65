"""VAD's seven segments, laid out in unit coordinates (SegAD, figure 5).

The part is always centred and of one size, so one map serves every picture. Numbers are fractions
of the picture's side, points (x, y) with y down, read off VAD's published example. Movable things
(dots, wires, pins) have a margin around them, since parts differ by a few per cent.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from skimage.draw import polygon2mask

NAMES = (
    "background",
    "outer_half_circle",
    "piezo_border",
    "solder_dots",
    "wires",
    "pins",
    "piezo_middle",
)

CENTRE = (0.497, 0.5)
MIDDLE_RADIUS = 0.388
BORDER_RADIUS = 0.44
OUTER_RADIUS = 0.49
# The metal ring around the piezo counts above the pins' feet, which hide the rest of it.
OUTER_LOWEST = 0.82

DOTS = ((0.345, 0.195, 0.115), (0.688, 0.222, 0.108))  # x, y, radius
WIRES = (
    ((0.337, 0.262), (0.318, 0.33), (0.349, 0.4), (0.345, 0.47), (0.29, 0.515)),
    ((0.679, 0.282), (0.692, 0.335), (0.75, 0.383), (0.777, 0.43), (0.757, 0.49)),
)
WIRE_REACH = 0.045
PINS = (
    ((0.20, 0.495), (0.335, 0.495), (0.295, 0.83), (0.255, 1.0), (0.04, 1.0), (0.16, 0.80)),
    ((0.665, 0.475), (0.79, 0.46), (0.87, 0.80), (0.90, 1.0), (0.68, 1.0), (0.735, 0.83)),
)


def vad_segments(size: tuple[int, int]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Draw VAD's segments for pictures of one size (height, width).

    Returns
    -------
    labels : ndarray, uint8, shape (H, W)
        Index into the names.
    names : tuple of str
    """
    height, width = size
    y = (np.arange(height)[:, None] + 0.5) / height
    x = (np.arange(width)[None] + 0.5) / width
    radius = np.hypot(x - CENTRE[0], y - CENTRE[1])
    labels = np.zeros(size, np.uint8)
    # From the bottom up: what is drawn later lies on top.
    labels[(radius < OUTER_RADIUS) & (y < OUTER_LOWEST)] = NAMES.index("outer_half_circle")
    labels[radius < BORDER_RADIUS] = NAMES.index("piezo_border")
    labels[radius < MIDDLE_RADIUS] = NAMES.index("piezo_middle")
    for wire in WIRES:
        labels[_distance(x, y, wire) < WIRE_REACH] = NAMES.index("wires")
    for dot_x, dot_y, dot_radius in DOTS:
        labels[np.hypot(x - dot_x, y - dot_y) < dot_radius] = NAMES.index("solder_dots")
    for pin in PINS:
        corners = [(py * height - 0.5, px * width - 0.5) for px, py in pin]
        labels[polygon2mask(size, corners)] = NAMES.index("pins")
    return labels, NAMES


def _distance(x: np.ndarray, y: np.ndarray, points: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Distance of each pixel to a polyline."""
    nearest = np.full((y.shape[0], x.shape[1]), np.inf)
    for (x0, y0), (x1, y1) in pairwise(points):
        dx, dy = x1 - x0, y1 - y0
        along = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0, 1)
        nearest = np.minimum(nearest, np.hypot(x - x0 - along * dx, y - y0 - along * dy))
    return nearest
