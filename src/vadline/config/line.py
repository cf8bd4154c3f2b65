"""Which detectors, set-ups and refinements the line is made of.

Kedro builds pipelines without seeing parameters; the hooks put the configured line here before
the pipelines are built.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class LineParams(BaseModel):
    """What a run has: each entry becomes nodes, and a row of a table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    detectors: tuple[str, ...] = Field(
        ("patchcore", "apc"),
        min_length=1,
        description="Detectors to run, each a namespace, and a key of `detectors` or a kind: a "
        "list, names apart by spaces, or all; null for the keys of `detectors`.",
    )
    setups: tuple[str, ...] = Field(
        ("patchcore", "apc", "all_ad"),
        description="SegAD set-ups to train; null for one a detector and those of all together.",
    )
    refined: tuple[str, ...] = Field(
        ("patchcore",),
        description="Detectors whose masks F2PAD refines; null for the first that it can, or all.",
    )


class Line(LineParams):
    """The configured line, with what the pipelines must know of each part."""

    encoders: dict[str, str] = Field(
        {"patchcore": "pretrained", "apc": "apc"},
        description="For each detector, which encoder it uses: `pretrained` or `apc`.",
    )
    roles: dict[str, str] = Field(
        {"patchcore": "detector", "apc": "detector"},
        description="For each detector, the role whose images it learns from.",
    )

    def uses_apc(self) -> bool:
        """Tell whether any detector needs the fine-tuned encoder."""
        return any(self.encoders[name] == "apc" for name in self.detectors)


_configured = [Line()]


def configure(line: Line) -> None:
    """Set the line that pipelines are built for from now on.

    Parameters
    ----------
    line : Line
    """
    _configured[0] = line


def configured() -> Line:
    """Return the line that pipelines are built for.

    Returns
    -------
    Line
        The defaults, until a Kedro session has read its configuration.
    """
    return _configured[0]


def bound(function: Callable[..., Any], **settings: Any) -> Callable[..., Any]:
    """Fix some arguments of a node's function; Kedro goes on showing it by its name."""
    return update_wrapper(partial(function, **settings), function)
