"""Where to compute."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

from vadline.errors import VadlineError

TRAINING_THREADS = 2
"""Of every training on a CPU: rounding depends on the count, and training makes much of it."""


@contextmanager
def fixed_threads(count: int | None = None) -> Iterator[None]:
    """Let PyTorch use a number of CPU threads inside, however many cores there are.

    It is the calling thread's number, which is put back afterwards. Decorates functions too.

    Parameters
    ----------
    count : int, optional
        `TRAINING_THREADS` where it is left out.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count or TRAINING_THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def usual_batch(device: torch.device, size: Sequence[int] = (256, 256)) -> int:
    """Return how many images of a height and width a forward pass takes by default, 1 or more."""
    # On a CPU a small batch's activations stay in the caches.
    usual = 4 if device.type == "cpu" else 64
    return min(usual, max(1, usual * 256 * 256 // math.prod(size)))


def pick_device(device: str) -> torch.device:
    """Turn ``auto`` into the GPU if there is one, else the CPU.

    Raises
    ------
    VadlineError
        If a GPU is asked for and PyTorch sees none.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise VadlineError("device is cuda but PyTorch sees no GPU: set it to auto or cpu.")
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)
