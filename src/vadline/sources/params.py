"""Settings of the stage ingest: where the photographs come from."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from vadline.sources.demo.params import DemoParams


class SourceParams(BaseModel):
    """Where the photographs come from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["vad", "visa", "mvtec", "elpv", "mtd", "folder", "demo"] = Field(
        "demo", description="The adapter, by the layout of the folder."
    )
    root: str | None = Field(
        None, description="The folder; relative to where kedro runs. Not used by elpv."
    )
    category: str | None = Field(
        None,
        pattern=r"^[\w .-]*\w$",
        description="Product, for mvtec and visa; mono or poly for elpv. It names a folder.",
    )
    demo: DemoParams = Field(DemoParams(), description="Read by the demo source only.")
