"""Settings that detectors share, and PatchCore's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, model_validator

from vadline.backbones import BackboneParams
from vadline.errors import VadlineError
from vadline.images.tiles import TileParams, Tiling


class DetectorParams(BaseModel):
    """What the line asks of every detector.

    ``DetectorParams.model_validate`` gives an instance of the class that the ``kind`` names.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(description="A detector of vadline's, or package.module:Class of your own.")
    backbone: BackboneParams | None = Field(
        None, description="This detector's own network; null for the line's."
    )
    batch_size: int | None = Field(
        None, ge=1, description="Images a forward pass; null for 4 on a CPU and 64 on a GPU."
    )
    blur_sigma: float = Field(
        4.0, ge=0, description="Gaussian blur of the upsampled map, in pixels at 256 x 256."
    )
    image_score: Literal["patch", "blurred"] = Field(
        "blurred",
        description="The highest value of the map at the detector's grid, or of the upsampled and "
        "blurred map, which a single odd patch moves less.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where to compute.")
    tiles: TileParams | None = Field(
        None, description="How this detector's photographs are cut; null as images.tiles says."
    )

    @model_validator(mode="wrap")
    @classmethod
    def _of_its_kind(
        cls, settings: Any, handler: ModelWrapValidatorHandler[DetectorParams]
    ) -> DetectorParams:
        if cls is not DetectorParams or isinstance(settings, DetectorParams):
            return handler(settings)
        # The registry's classes have settings of this class.
        from vadline.detectors.registry import params_class

        if not isinstance(settings, Mapping):
            raise ValueError(
                f"{settings!r} is no mapping: give the detector's settings by their names"
            )
        try:
            return params_class(settings).model_validate(settings)
        except VadlineError as error:
            raise ValueError(str(error).rstrip(".")) from error

    @property
    def role(self) -> str:
        """The role whose images it learns from: ``learn_from``, or ``detector``."""
        return getattr(self, "learn_from", "detector")

    def sigma_at(self, size: Sequence[int]) -> float:
        """Return ``blur_sigma`` for whole photographs of a height and width: a tile's is less."""
        if self.tiles is None:
            return self.blur_sigma
        return self.blur_sigma * min(Tiling.of(self.tiles, (size[0], size[1])).tile) / min(size)

    def network(self) -> BackboneParams:
        """Return the detector's backbone: ``backbone``, in which a line has filled in its own."""
        return self.backbone or BackboneParams()


class LayeredParams(DetectorParams):
    """What detectors on a backbone's feature levels share."""

    layers: tuple[int, ...] = Field(
        (2, 3), description="Feature levels of the backbone; level i has stride 2 ** (i + 1)."
    )


class FeatureParams(LayeredParams):
    """What detectors on a frozen backbone's features share."""

    encoder: Literal["pretrained", "apc"] = Field(
        "pretrained", description="Features as pretrained, or fine-tuned by the stage apc_finetune."
    )


class PatchCoreParams(FeatureParams):
    """PatchCore (Roth et al. 2022), with the settings that its papers leave open."""

    kind: str = "patchcore"
    pool: int = Field(3, ge=1, description="Side of the neighbourhood that a patch averages over.")
    coreset_size: int | None = Field(
        4000,
        ge=1,
        description="Features kept in the memory bank; null for a bank that grows with the data.",
    )
    coreset_ratio: float = Field(
        0.01,
        gt=0,
        le=1,
        description="Share of all patches kept where coreset_size is null, but not below 4000.",
    )
    coreset_most: int = Field(
        5500,
        ge=1,
        description="The most kept where coreset_size is null: beyond, on a CPU, the search takes "
        "longer than the default backbone.",
    )
    candidate_patches: int | None = Field(
        200_000,
        ge=1,
        description="Patches drawn, evenly over the images, for the coreset (all, if fewer); null "
        "for all.",
    )
    projection_dim: int | None = Field(
        None,
        ge=1,
        description="Width of the random projection that the coreset is chosen in (the authors: "
        "128); null for none, which is exact and rarely slower.",
    )
    neighbours: int = Field(
        1,
        ge=1,
        description="Neighbours of the re-weighted image score (eq. 7), for image_score: patch; 1 "
        "turns it off.",
    )

    @model_validator(mode="after")
    def _one_image_score(self) -> Self:
        if self.image_score == "blurred" and self.neighbours > 1:
            raise ValueError("neighbours re-weighs image_score: patch; it is blurred, so set 1")
        return self
