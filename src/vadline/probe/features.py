"""What a frozen backbone sees of a part: as a whole, and where it is most unusual."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from vadline.backbones import FeatureExtractor, usual_batch
from vadline.detectors.laying import joined_maps
from vadline.detectors.patches import batches, patch_features
from vadline.images.arrays import Images
from vadline.images.tiles import Tiling
from vadline.probe.params import ProbeParams
from vadline.progress import progress

POOL = 3  # side of the neighbourhood that a patch averages over, as PatchCore's

Vectors = TypeVar("Vectors", NDArray[np.float32], Tensor)


class PartFeatures(nn.Module):
    """Describes parts by two vectors, ``pooled`` and ``farthest``.

    ``pooled`` is mean, maximum and standard deviation of each channel over the part. ``farthest``
    is about the patches that an anomaly map marks most: the mean feature of the first few, and the
    standard deviation of each channel over some more.

    Parameters
    ----------
    extractor : FeatureExtractor
        Gives ``params.levels``; made fast for inference.
    """

    def __init__(self, extractor: FeatureExtractor, params: ProbeParams) -> None:
        super().__init__()
        self.extractor = extractor
        self.params = params
        at = {level: i for i, level in enumerate(params.levels)}
        self._pooled = [at[level] for level in params.pooled_layers]
        self._patches = [at[level] for level in params.layers]

    @property
    def device(self) -> torch.device:
        """Where the backbone is."""
        return self.extractor.mean.device

    @property
    def sizes(self) -> dict[str, int]:
        """How long each of the two vectors is."""
        channels = self.extractor.channels
        pooled, patches = (sum(channels[i] for i in at) for at in (self._pooled, self._patches))
        return {"pooled": 3 * pooled, "farthest": 2 * patches}

    def forward(self, maps: list[Tensor], anomaly_map: Tensor) -> Tensor:
        """Describe parts by the backbone's maps of them.

        Parameters
        ----------
        maps : list of Tensor, float32, shape (B, C_i, h_i, w_i)
            Of ``params.levels``, shallow to deep.
        anomaly_map : Tensor, float32, shape (B, h, w)
            At a detector's grid, or any other.

        Returns
        -------
        Tensor, float32, shape (B, F)
            Both vectors, one behind the other.
        """
        told = [part for i in self._pooled for part in _pooled(maps[i].flatten(2))]
        patches = patch_features([maps[i] for i in self._patches], POOL)
        where = anomaly_map[:, None]
        if where.shape[-2:] != patches.shape[-2:]:
            where = F.interpolate(where, patches.shape[-2:], mode="bilinear", align_corners=False)
        most = min(self.params.spread, patches.shape[-2] * patches.shape[-1])
        index = where.flatten(1).topk(most, dim=1).indices
        marked = patches.flatten(2).gather(2, index[:, None].expand(-1, patches.shape[1], -1))
        told += [marked[..., : self.params.farthest].mean(dim=2), _spread(marked)]
        return torch.cat(told, dim=1)

    @torch.no_grad()
    def describe(
        self,
        images: Images,
        rows: NDArray[np.int64],
        grids: NDArray[np.float32],
        name: str,
        together: int | None = None,
    ) -> NDArray[np.float32]:
        """Describe images, a few in memory at a time.

        Parameters
        ----------
        images : array, uint8, shape (N, H, W, 3)
        rows : ndarray, int64, shape (n,)
        grids : ndarray, float32, shape (N, h, w)
            Anomaly maps of all images, by a detector that has not seen them.
        name : str
            What the progress bar says.
        together : int, optional
            Images a forward pass; as many as a detector takes where it is left out.

        Returns
        -------
        ndarray, float32, shape (n, F)
        """
        found, device = [np.empty((0, sum(self.sizes.values())), np.float32)], self.device
        size = together or usual_batch(device, images.shape[1:3])
        with progress(total=len(rows), desc=f"{name}: features", unit="image") as bar:
            for start, batch in enumerate(batches(images, rows, size)):
                some = rows[start * size : (start + 1) * size]
                where = torch.from_numpy(np.ascontiguousarray(grids[some])).to(device)
                maps = self._look(self.extractor.normalise(batch.to(device)))
                found.append(self(maps, where).cpu().numpy())
                bar.update(len(batch))
        return np.concatenate(found)

    def _look(self, x: Tensor) -> list[Tensor]:
        """Return the backbone's maps of photographs, laid together where they are cut."""
        if self.params.tiles is None:
            return self.extractor(x)
        tiling = Tiling.of(self.params.tiles, x.shape[-2:])
        of_tiles = [self.extractor(x[..., rows, columns]) for rows, columns in tiling.windows]
        return [joined_maps(level, tiling) for level in zip(*of_tiles, strict=True)]

    def split(self, features: Vectors) -> dict[str, Vectors]:
        """Return the two vectors of each part, (n, F), by name."""
        first = self.sizes["pooled"]
        return {"pooled": features[:, :first], "farthest": features[:, first:]}


def _pooled(flat: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return flat.mean(dim=2), flat.amax(dim=2), _spread(flat)


def _spread(flat: Tensor) -> Tensor:
    return flat.std(dim=2, correction=0)
