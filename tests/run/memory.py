"""Memory whose use a gauge must see."""

import mmap

import numpy as np


def touch_200_mb():
    """Use and give back pages of its own: an array may get what the process holds anyway."""
    with mmap.mmap(-1, 200_000_000) as memory:
        np.frombuffer(memory, np.uint8)[:] = 1
