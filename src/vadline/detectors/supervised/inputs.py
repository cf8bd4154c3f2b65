"""From photographs to what a network sees of them."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadline.backbones import FeatureExtractor


def normalised_inside(
    extractor: FeatureExtractor, images: Tensor, roi: NDArray[np.bool_] | None
) -> Tensor:
    """Normalise photographs, with the mean colour outside of the region of interest.

    Parameters
    ----------
    extractor : FeatureExtractor
    images : Tensor, uint8, shape (B, H, W, 3)
    roi : ndarray, bool, shape (H, W), optional
        ``None`` for everything.

    Returns
    -------
    Tensor, float32, shape (B, 3, H, W)
        On the extractor's device.
    """
    x = extractor.normalise(images.to(extractor.mean.device))
    if roi is None:
        return x
    # Normalised, the mean colour is 0.
    return x.masked_fill(torch.from_numpy(~roi).to(x.device), 0)
