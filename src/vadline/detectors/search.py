"""Exact nearest neighbours through FAISS."""

from __future__ import annotations

import faiss
import faiss.contrib.torch_utils  # FAISS then takes and gives tensors, on a GPU without copies
import torch
from torch import Tensor


class NearestNeighbours:
    """Exact Euclidean search in a fixed set of vectors.

    Parameters
    ----------
    vectors : Tensor, float32, shape (M, C)
        What to search. On a CUDA device the index lies there too, if FAISS can.
    """

    def __init__(self, vectors: Tensor) -> None:
        self.vectors = vectors
        index: faiss.Index = faiss.IndexFlatL2(self.vectors.shape[1])
        self.device_ = torch.device("cpu")
        if self.vectors.is_cuda and faiss.get_num_gpus():
            self.device_ = self.vectors.device
            self._resources = faiss.StandardGpuResources()  # the index does not keep it alive
            index = faiss.index_cpu_to_gpu(self._resources, self.device_.index or 0, index)
        index.add(self.vectors.to(self.device_).contiguous())
        self.index_ = index

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
            Euclidean, not squared, ascending; on the features' device.
        rows : Tensor, int64, shape (Q, min(k, M))
        """
        k = min(k, len(self.vectors))
        squared, rows = self.index_.search(features.detach().to(self.device_).contiguous(), k)
        return squared.clamp_(min=0).sqrt_().to(features.device), rows.to(features.device)
