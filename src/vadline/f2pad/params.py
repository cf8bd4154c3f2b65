"""Parameters of F2PAD, each with the paper's constant or what replaced it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

Initialiser = Literal["nearest_reference", "biharmonic", "mae"]
Solver = Literal["proposals", "gradient"]


class F2PADParams(BaseModel, extra="forbid", frozen=True):
    """Settings of the refinement.

    Pixel magnitudes (``tau_a``, ``epsilon``, ``eta0``, ``sigma_c``) are in units of ImageNet's mean
    standard deviation, 0.225 of the full range, whatever the backbone's own normalisation:
    0.5 is 29 grey levels, over the three channels together.
    """

    solver: Solver = Field(
        "proposals",
        description="Who minimises eq. 12: masks are proposed and the lowest is taken; or the "
        "paper's descent along the gradient, slower.",
    )
    initialiser: Initialiser = Field(
        "nearest_reference",
        description="How N0 is painted: from the nearest normal image, from the rim alone, or as "
        "in the paper by a pretrained MAE.",
    )
    mae: Path | None = Field(
        None,
        description="Folder with the initialiser mae's checkpoint, as transformers writes a "
        "ViTMAEForPreTraining that learnt plain pixels. Relative to where kedro runs.",
    )
    ring_width: int = Field(
        10, ge=1, description="Width in pixels of the rim around Omega that references must match."
    )
    max_shift: int = Field(
        4, ge=0, description="Largest shift in pixels tried to align a reference; 0 for none."
    )
    shortlist: int = Field(
        24, ge=1, description="References, best unshifted rim first, that the shift search tries."
    )
    blend: int = Field(
        12,
        ge=1,
        description="References, best rim first, whose mean is pasted; a quarter as many where "
        "fewer than twice as many are known.",
    )
    offset_sigma: float = Field(
        12.0, gt=0, description="Blur in pixels of the colour offset that hides the paste's seam."
    )
    radius_share: float = Field(
        0.05, ge=0, le=0.25, description="Radius of Omega's dilation, share of the shorter side."
    )
    k: int = Field(10, ge=1, description="Bank features per location in eq. 5.")
    taus: tuple[float, ...] = Field(
        (0.25, 0.4, 0.6, 0.8, 1.1, 1.5, 2.2),
        min_length=1,
        description="Proposals: the |a| from which on a pixel is likely anomalous, one mask each.",
    )
    residual_sigma: float = Field(
        1.0, ge=0, description="Proposals: blur of |a| in pixels, against texture and noise."
    )
    smoothness: float = Field(
        4.0, ge=0, description="Proposals: log-odds by which a pixel follows its neighbours."
    )
    sparsity: float = Field(
        0.6,
        ge=0,
        description="Proposals: cost of a masked pixel, R_A's part of eq. 12, in units of what a "
        "pixel of defect costs in L.",
    )
    epsilon: float = Field(0.01, gt=0, description="Epsilon of the LOG penalty, eq. 8.")
    rho: float = Field(
        3.0,
        ge=0,
        description="Gradient: sparsity weight, so that all of R_A costs a pixel rho times what "
        "a pixel of defect costs in L.",
    )
    beta: float = Field(0.01, ge=0, description="Gradient: weight of the pixel prior, eq. 10.")
    gamma: float = Field(0.01, ge=0, description="Gradient: weight of total variation, eq. 11.")
    eta0: float = Field(0.01, gt=0, description="Step of a pixel without anomaly, eq. 15.")
    c: float = Field(1.0, ge=0, description="Growth of the step with |a|, eq. 15.")
    window: int = Field(5, ge=1, description="Side of the sharing window w, odd; 1 for none.")
    sigma_s: float = Field(1.1, gt=0, description="Spatial constant of eq. 14.")
    sigma_c: float = Field(3.0, gt=0, description="Colour constant of eq. 14.")
    clip: float = Field(0.03, gt=0, description="Bound on each gradient entry's magnitude.")
    stop_threshold: float | None = Field(
        None,
        ge=0,
        description="An image stops when an iteration lowers its loss by less (the paper: 0.05; "
        "0.1 for PaDiM); null: never before max_iterations.",
    )
    max_iterations: int = Field(
        200, ge=0, description="Most iterations (the paper: 1200); 0 keeps N0."
    )
    tau_a: float = Field(0.2, gt=0, description="Pixels with |a| above it are anomalous, eq. 2.")
    mask_sigma: float = Field(
        0.7,
        ge=0,
        description="|a| is the root mean square under a Gaussian of so many pixels, which evens "
        "out texture and noise; 0 for the paper's single pixel.",
    )
    min_area: int = Field(20, ge=0, description="Specks of fewer pixels are dropped from masks.")
    reestimate: bool = Field(
        False, description="Solve again without R_A inside the final mask, for a truer N."
    )
    batch_size: int = Field(4, ge=1, description="Images solved side by side.")
    references: int = Field(
        200, ge=0, description="Good images that the initialiser and the pixel prior learn from."
    )
    prior_pixels: int = Field(50_000, ge=1, description="Pixels that the prior is fitted to.")
    prior_components: int = Field(8, ge=1, description="Components of the prior, eq. 9.")
    max_images: int | None = Field(
        None,
        ge=1,
        description="Refine only so many of the parts that the line rejects, drawn by seed; null "
        "for all.",
    )

    @field_validator("window")
    @classmethod
    def _odd(cls, window: int) -> int:
        if window % 2 == 0:
            raise ValueError("window must be odd, so that it has a middle")
        return window

    @model_validator(mode="after")
    def _needs_mae(self) -> Self:
        if self.initialiser == "mae" and self.mae is None:
            raise ValueError("mae is missing: initialiser mae needs the folder of a checkpoint")
        return self
