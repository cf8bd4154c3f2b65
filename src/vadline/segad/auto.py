"""Segments that the good parts themselves suggest: places that look alike, and vary alike."""

from __future__ import annotations

import logging

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from torch.nn import functional as F

from vadline.backbones import BackboneParams, build_extractor, pick_device, usual_batch
from vadline.defects.synthetic import OUTSIDE
from vadline.detectors.patches import batches, extract, grid_roi
from vadline.images.arrays import Images
from vadline.segad.columns import WHOLE
from vadline.segad.foreground import without_specks
from vadline.segad.segments import Segments
from vadline.splits.draws import evenly

logger = logging.getLogger(__name__)

LEVELS, POOL = (2, 3), 3
MOST_GOODS = 100
EXPLAINED = 0.5
"""Share of the features' variance that their place must explain: .87 on aligned parts (demo), .6
where these turn by 10 degrees and move by a sixteenth, at most .4 on textures, .3 on MTD."""
_LEVEL, _POSITION = 0.7, 0.3  # what the goods' own map and the place count beside features
_DIMENSIONS = 24
_STARTS = 50
_TINY = 1e-6
_SPECK = 0.005  # of the region

Floats = NDArray[np.float64]


def auto_segments(
    images: Images,
    goods: NDArray[np.int64],
    count: int,
    backbone: BackboneParams,
    roi: NDArray[np.bool_],
    seed: int = 0,
) -> Segments:
    """Cluster the places of aligned good parts; one segment where parts are not aligned.

    Parameters
    ----------
    images : array, uint8, shape (N, H, W, 3)
    goods : ndarray, int64, shape (n,)
        Rows of good training parts; at most 100 are read, evenly.
    count : int
        Segments at most.
    backbone : BackboneParams
        Whose levels 2 and 3 are looked at.
    roi : ndarray, bool, shape (H, W)
        Region of interest; pixels outside belong to no segment.
    seed : int
        Of k-means, which hardly depends on it.

    Returns
    -------
    labels : ndarray, uint8, shape (H, W)
        Falling in size, and `OUTSIDE`.
    names : tuple of str
        ``auto_0``, ``auto_1`` and so on; ``whole`` alone where the place explains less than half of
        the features' variance.
    """
    looks = GoodLooks(images, evenly(goods, MOST_GOODS), backbone, roi)
    explained = looks.explained_by_place()
    if explained < EXPLAINED or looks.inside.sum() <= count:
        logger.info(
            "Segments: whole, as parts are a texture or lie in many ways: their place explains "
            "%.0f %% of how patches differ, and auto needs %.0f %%",
            100 * explained,
            100 * EXPLAINED,
        )
        return _whole(roi)
    found = _joining_specks(cluster_places(looks, count, roi.shape, seed), roi)
    used, sizes = np.unique(found[roi], return_counts=True)
    rank = np.zeros(count, np.uint8)
    rank[used[np.argsort(-sizes, kind="stable")]] = np.arange(len(used))
    labels = np.where(roi, rank[found], np.uint8(OUTSIDE))
    return (labels, tuple(f"auto_{i}" for i in range(len(used)))) if len(used) > 1 else _whole(roi)


