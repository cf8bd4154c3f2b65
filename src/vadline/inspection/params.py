"""Settings of the pipeline inspect."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field


class InspectParams(BaseModel, extra="forbid", frozen=True):
    """Which photographs are judged, by which inspector, and what is left of each."""

    folder: str | None = Field(
        None,
        description="Photographs to judge, at any depth; relative to where kedro runs.",
    )
    bundle: str | None = Field(
        None,
        description="The inspector, an inspector.zip that a run has left; null for the newest of "
        "the source's product or, where no source is named, of all.",
    )
    refine: bool = Field(
        True, description="Solve F2PAD for rejected parts; else masks are thresholded maps."
    )
    again: bool = Field(
        False, description="Judge parts again that this very inspector has judged before."
    )
    pictures: bool = Field(
        False, description="Mask, map and overlay of every part, not only of rejected ones."
    )

    @property
    def path(self) -> Path | None:
        """The folder as a path, ``~`` expanded; None where it is not set."""
        return Path(self.folder).expanduser() if self.folder else None
