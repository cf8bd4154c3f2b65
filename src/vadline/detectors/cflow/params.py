"""Settings of CFLOW."""

from __future__ import annotations

from pydantic import Field

from vadline.detectors.params import FeatureParams


class CFlowParams(FeatureParams):
    """CFLOW-AD (Gudovskiy et al. 2022)."""

    kind: str = "cflow"
    layers: tuple[int, ...] = Field(
        (3,),
        description="Feature levels of the backbone, each with a flow of its own. The authors "
        "take three; of the bundled backbone's, level 2 hides on textures what level 3 shows, and "
        "level 4 is learnt by heart.",
    )
    blocks: int = Field(8, ge=1, description="Coupling blocks of a flow.")
    position_width: int = Field(
        128, ge=4, multiple_of=4, description="Length of the sinusoidal position code."
    )
    clamp: float = Field(
        1.9, gt=0, description="Soft bound on the logarithm of a coupling's scale."
    )
    ridge: float = Field(
        1e-3,
        gt=0,
        description="Share of the mean variance added to every channel's before features are "
        "whitened, which makes flows learn in fewer steps.",
    )
    lr: float = Field(
        5e-3,
        gt=0,
        description="Adam's learning rate at first; it falls to 0 (the authors: 2e-4, for far more "
        "steps).",
    )
    steps: int = Field(1000, ge=1, description="Optimiser steps.")
    train_batch: int = Field(
        256, ge=1, description="Features of each layer a step (the authors: 256)."
    )
    fit_megabytes: int = Field(
        512, ge=1, description="Most memory for the features that the flows learn from."
    )
