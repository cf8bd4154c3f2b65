"""Photographs of the same thing: equal files, and copies that were saved or scaled anew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.neighbors import NearestNeighbors

_THUMBNAIL = 32  # side in pixels
_NEAR = 1.0  # grey levels of 255: what saving or scaling anew may change
_SHARE_OF_USUAL = 0.2  # aligned parts may all be alike: copies are far nearer than neighbours are
_LOOKED_AT = 4  # nearest neighbours: of many copies each is near to some
_CHUNK = 256


def groups_of_one_thing(
    sha256: Sequence[str], images: NDArray[np.uint8], rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Group photographs that are one file, or nearly the same pixels.

    Near copies are those whose thumbnails differ by at most one grey level (root mean square), and
    by a fifth of what separates a photograph from its nearest neighbour usually.

    Parameters
    ----------
    sha256 : sequence of str, length n
    images : array, uint8, shape (N, H, W, 3)
        Read in pieces.
    rows : ndarray, int64, shape (n,)
        Which of them.

    Returns
    -------
    ndarray, int64, shape (n,)
        A number for each group.
    """
    _, first, names = np.unique(np.asarray(sha256, str), return_index=True, return_inverse=True)
    if len(first) < 3:
        return names.astype(np.int64)
    ones = rows[first]
    small = np.concatenate(
        [_thumbnails(images[ones[i : i + _CHUNK]]) for i in range(0, len(ones), _CHUNK)]
    )
    search = NearestNeighbors(n_neighbors=min(_LOOKED_AT, len(small) - 1)).fit(small)
    distances, others = search.kneighbors()
    near = distances <= min(_NEAR, _SHARE_OF_USUAL * np.median(distances[:, 0]))
    here, which = np.nonzero(near)
    links = coo_array((np.ones(len(here)), (here, others[here, which])), shape=2 * (len(small),))
    things = connected_components(links, directed=False)[1]
    return things[names].astype(np.int64)


def deal(
    groups: NDArray[np.int64], counts: Sequence[int], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Shuffle things, and deal them onto piles, all photographs of one to the same.

    Parameters
    ----------
    groups : ndarray, int64, shape (n,)
        As from `groups_of_one_thing`.
    counts : sequence of int
        At most so many photographs on each pile, in order; the last photograph of a thing decides
        for all of them. What is left is one pile more.

    Returns
    -------
    order : ndarray, int64, shape (n,)
        The photographs, as they are drawn.
    pile : ndarray, int64, shape (n,)
        Of each of these, from 0 to ``len(counts)``.
    """
    things = rng.permutation(np.unique(groups))
    place = np.argsort(things)[np.searchsorted(np.sort(things), groups)]
    order = np.argsort(place, kind="stable")
    last = np.searchsorted(place[order], place[order], side="right") - 1
    return order, np.searchsorted(np.cumsum(counts), last, side="right")


def _thumbnails(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return (n, T) such that the distance of two rows is their root mean square difference."""
    count, height, width = images.shape[:3]
    rows = np.linspace(0, height, min(_THUMBNAIL, height), endpoint=False).astype(int)
    columns = np.linspace(0, width, min(_THUMBNAIL, width), endpoint=False).astype(int)
    grey = images.mean(axis=3, dtype=np.float32)
    summed = np.add.reduceat(np.add.reduceat(grey, rows, axis=1), columns, axis=2)
    sizes = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))
    flat = (summed / sizes).reshape(count, -1)
    return flat / np.sqrt(flat.shape[1], dtype=np.float32)
