"""First guesses N0 of the non-defective image: Omega painted over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from skimage.restoration import inpaint_biharmonic

from vadline.f2pad.mae import load_mae, mae_inpaint
from vadline.f2pad.params import F2PADParams

MAX_RIM_PIXELS = 1500
"""The rim is thinned to about so many pixels: more do not change which reference wins."""


@dataclass(frozen=True)
class Start:
    """What is normal where a region is painted over; equal to the image elsewhere.

    Attributes
    ----------
    mean : ndarray, float32, shape (H, W, 3)
        The best guess N0: several references' mean. Grey levels 0 to 255, not rounded.
    sharp : ndarray, float32, shape (H, W, 3)
        The best reference alone, as a mean is smoother than a photograph.
    spread : ndarray, float32, shape (H, W)
        Standard deviation of the references, over the channels together; 0 where none is known.
    """

    mean: np.ndarray
    sharp: np.ndarray
    spread: np.ndarray


def inpaint(
    image: np.ndarray,
    region: np.ndarray,
    references: np.ndarray,
    params: F2PADParams,
    roi: np.ndarray | None = None,
) -> Start:
    """Paint the region over by the initialiser that the parameters name.

    Each connected part of the region is painted by itself. A part without a rim, or a call
    without references, falls back on biharmonic interpolation; so does a region of which a MAE
    would see no rest.

    Parameters
    ----------
    image : ndarray, uint8, shape (H, W, 3)
    region : ndarray, bool, shape (H, W)
        What to paint over, Omega.
    references : ndarray, uint8, shape (R, H, W, 3)
        Normal images; may be empty.
    roi : ndarray, bool, shape (H, W), optional
        Region of interest: rims that references are held against lie inside.

    Returns
    -------
    Start
        Where the region is the whole image, the mean of the references and the first of them, or
        without any the image itself.
    """
    if params.initialiser == "mae" and params.mae is not None:
        filled = mae_inpaint(load_mae(params.mae), image, region)
        if filled is not None:
            return Start(filled, filled, np.zeros(region.shape, np.float32))
    grey = image.astype(np.float32)
    start = Start(grey, grey.copy(), np.zeros(region.shape, np.float32))
    left = region.copy()
    ring = ~region if roi is None else roi & ~region
    if params.initialiser == "nearest_reference" and len(references):
        parts, n_parts = ndimage.label(region, np.ones((3, 3)))
        for part in range(1, n_parts + 1):
            if _paste_nearest(start, image, parts == part, ring, references, params):
                left[parts == part] = False
    if left.all():  # nothing is known to go on from
        if not len(references):
            return start
        mean = references.mean(axis=0, dtype=np.float32)
        return Start(mean, references[0].astype(np.float32), start.spread)
    if left.any():
        filled = 255 * inpaint_biharmonic(image / 255.0, left, channel_axis=-1)
        for painted in (start.mean, start.sharp):
            painted[left] = filled[left]
    return Start(start.mean.clip(0, 255), start.sharp.clip(0, 255), start.spread)


def _paste_nearest(
    start: Start,
    image: np.ndarray,
    part: np.ndarray,
    ring: np.ndarray,
    references: np.ndarray,
    params: F2PADParams,
) -> bool:
    """Paste the best reference into a connected part, whose rim lies in the ring; False without."""
    rim = ndimage.binary_dilation(part, iterations=params.ring_width) & ring
    if not rim.any():
        return False
    window = ndimage.find_objects((rim | part).astype(np.int8))[0]
    rim, part = rim[window], part[window]
    target = image[window].astype(np.float32)
    crops = _crop_with_margin(references, window, params.max_shift)
    height, width = rim.shape
    sources = []
    for index, (dy, dx) in _best_matches(target, rim, crops, params):
        source = crops[index, dy : dy + height, dx : dx + width].astype(np.float32)
        sources.append(source + _smooth_offset(target - source, rim, params.offset_sigma))
    start.mean[window][part] = np.mean(sources, axis=0)[part]
    start.sharp[window][part] = sources[0][part]
    if len(sources) > 1:
        start.spread[window][part] = np.sqrt(np.var(sources, axis=0, ddof=1).sum(axis=2))[part]
    return True


def _crop_with_margin(references: np.ndarray, window: tuple[slice, ...], margin: int) -> np.ndarray:
    """Cut the window and a margin out of all references; edges repeat beyond the image."""
    rows, columns = (
        np.clip(np.arange(side.start - margin, side.stop + margin), 0, size - 1)
        for side, size in zip(window, references.shape[1:3], strict=True)
    )
    inside = references[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return inside[:, (rows - rows[0])[:, None], (columns - columns[0])[None, :]]


def _best_matches(
    target: np.ndarray, rim: np.ndarray, crops: np.ndarray, params: F2PADParams
) -> list[tuple[int, tuple[int, int]]]:
    """Find the references and shifts whose rims differ least, a constant colour offset apart.

    At most ``params.blend`` rows of ``crops``, of few rows a quarter of that, best first, each with
    the place of the window's top left corner in the crop; ``max_shift`` twice is no shift.
    """
    max_shift = params.max_shift
    rows, columns = np.nonzero(rim)
    step = -(-len(rows) // MAX_RIM_PIXELS)
    rows, columns = rows[::step], columns[::step]
    wanted = target[rows, columns]

    def mismatch(some: np.ndarray, dy: int, dx: int) -> np.ndarray:
        return (some[:, rows + dy, columns + dx] - wanted).var(axis=1).sum(axis=1)

    order = np.argsort(mismatch(crops, max_shift, max_shift), kind="stable")[: params.shortlist]
    near = crops[order]
    shifts = [(dy, dx) for dy in range(2 * max_shift + 1) for dx in range(2 * max_shift + 1)]
    shifts.sort(key=lambda s: (s[0] - max_shift) ** 2 + (s[1] - max_shift) ** 2)
    costs = np.stack([mismatch(near, dy, dx) for dy, dx in shifts])
    count = params.blend if len(crops) >= 2 * params.blend else max(1, params.blend // 4)
    best = np.argsort(costs.min(axis=0), kind="stable")[:count]
    return [(int(order[row]), shifts[costs[:, row].argmin()]) for row in best]


def _smooth_offset(difference: np.ndarray, rim: np.ndarray, sigma: float) -> np.ndarray:
    """Carry the rim's colour difference smoothly inwards, float32 (h, w, 3)."""
    weight = ndimage.gaussian_filter(rim.astype(np.float32), sigma)[..., None]
    known = np.where(rim[..., None], difference, 0)
    spread = ndimage.gaussian_filter(known, (sigma, sigma, 0))
    # Far from the rim the blurred weight vanishes and the mean offset takes over.
    floor = 1e-3
    return (spread + floor * difference[rim].mean(axis=0)) / (weight + floor)
