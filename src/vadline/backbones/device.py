"""Where to compute."""

from __future__ import annotations

import torch

from vadline.errors import VadlineError


def usual_batch(device: torch.device) -> int:
    """Return how many images a forward pass takes where nothing else is said."""
    # On a CPU a small batch's activations stay in the caches.
    return 4 if device.type == "cpu" else 64


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
