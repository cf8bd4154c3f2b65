"""Exact nearest neighbours through FAISS."""

from __future__ import annotations

import faiss
import numpy as np
import torch
from torch import Tensor


class NearestNeighbours:
    """Exact Euclidean search in a fixed set of vectors.

    Parameters
    ----------
    vectors : Tensor, float32, shape (M, C)
        What to search. On a CUDA device the index lies on that device if FAISS can.
    """

    def __init__(self, vectors: Tensor) -> None:
        self.vectors = vectors

    def fit(self) -> NearestNeighbours:
        """Build the index.

        Returns
        -------
        NearestNeighbours
            Itself, with ``index_``.
        """
        index = faiss.IndexFlatL2(self.vectors.shape[1])
        if self.vectors.is_cuda and faiss.get_num_gpus():
            resources = faiss.StandardGpuResources()
            index = faiss.index_cpu_to_gpu(resources, self.vectors.device.index or 0, index)
        index.add(np.ascontiguousarray(self.vectors.cpu().numpy()))
        self.index_ = index
        return self

    def query(self, features: Tensor, k: int = 1) -> tuple[Tensor, Tensor]:
        """Find the ``k`` nearest vectors of each feature.

        Parameters
        ----------
        features : Tensor, float32, shape (Q, C)
        k : int
            At most ``M`` are returned.

        Returns
        -------
        distances : Tensor, float32, shape (Q, min(k, M))
            Euclidean, not squared, ascending.
        rows : Tensor, int64, shape (Q, min(k, M))
        """
        k = min(k, len(self.vectors))
        squared, rows = self.index_.search(
            np.ascontiguousarray(features.detach().cpu().numpy(), dtype=np.float32), k
        )
        distances = np.sqrt(np.maximum(squared, 0))
        return torch.from_numpy(distances), torch.from_numpy(rows)
