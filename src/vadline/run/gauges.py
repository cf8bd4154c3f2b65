"""Gauges of a running process: seconds in the backbone's forward pass, and peak memory."""

from __future__ import annotations

import contextlib
import math
import re
import sys
import threading
import time
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from vadline.backbones import FeatureExtractor

if sys.platform != "win32":
    import resource


class ForwardClock:
    """Seconds that one thread spends in the forward pass of feature extractors.

    It listens to PyTorch's calls of modules from `start` to `stop`; the extractor knows nothing of
    it. On a GPU it takes the time between two events in the queue, so that nothing has to wait.
    """

    def start(self) -> None:
        """Count the calling thread's forward passes from now on."""
        self._thread = threading.get_ident()
        self._depth = 0
        self._marks: list[Any] = []
        self._handles = (
            register_module_forward_pre_hook(self._enter),
            register_module_forward_hook(self._leave, always_call=True),
        )

    def stop(self) -> float:
        """Stop counting and return the seconds; a call within a call counts once.

        Returns
        -------
        float
            NaN if the GPU has failed meanwhile.
        """
        for handle in self._handles:
            handle.remove()
        return sum(map(_seconds_between, self._marks[::2], self._marks[1::2]))

    def _enter(self, module: nn.Module, args: Any) -> None:
        if isinstance(module, FeatureExtractor) and threading.get_ident() == self._thread:
            self._depth += 1
            if self._depth == 1:
                self._marks.append(_mark(module))

    def _leave(self, module: nn.Module, args: Any, output: Any) -> None:
        if isinstance(module, FeatureExtractor) and threading.get_ident() == self._thread:
            self._depth -= 1
            if self._depth == 0:
                self._marks.append(_mark(module))


def _mark(extractor: FeatureExtractor) -> float | torch.cuda.Event:
    if not extractor.mean.is_cuda:
        return time.perf_counter()
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    return event


def _seconds_between(start: Any, end: Any) -> float:
    if isinstance(start, float):
        return end - start
    try:
        end.synchronize()
        return start.elapsed_time(end) / 1000
    except RuntimeError:  # the GPU has failed; the node's own error says why
        return math.nan


def reset_peak_memory() -> None:
    """Forget this process's highest memory so far, where the system can (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_memory_mb() -> float:
    """Return the most resident memory of this process, in megabytes.

    Returns
    -------
    float
        Since the last reset; since the process began where the system cannot reset; NaN where it
        tells nothing (Windows). Mapped files count as far as they are resident.
    """
    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="ignore")
        if found := re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE):
            return int(found[1]) * 1024 / 1e6
    if sys.platform == "win32":
        return math.nan
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6
