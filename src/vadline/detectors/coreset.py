"""Greedy k-centre coreset selection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from vadline.progress import progress

# Blocks and shortlist stay in a CPU's caches; a GPU wants more work at a time.
_BLOCK_BYTES = {"cpu": 4 * 2**20, "cuda": 256 * 2**20}
_SHORTLIST_SHARE = 64
_SHORTLIST_LEAST = 1024
_SHORTLIST_BYTES = 16 * 2**20
_CENTRES_A_BLOCK = 256
_PASS_SHARE = 4
WORKING_MEGABYTES = 50  # what picking takes besides BYTES_A_ROW
BYTES_A_ROW = 12


class Rows(Protocol):
    """What can be covered: a tensor of shape (M, C), or features that live on disk."""

    def __len__(self) -> int:
        """Return M."""

    def __getitem__(self, rows: Tensor, /) -> Tensor:
        """Return some rows, (n,) int64 -> (n, C)."""

    def split(self, size: int, /) -> Iterable[Tensor]:
        """Walk over all rows in order, ``size`` at a time."""


def random_projection(width: int, channels: int, seed: int) -> Tensor:
    """Draw a Gaussian random projection (Johnson-Lindenstrauss).

    Returns
    -------
    Tensor, float32, shape (channels, width)
        ``features @ matrix`` keeps distances in expectation.
    """
    rng = np.random.default_rng((seed, 0xC0DE))
    return torch.from_numpy(
        rng.normal(scale=width**-0.5, size=(channels, width)).astype(np.float32)
    )


@torch.inference_mode()
def greedy_k_centre(features: Rows, size: int, seed: int, desc: str = "coreset") -> Tensor:
    """Pick the rows that cover all others best, one at a time (Roth et al. 2022, alg. 1).

    The first row is drawn at random; every next one is the row farthest from those picked
    (Sener & Savarese 2018). Distances to picked rows only ever shrink, so the farthest row is
    found exactly on a shortlist of those that were farthest at the last pass over all rows, until
    its best falls below the best that was left off. Only then does another pass bring the farthest
    quarter of the rows up to date, for all rows picked meanwhile in one matrix product: a handful
    of passes instead of one for each pick, and as a row that is near one early on is not among the
    farthest later, half of the products are never asked for. Squared distances round as float32
    does (1e-6 of the largest); only rows nearer to a tie than that may swap.

    Parameters
    ----------
    features : Tensor, float32, shape (M, C), or PatchSpool
        On any device.
    size : int
        How many rows to pick; at most ``M`` are.
    seed : int
    desc : str
        What the progress bar says.

    Returns
    -------
    Tensor, int64, shape (min(size, M),)
        Distinct row numbers in the order of picking. Memory: 12 bytes a row, besides ``features``,
        and `WORKING_MEGABYTES` on a CPU.
    """
    size = min(size, len(features))
    if size == 0:
        return torch.empty(0, dtype=torch.int64)
    first = int(np.random.default_rng((seed, 0x5EED)).integers(len(features)))
    cover = _Cover(features, first)
    with progress(total=size, desc=desc, unit="centre") as bar:
        bar.update()
        while len(cover.picked) < size:
            cover.pass_over_farthest()
            known = len(cover.picked)
            cover.pick_from_shortlist(size)
            bar.update(len(cover.picked) - known)
    return torch.tensor(cover.picked)


class _Cover:
    """Squared distance of every row to the nearest of those picked up to a pass of its own.

    Later picks can only make it smaller: it is never below the true one.
    """

    def __init__(self, features: Rows, first: int) -> None:
        self.features = features
        self.picked = [first]
        self.seen = [0]  # how many of the picked rows each pass took in; before the first, none
        # Distances from the first row instead of from zero: no digits lost to a common offset.
        self.origin = features[torch.tensor([first])]
        device = self.origin.device
        self.block = max(1, _BLOCK_BYTES[device.type] // (4 * self.origin.shape[1]))
        self.nearest = torch.full((len(features),), torch.inf, device=device)
        # The last pass that took each row in.
        self.taken_in = torch.zeros(len(features), dtype=torch.int32, device=device)
        # Filled in place: small pieces kept among large blocks would fragment the heap.
        self.norms = torch.empty_like(self.nearest)
        start = 0
        for block in features.split(self.block):
            here = slice(start, start + len(block))
            torch.sum((block - self.origin).square_(), dim=1, out=self.norms[here])
            start += len(block)

    def pass_over_farthest(self) -> None:
        """Take the rows picked meanwhile into ``nearest`` of those that may be next."""
        if len(self.picked) > self.seen[-1]:
            self.seen.append(len(self.picked))
        picked = torch.tensor(self.picked)
        centres = self.features[picked] - self.origin
        picked = picked.to(self.norms.device)
        lengths = self.norms[picked]
        count = max(2 * self._shortlist_length(), len(self.nearest) // _PASS_SHARE)
        rank = len(self.nearest) - count
        least = self.nearest.kthvalue(rank).values if rank > 0 else -torch.inf
        for start in range(0, len(self.nearest), self.block):
            here = slice(start, start + self.block)
            old = (self.nearest[here] >= least) & (self.taken_in[here] < len(self.seen) - 1)
            rows = old.nonzero()[:, 0] + start
            if len(rows):
                self._take_in(rows, centres, lengths)
        self.nearest[picked] = -torch.inf  # never twice, also if equal rows

    def _take_in(self, rows: Tensor, centres: Tensor, lengths: Tensor) -> None:
        """Bring some rows, int64 of shape (n,), up to date."""
        block = self.features[rows] - self.origin
        norms, nearest, last = self.norms[rows], self.nearest[rows], self.taken_in[rows]
        for number in last.unique().tolist():  # rows of one pass lack the same picks
            alike = (last == number).nonzero()[:, 0]
            mine = block if len(alike) == len(rows) else block[alike]
            best = torch.full_like(norms[alike], torch.inf)
            fresh = slice(self.seen[number], None)
            for centre, length in zip(
                centres[fresh].split(_CENTRES_A_BLOCK),
                lengths[fresh].split(_CENTRES_A_BLOCK),
                strict=True,
            ):
                # |x - c|^2 = |x|^2 + (|c|^2 - 2 x.c), the bracket in one matrix product
                gap = torch.addmm(length, mine, centre.T, alpha=-2).amin(dim=1)
                best = torch.minimum(best, gap)
            nearest[alike] = torch.minimum(nearest[alike], best.add_(norms[alike]))
        self.nearest[rows] = nearest
        self.taken_in[rows] = len(self.seen) - 1

    def pick_from_shortlist(self, size: int) -> None:
        """Pick while the farthest row is certainly on the shortlist."""
        rows, nearest, left_off = self._shortlist()
        shortlist = self.features[rows] - self.origin
        norms = self.norms[rows.to(self.norms.device)]
        names = rows.tolist()
        gap = torch.empty_like(nearest)
        while len(self.picked) < size and names:
            best, where = nearest.max(dim=0)
            if best.item() < left_off:
                return
            place = int(where)
            self.picked.append(names[place])
            torch.addmv(norms, shortlist, shortlist[place], alpha=-2, out=gap)
            torch.minimum(nearest, gap.add_(norms[place]), out=nearest)
            nearest[place] = -torch.inf

    def _shortlist(self) -> tuple[Tensor, Tensor, float]:
        """Return the farthest rows, their distances, and the largest distance left off.

        They are all up to date, as the last pass took in twice as many, unless rows fell behind it:
        then it is those that are, and the others are left off.
        """
        count = self._shortlist_length()
        if count >= len(self.nearest):
            return torch.arange(len(self.nearest)), self.nearest.clone(), -torch.inf
        values, rows = self.nearest.topk(count + 1)
        left_off = float(values[-1])
        values, rows = values[:-1], rows[:-1]
        current = self.taken_in[rows] == len(self.seen) - 1
        if not current.all():
            left_off = max(left_off, float(values[~current].max()))
            values, rows = values[current], rows[current]
        return rows.cpu(), values.contiguous(), left_off

    def _shortlist_length(self) -> int:
        room = _SHORTLIST_BYTES // (4 * self.origin.shape[1])
        return max(_SHORTLIST_LEAST, min(len(self.nearest) // _SHORTLIST_SHARE, room))
