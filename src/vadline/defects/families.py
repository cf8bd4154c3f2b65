"""Families of synthetic defects for choosing a detector's settings from good parts alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates
from skimage.draw import polygon2mask
from skimage.transform import resize

from vadline.defects.params import DefectKind, SyntheticParams
from vadline.defects.placing import draw_point
from vadline.defects.synthetic import synthetic_defect

Floats = NDArray[np.float32]
Family = Callable[[Floats, Floats, float, np.random.Generator], Floats]


def make_defect(
    family: str,
    image: NDArray[np.uint8],
    donor: NDArray[np.uint8],
    strength: float,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Put one synthetic defect on a good part.

    Parameters
    ----------
    family : str
        A key of :data:`FAMILIES`.
    image : ndarray, uint8, shape (h, w, 3)
        A good part, at the photograph's own size; left as it is.
    donor : ndarray, uint8, shape (h', w', 3)
        Another good part, from which pasted texture comes.
    strength : float
        Contrast, or for warps and missing pieces size, in units of a plain example (1).
    """
    x, y = image.astype(np.float32), donor.astype(np.float32)
    made = FAMILIES[family](x, y, strength, rng)
    return np.clip(np.rint(made), 0, 255).astype(np.uint8)


def _bump(x: Floats, rng: np.random.Generator, low: float, high: float) -> Floats:
    """Draw a soft ellipse, (h, w, 1), 1 at its centre; radii ``low``-``high`` of the short side."""
    row, column = draw_point(x.shape[:2], rng)
    radii = rng.uniform(low, high, 2) * min(x.shape[:2])
    angle = rng.uniform(0, np.pi)
    rows, columns = np.mgrid[: x.shape[0], : x.shape[1]].astype(np.float32)
    rows, columns = rows - row, columns - column
    along = (rows * np.cos(angle) + columns * np.sin(angle)) / radii[0]
    across = (columns * np.cos(angle) - rows * np.sin(angle)) / radii[1]
    return np.exp(-((along**2 + across**2) ** 2))[..., None].astype(np.float32)


def _box(x: Floats, corners: NDArray[np.float64]) -> Floats:
    mask = polygon2mask(x.shape[:2], corners).astype(np.float32)
    return gaussian_filter(mask, 0.5)[..., None]


def _bar(x: Floats, rng: np.random.Generator, length: float, thickness: float) -> Floats:
    """Return the mask (h, w, 1) of a rectangle of that size in pixels, at a random angle."""
    centre, angle = np.array(draw_point(x.shape[:2], rng)), rng.uniform(0, np.pi)
    along = np.array([np.sin(angle), np.cos(angle)]) * length / 2
    across = np.array([np.cos(angle), -np.sin(angle)]) * max(thickness, 1) / 2
    ends = [along + across, along - across, -along - across, -along + across]
    return _box(x, centre + np.array(ends))


def _like(donor: Floats, x: Floats, rng: np.random.Generator) -> Floats:
    """Cut a piece of ``x``'s size from the donor, tiled by reflection where it is smaller."""
    index = []
    for have, want in zip(donor.shape[:2], x.shape[:2], strict=True):
        ramp = np.arange(want) + rng.integers(2 * have)
        index.append(np.abs((ramp + have) % (2 * have) - have).clip(0, have - 1))
    return donor[np.ix_(*index)]


def _segad(kind: DefectKind) -> Family:
    params = SyntheticParams(kinds=(kind,), min_contrast=8)

    def family(x: Floats, _: Floats, strength: float, rng: np.random.Generator) -> Floats:
        whole = np.zeros(x.shape[:2], np.uint8)
        own = np.random.default_rng([0, int(rng.integers(2**31))])
        made, mask = synthetic_defect(x.astype(np.uint8), whole, params, own)
        return x + min(strength, 1.0) * (made.astype(np.float32) - x) * mask[..., None]

    return family


def _patch(x: Floats, donor: Floats, strength: float, rng: np.random.Generator) -> Floats:
    side = min(x.shape[:2])
    mask = _bar(x, rng, side * rng.uniform(0.1, 0.35), side * rng.uniform(0.1, 0.35))
    pasted = _like(donor, x, rng) * (1 + 0.2 * strength * rng.choice([-1, 1]))
    return x + mask * min(strength, 1.0) * (pasted - x)


def _scar(x: Floats, donor: Floats, strength: float, rng: np.random.Generator) -> Floats:
    side = min(x.shape[:2])
    mask = _bar(x, rng, side * rng.uniform(0.08, 0.3), side * rng.uniform(0.01, 0.06))
    pasted = _like(donor, x, rng) * (1 + 0.2 * rng.choice([-1, 1]))
    return x + mask * strength * (pasted - x)


def _spots(x: Floats, _: Floats, strength: float, rng: np.random.Generator) -> Floats:
    made = x
    for _spot in range(rng.integers(1, 4)):
        sign = rng.choice([-1, 1], p=[0.7, 0.3])
        made = made * (1 + sign * min(0.3 * strength, 1.5) * _bump(x, rng, 0.008, 0.05))
    return np.maximum(made, 0)


