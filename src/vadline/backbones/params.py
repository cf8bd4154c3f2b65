"""Settings of a backbone."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from vadline.backbones.sources import BUNDLED


class BackboneParams(BaseModel):
    """The pretrained network."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        BUNDLED,
        description="Bundled default; any timm name, with or without its tag; torchvision/resnet50 "
        "and the like; moco_v3_resnet50; dinov2_vits14.",
    )
    weights: str | None = Field(
        None, description="Local checkpoint; null for the pretrained ones; random for none."
    )
    sha256: str | None = Field(
        None,
        pattern=r"^[0-9a-fA-F]{8,64}$",
        description="Checksum of the local checkpoint, or its first digits; null to trust it.",
    )
