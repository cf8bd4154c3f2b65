"""Runs that are cells of a sweep: whose store they use, and below which run they lie."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

SWEEP = "VADLINE_SWEEP"
"""The environment's variable, JSON: ``project``, whose MLflow store is used, ``run``, the sweep's
own, ``sweep``, its name, and ``cell``, what this run is called."""
_untracked: ContextVar[bool] = ContextVar("untracked", default=False)


@contextmanager
def untracked() -> Iterator[None]:
    """Leave nothing in MLflow inside: what others share is no run of its own."""
    before = _untracked.set(True)
    try:
        yield
    finally:
        _untracked.reset(before)


def tracked() -> bool:
    """Return whether runs leave something in MLflow."""
    return not _untracked.get()


def of_sweep() -> dict[str, Any]:
    """Return what a sweep has told this process; empty outside of one."""
    return json.loads(os.environ.get(SWEEP, "{}"))


def nesting_tags() -> dict[str, str]:
    """Return the tags that put this run below its sweep's."""
    told = of_sweep()
    if not told:
        return {}
    named = {"mlflow.runName": name} if (name := told.get("cell")) else {}
    return {"mlflow.parentRunId": told["run"], "sweep": told["sweep"], **named}