def _crack(x: Floats, _: Floats, strength: float, rng: np.random.Generator) -> Floats:
    steps = int(min(x.shape[:2]) * rng.uniform(0.1, 0.5))
    heading = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.25, steps))
    path = np.array(draw_point(x.shape[:2], rng)) + np.cumsum(
        np.stack([np.sin(heading), np.cos(heading)], 1), axis=0
    )
    rows, columns = np.rint(path).astype(int).T
    inside = (rows >= 0) & (rows < x.shape[0]) & (columns >= 0) & (columns < x.shape[1])
    line = np.zeros(x.shape[:2], np.float32)
    line[rows[inside], columns[inside]] = 1
    width = rng.uniform(0.6, 1.4)
    line = np.minimum(gaussian_filter(line, width) * width * 2.5, 1)
    return x * (1 - min(0.3 * strength, 1.0) * line[..., None])


def _scratch(x: Floats, _: Floats, strength: float, rng: np.random.Generator) -> Floats:
    side = min(x.shape[:2])
    mask = _bar(x, rng, side * rng.uniform(0.2, 0.6), rng.uniform(1, 2.5))
    return x * (1 + rng.choice([-1, 1]) * min(0.25 * strength, 1.0) * mask)


def _shade(x: Floats, _: Floats, strength: float, rng: np.random.Generator) -> Floats:
    """Uneven reflectance: broad soft clouds that brighten or darken."""
    field = resize(rng.normal(size=(4, 4)), x.shape[:2], order=3, mode="reflect")[..., None]
    field = (field / np.abs(field).max()).astype(np.float32)
    return x * np.exp(0.5 * strength * field)


def _stain(x: Floats, _: Floats, strength: float, rng: np.random.Generator) -> Floats:
    """Discoloured region of middle size with a soft border."""
    return x * np.exp(rng.choice([-1, 1]) * 0.3 * strength * _bump(x, rng, 0.08, 0.3))


def _warp(x: Floats, _: Floats, strength: float, rng: np.random.Generator) -> Floats:
    shape = x.shape[:2]
    bump = _bump(x, rng, 0.08, 0.25)[..., 0]
    shift = [gaussian_filter(rng.normal(size=shape).astype(np.float32), 6) for _ in range(2)]
    shift = [4 * strength * bump * s / max(float(s.std()), 1e-6) for s in shift]
    grid = [g + s for g, s in zip(np.mgrid[: shape[0], : shape[1]], shift, strict=True)]
    channels = [map_coordinates(x[..., c], grid, order=1, mode="reflect") for c in range(3)]
    return np.stack(channels, axis=-1)


def _texture(x: Floats, donor: Floats, strength: float, rng: np.random.Generator) -> Floats:
    """Another part's fine texture, turned by 90 degrees, under this one's brightness."""
    bump = _bump(x, rng, 0.06, 0.25)
    other = _like(np.rot90(donor), x, rng)
    fine = other - gaussian_filter(other, (4, 4, 0))
    own = x - gaussian_filter(x, (4, 4, 0))
    return x + bump * (strength * fine - min(strength, 1.0) * own)


def _grain(x: Floats, _: Floats, strength: float, rng: np.random.Generator) -> Floats:
    """Rough, frayed region: correlated noise in proportion to the brightness."""
    noise = gaussian_filter(rng.normal(size=x.shape[:2]), rng.uniform(0.5, 2))
    noise = (noise / noise.std())[..., None].astype(np.float32)
    return np.maximum(x * (1 + 0.15 * strength * _bump(x, rng, 0.04, 0.2) * noise), 0)


def _missing(x: Floats, _: Floats, strength: float, rng: np.random.Generator) -> Floats:
    """Piece broken off at the border, as dark as the photograph's darkest pixels."""
    height, width = x.shape[:2]
    size = np.array([height, width])
    axis, far = rng.integers(2), rng.integers(2)
    centre = rng.uniform(0, 1, 2) * size
    centre[axis] = far * size[axis]
    angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
    radii = rng.uniform(0.02, 0.08, (9, 1)) * strength * min(height, width)
    piece = _box(x, centre + radii * np.stack([np.sin(angles), np.cos(angles)], axis=1))
    return x + piece * (np.percentile(x, 1) - x)


FAMILIES: Mapping[str, Family] = {
    "blur": _segad("blur"),
    "rectangle": _segad("rectangle"),
    "patch": _patch,
    "scar": _scar,
    "spots": _spots,
    "crack": _crack,
    "scratch": _scratch,
    "shade": _shade,
    "stain": _stain,
    "warp": _warp,
    "texture": _texture,
    "grain": _grain,
    "missing": _missing,
}
"""What can be put on a part: smears, marks, pasted pieces, lines, light, shape and texture."""
