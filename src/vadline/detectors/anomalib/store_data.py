"""Our image store as anomalib's models expect their data."""

from __future__ import annotations

import numpy as np
import torch
from anomalib.data import ImageBatch
from lightning.pytorch import LightningDataModule
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from vadline.images.arrays import Images

SCALE = 255.0


def as_input(images: Tensor) -> Tensor:
    """Turn photographs, uint8 (B, H, W, 3), into anomalib's, float32 (B, 3, H, W) of 0 to 1."""
    return images.permute(0, 3, 1, 2).contiguous().float() / SCALE


class StoreImages(Dataset):
    """Good photographs, uint8 (N, H, W, 3), by their rows in the store, read one by one."""

    def __init__(self, images: Images, rows: NDArray[np.int64]) -> None:
        self.images = images
        self.rows = rows

    def __len__(self) -> int:
        """Return the number of photographs."""
        return len(self.rows)

    def __getitem__(self, place: int) -> Tensor:
        """Return one photograph, uint8, shape (H, W, 3)."""
        return torch.from_numpy(np.array(self.images[self.rows[place]]))


def collate(photographs: list[Tensor]) -> ImageBatch:
    """Make anomalib's batch of good photographs: labels and masks are all 0."""
    images = torch.stack(photographs)
    count, height, width = images.shape[:3]
    return ImageBatch(
        image=as_input(images),
        gt_label=torch.zeros(count, dtype=torch.bool),
        gt_mask=torch.zeros(count, height, width, dtype=torch.bool),
    )


class StoreData(LightningDataModule):
    """Training and validation batches, in the hands of a Lightning trainer.

    anomalib's models reach for it through ``trainer.datamodule``.

    Parameters
    ----------
    images : array, uint8, shape (N, H, W, 3)
    rows : ndarray, int64
        The goods to learn from.
    held_out : ndarray, int64
        The goods to calibrate on.
    train_batch_size : int
    seed : int
        Of the order, which is another in every epoch.
    """

    category = "product"  # models that prompt with a name read it here

    def __init__(
        self,
        images: Images,
        rows: NDArray[np.int64],
        held_out: NDArray[np.int64],
        train_batch_size: int,
        seed: int,
    ) -> None:
        super().__init__()
        self.images = images
        self.rows = rows
        self.held_out = held_out
        self.train_batch_size = train_batch_size
        self.seed = seed

    def train_dataloader(self) -> DataLoader:
        """Return shuffled batches."""
        return DataLoader(
            StoreImages(self.images, self.rows),
            batch_size=min(self.train_batch_size, len(self.rows)),
            shuffle=True,
            collate_fn=collate,
            generator=torch.Generator().manual_seed(self.seed),
        )

    def val_dataloader(self) -> DataLoader:
        """Return the batches to calibrate on, in order."""
        return DataLoader(
            StoreImages(self.images, self.held_out),
            batch_size=self.train_batch_size,
            collate_fn=collate,
        )


def hold_out(rows: NDArray[np.int64], share: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Set a share of the goods aside for calibration, spread evenly over the rows.

    Neither part is empty where ``rows`` is not; with a share of 0 what is learnt from is calibrated
    on as well.
    """
    count = round(share * len(rows)) if len(rows) > 1 else 0
    if share > 0 and len(rows) > 1:
        count = min(max(1, count), len(rows) - 1)
    if count == 0:
        return rows, rows
    chosen = np.linspace(0, len(rows) - 1, count).round().astype(np.int64)
    return np.delete(rows, chosen), rows[chosen]
