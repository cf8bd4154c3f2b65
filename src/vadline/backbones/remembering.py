"""Feature maps of a frozen backbone on disk, for runs that look at the same photographs."""

from __future__ import annotations

import copy
import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from vadline.backbones.extractor import FeatureExtractor

FOLDER = "VADLINE_FEATURES"
"""The environment's variable that names the folder; nothing is remembered without."""
_forgetting: ContextVar[bool] = ContextVar("forgetting", default=False)


@contextmanager
def without_memory() -> Iterator[None]:
    """Remember nothing inside, where images are made that no one will see again."""
    before = _forgetting.set(True)
    try:
        yield
    finally:
        _forgetting.reset(before)


def remembering(extractor: FeatureExtractor, begin: bool = False) -> FeatureExtractor:
    """Let an extractor for inference give maps that another run has left, and leave its own.

    Maps are those of single images, whatever they are looked at together with, so that who comes
    first makes no difference.

    Parameters
    ----------
    begin : bool
        Whether these weights are worth remembering: those of a network that no run has tuned.
        Else maps are given only where somebody has begun.
    """
    if not (folder := os.environ.get(FOLDER)):
        return extractor
    own = Path(folder) / _content(extractor)
    if begin:
        own.mkdir(parents=True, exist_ok=True)
    if not own.is_dir():
        return extractor
    fast = copy.copy(extractor)
    fast._modules = {**extractor._modules, "body": _Remembered(extractor.body, own)}
    return fast


class _Remembered(nn.Module):
    """A body that looks on disk first."""

    def __init__(self, body: nn.Module, folder: Path) -> None:
        super().__init__()
        self.body = body
        self._folder = folder

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the body's maps."""
        if torch.is_grad_enabled() or _forgetting.get():
            return self.body(x)
        of_each = [self._maps(x[i : i + 1]) for i in range(len(x))]
        return [torch.cat(level) for level in zip(*of_each, strict=True)]

    def _maps(self, image: Tensor) -> list[Tensor]:
        pixels = image.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        key = hashlib.blake2b(pixels.data, digest_size=16)
        key.update(str(pixels.shape).encode())
        path = self._folder / key.hexdigest()[:2] / f"{key.hexdigest()}.npz"
        if path.exists():
            with np.load(path) as file:
                return [torch.from_numpy(file[name]).to(image) for name in file.files]
        maps = [each.contiguous() for each in self.body(image)]
        path.parent.mkdir(exist_ok=True)
        partial = path.with_name(f".{uuid.uuid4().hex}.npz")
        np.savez(partial, *[each.cpu().numpy() for each in maps])
        os.replace(partial, path)
        return maps


def _content(extractor: FeatureExtractor) -> str:
    """Name a network by its weights and the levels that it gives."""
    told = hashlib.sha256(f"{extractor.layers} {torch.__version__}".encode())
    for name, value in sorted(extractor.body.state_dict().items()):
        told.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return told.hexdigest()[:20]
