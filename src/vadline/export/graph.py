"""Detectors as one graph from photographs to anomaly maps at pixels and image scores.

Everything that only depends on the fitted detector is computed here, once, and is a constant of the
graph; what is left are operators that every ONNX runtime has.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from vadline.detectors.maps import pixel_matrices
from vadline.detectors.on_backbone import OnBackbone
from vadline.detectors.padim.detector import PaDiM
from vadline.detectors.patchcore import PatchCore
from vadline.detectors.patches import grid_roi, patch_features


class DetectorGraph(nn.Module):
    """What `MapDetector.score` and `AnomalyMaps.pixels` do, in one graph.

    Parameters
    ----------
    detector : OnBackbone
        Fitted, on the CPU.
    roi : ndarray, bool, shape (H, W)
        The region of interest, of the photographs' size.
    """

    inside: Tensor
    rows: Tensor
    columns: Tensor

    def __init__(self, detector: OnBackbone, roi: NDArray[np.bool_]) -> None:
        super().__init__()
        self.extractor = detector.frozen
        self.blurred = detector.params.image_score == "blurred"
        self.whole = bool(roi.all())
        grid = self.extractor.grid(*roi.shape)
        rows, columns = pixel_matrices(grid, roi.shape, detector.params.blur_sigma)
        self.register_buffer("inside", torch.from_numpy(grid_roi(roi, grid)))
        self.register_buffer("rows", rows)
        self.register_buffer("columns", columns.T.contiguous())

    @abstractmethod
    def grid_maps(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return maps at the detector's grid and scores, as `MapDetector.score_batch` does.

        Parameters
        ----------
        x : Tensor, float32, shape (N, 3, H, W)
            Normalised pixels.
        """

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Score photographs.

        Parameters
        ----------
        images : Tensor, uint8, shape (N, H, W, 3)

        Returns
        -------
        anomaly_map : Tensor, float32, shape (N, H, W)
        score : Tensor, float32, shape (N,)
        """
        return self.look(images)[1:]

    def look(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return :meth:`forward`, and before it the map at the detector's grid."""
        maps, scores = self.grid_maps(self.extractor.normalise(images))
        if not self.whole:
            lowest = torch.where(self.inside, maps, torch.inf).amin((1, 2), keepdim=True)
            maps = torch.where(self.inside, maps, lowest.clamp(max=0))
        pixels = self.rows @ (maps @ self.columns)
        if scores is None:
            scores = (pixels if self.blurred else maps).amax((1, 2))
        return maps, pixels, scores


class PatchCoreGraph(DetectorGraph):
    """Distance to the nearest entry of the memory bank.

    Which entry is nearest comes from a matrix product; its distance is then computed from the
    difference itself, so that nothing cancels. Both are about the bank's mean, for the same reason.
    """

    centre: Tensor
    bank: Tensor
    half_norms: Tensor
    around: Tensor

    def __init__(self, detector: PatchCore, roi: NDArray[np.bool_]) -> None:
        super().__init__(detector, roi)
        self.pool = detector.params.pool
        neighbours = detector._bank_neighbours
        self.weighed = neighbours is not None
        exact = detector.bank_.double()
        centre = exact.mean(dim=0).float()
        bank = exact - centre
        self.register_buffer("centre", centre)
        self.register_buffer("bank", bank.float())
        self.register_buffer("half_norms", (bank.square().sum(dim=1) / 2).float())
        self.register_buffer("around", neighbours)

    def grid_maps(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """See :meth:`vadline.detectors.patchcore.PatchCore.score_batch`."""
        merged = patch_features(self.extractor(x), self.pool).permute(0, 2, 3, 1)
        features = merged.flatten(0, 2) - self.centre
        nearest = (self.half_norms - F.linear(features, self.bank)).argmin(dim=1)
        distance = (features - self.bank[nearest]).square().sum(dim=1).sqrt()
        maps = distance.view(merged.shape[:3]) * self.inside
        if self.blurred:
            return maps, None
        best, where = maps.flatten(1).max(dim=1)
        if not self.weighed:
            return maps, best
        worst = where + torch.arange(x.shape[0]) * self.inside.numel()
        around = self.bank[self.around[nearest[worst]]]
        far = (around - features[worst][:, None]).square().sum(dim=2).sqrt()
        shift = far.amax(dim=1, keepdim=True)
        weights = (far - shift).exp().sum(dim=1)
        return maps, (1 - (best - shift[:, 0]).exp() / weights) * best


class PaDiMGraph(DetectorGraph):
    """Mahalanobis distance from each location's Gaussian."""

    channels: Tensor
    mean: Tensor
    whitening: Tensor

    def __init__(self, detector: PaDiM, roi: NDArray[np.bool_]) -> None:
        super().__init__(detector, roi)
        self.register_buffer("channels", detector.channels_)
        self.register_buffer("mean", detector.gaussians_.mean)
        self.register_buffer("whitening", detector.gaussians_.whitening)

    def grid_maps(self, x: Tensor) -> tuple[Tensor, None]:
        """See :meth:`vadline.detectors.padim.detector.PaDiM.score_batch`."""
        merged = patch_features(self.extractor(x), pool=1)[:, self.channels]
        difference = merged.flatten(2).permute(2, 1, 0) - self.mean[:, :, None]
        white = torch.bmm(self.whitening, difference)
        return white.square().sum(dim=1).sqrt().T.reshape(-1, *self.inside.shape), None
