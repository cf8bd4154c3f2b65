"""Which detectors, set-ups and refinements the line is made of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any

from pydantic import BaseModel, Field

MEAN = "mean"
"""The row of all detectors together, so no detector's name."""
NO_PROBE = "none"


class LineParams(BaseModel, extra="forbid", frozen=True):
    """What a run has: each entry becomes nodes, and a row of a table."""

    detectors: tuple[str, ...] = Field(
        (),
        min_length=1,
        description="Detectors to run, each a namespace, and a key of `detectors` or a kind: a "
        "list, names apart by spaces, or all; null for the keys of `detectors`.",
    )
    setups: tuple[str, ...] = Field(
        (), description="SegAD set-ups to train; null for one a detector and those of all together."
    )
    refined: tuple[str, ...] = Field(
        (),
        description="Detectors whose masks F2PAD refines; null for the first that it can, or all.",
    )
    probe: str = Field(
        NO_PROBE,
        description="Detector whose maps say where the probe, classifiers on frozen features, "
        "looks; null for the first under cross_fit with known bad parts; none for no probe.",
    )


class Line(LineParams):
    """The line, with what the pipelines must know of each part."""

    encoders: dict[str, str] = Field(
        description="For each detector, which encoder it uses: `pretrained` or `apc`."
    )
    cross_fit: bool = Field(description="Whether training parts are scored fold by fold.")
    roles: dict[str, str] = Field(
        description="For each detector, the role whose images it learns from."
    )

    def uses_apc(self) -> bool:
        """Tell whether any detector needs the fine-tuned encoder."""
        return "apc" in self.encoders.values()

    def has_probe(self) -> bool:
        """Tell whether classifiers on frozen features are learnt."""
        return self.probe != NO_PROBE


def bound(function: Callable[..., Any], **settings: Any) -> Callable[..., Any]:
    """Fix some arguments of a node's function; Kedro goes on showing it by its name."""
    return update_wrapper(partial(function, **settings), function)
