"""Images that are not the product: a stand-in for ImageNet where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from anomalib.data import ImageBatch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader

from vadline.errors import VadlineError

_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}
_GREY_SHARE = 0.3  # of penalty images (Batzner et al. 2024, algorithm 1)


def distort(images: Tensor, generator: torch.Generator) -> Tensor:
    """Turn photographs of a product into images that it does not look like.

    Each is a random cut-out of another one, turned and enlarged, in other colours, with soft or
    hard noise of a random grain laid over it. Both are float32 (B, 3, H, W), of 0 to 1.
    """
    return torch.stack([_distorted(image, generator) for image in images])


def _distorted(image: Tensor, generator: torch.Generator) -> Tensor:
    height, width = image.shape[-2:]

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(shape or (1,), generator=generator)

    def whole(limit: int) -> int:
        return int(torch.randint(limit, (1,), generator=generator))

    share = float(uniform(0.15, 1.0))
    rows, columns = max(8, round(share * height)), max(8, round(share * width))
    top, left = whole(height - rows + 1), whole(width - columns + 1)
    cut = image[:, top : top + rows, left : left + columns].rot90(whole(4), (1, 2))
    x = F.interpolate(cut[None], (height, width), mode="bilinear", align_corners=False)[0]
    x = x[torch.randperm(3, generator=generator)]
    x = (x - 0.5) * uniform(-1.5, 1.5, 3, 1, 1) + 0.5 + uniform(-0.3, 0.3, 3, 1, 1)
    grain = 2 ** (1 + whole(6))
    noise = torch.randn(1, 3, height // grain + 1, width // grain + 1, generator=generator)
    mode = "nearest" if whole(2) else "bicubic"
    laid = F.interpolate(noise, (height, width), mode=mode)[0]
    return (x + float(uniform(0, 0.3)) * laid).clamp(0, 1)


def distorted_images(loader: DataLoader[ImageBatch], seed: int) -> Iterator[tuple[Tensor]]:
    """Yield distorted batches of good images without end, each in a tuple."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        for batch in loader:
            yield (distort(batch.image.as_subclass(Tensor), generator),)


def folder_images(folder: Path, size: tuple[int, int], seed: int) -> Iterator[tuple[Tensor]]:
    """Yield the images below a folder in random order without end, each in a tuple.

    As Batzner et al. (2024) prepare penalty images: resized to twice the ``size``, three in ten
    made grey, and the centre cut out.

    Yields
    ------
    tuple of Tensor, float32, shape (1, 3, H, W)
        Values of 0 to 1.

    Raises
    ------
    VadlineError
        If there is no image.
    """
    paths = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in _SUFFIXES)
    if not paths:
        raise VadlineError(
            f"penalty_images {folder} holds no image: set it to a folder with photographs of other "
            "things (ImageNet, Imagenette), or to null."
        )
    rng = np.random.default_rng((seed, 0x9E17))
    height, width = size
    while True:
        for path in rng.permutation(np.array(paths, dtype=object)):
            with Image.open(path) as picture:
                mode = "L" if rng.random() < _GREY_SHARE else "RGB"
                large = picture.convert(mode).convert("RGB").resize((2 * width, 2 * height))
            top, left = height // 2, width // 2
            pixels = np.asarray(large)[top : top + height, left : left + width]
            yield (torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255,)