class GoodLooks:
    """What good parts look like at each place of a grid.

    Parameters
    ----------
    images : array, uint8, shape (N, H, W, 3)
        A few are in memory at a time.
    rows : ndarray, int64, shape (n,)
        Good parts.
    roi : ndarray, bool, shape (H, W)

    Attributes
    ----------
    inside : ndarray, bool, shape (h, w)
        Places that touch the region.
    mean, variance : ndarray, float64, shape (h, w, C)
        Of each place's features over the parts, a unit being a channel's standard deviation over
        parts and places.
    """

    def __init__(
        self,
        images: Images,
        rows: NDArray[np.int64],
        backbone: BackboneParams,
        roi: NDArray[np.bool_],
    ) -> None:
        extractor = build_extractor(backbone.name, LEVELS, backbone.weights, backbone.sha256)
        extractor = extractor.to(pick_device("auto")).folded()
        total = squares = np.zeros(())
        for batch in batches(images, rows, usual_batch(extractor.mean.device, images.shape[1:3])):
            found = extract(extractor, batch, POOL).cpu().double().numpy()
            total, squares = total + found.sum(axis=0), squares + np.square(found).sum(axis=0)
        mean = total / len(rows)
        variance = np.maximum(squares / len(rows) - np.square(mean), 0)
        self.count = len(rows)
        self.inside = grid_roi(roi, mean.shape[:2])
        unit = np.sqrt(variance[self.inside].mean(axis=0) + mean[self.inside].var(axis=0))
        unit[unit == 0] = 1
        self.mean, self.variance = mean / unit, variance / np.square(unit)

    def explained_by_place(self) -> float:
        """Return which share of the features' variance their place explains; 0 of one part."""
        if self.count < 2:
            return 0.0
        by_chance = self.variance[self.inside].mean(axis=0) / (self.count - 1)
        return float((self.mean[self.inside].var(axis=0) - by_chance).mean())

    def own_map(self) -> Floats:
        """Return how far good parts lie from their mean, the root mean square: float64 (h, w)."""
        return np.sqrt(self.variance.mean(axis=2))


def cluster_places(
    looks: GoodLooks, count: int, size: tuple[int, ...], seed: int = 0
) -> NDArray[np.int64]:
    """Cluster places by the mean part's features, the goods' own map, and a little by position.

    Where good parts differ much, defects hide, so such places are told from quiet ones.

    Returns
    -------
    ndarray, int64, shape ``size``
        0 to ``count`` - 1, also outside of the region. Borders are smooth, as distances are
        stretched before they are compared.
    """
    mean, inside = looks.mean, looks.inside
    pca = PCA(min(_DIMENSIONS, int(inside.sum()), mean.shape[2]), svd_solver="full")
    pca.fit(mean[inside])
    features = pca.transform(mean.reshape(-1, mean.shape[2])).reshape(*inside.shape, -1)
    level = np.log(looks.own_map() + _TINY)[..., None]
    where = np.stack(np.meshgrid(*map(np.arange, inside.shape), indexing="ij"), axis=2)
    weighed = [(features, 1.0), (level, _LEVEL), (where, _POSITION)]
    points = np.concatenate([weight * _scaled(of, inside) for of, weight in weighed], axis=2)
    means = KMeans(count, n_init=_STARTS, random_state=seed).fit(points[inside])
    far = np.square(means.transform(points.reshape(-1, points.shape[2])))
    grid = torch.from_numpy(far.T.reshape(1, count, *inside.shape))
    stretched = F.interpolate(grid, size, mode="bilinear", align_corners=False)
    return stretched[0].argmin(dim=0).numpy()


def _scaled(points: NDArray[np.floating], inside: NDArray[np.bool_]) -> Floats:
    """Centre points, (h, w, d), and bring their mean square distance from there to 1."""
    centred = points - points[inside].mean(axis=0)
    spread = np.square(centred[inside]).sum(axis=1).mean()
    return centred / (np.sqrt(spread) or 1.0)


def _joining_specks(labels: NDArray[np.int64], roi: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Let small islands join what is nearest to them."""
    kept = np.zeros(labels.shape, bool)
    for each in np.unique(labels[roi]):
        kept |= without_specks((labels == each) & roi, _SPECK * roi.sum())
    if not kept.any():
        return labels
    nearest = distance_transform_edt(~kept, return_distances=False, return_indices=True)
    return labels[tuple(nearest)]


def _whole(roi: NDArray[np.bool_]) -> Segments:
    return np.where(roi, np.uint8(0), np.uint8(OUTSIDE)), (WHOLE,)
