"""The settings of the APC fine-tuning, each with its default and its reason."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field, field_validator

from vadline.backbones import TRAINING_THREADS, BackboneParams
from vadline.images.tiles import TileParams

Task = Literal["cls", "segm", "recon"]
Ablation = Literal[
    "none", "cls", "cls_segm", "cls_segm_recon", "u_net4", "random_start", "basic_augmentation"
]
Width = Annotated[int, Field(ge=8, multiple_of=8)]


class APCParams(BaseModel, extra="forbid", frozen=True):
    """How the feature extractor is fine-tuned (APC paper, section 4).

    The paper states the tasks, the loss weights, AdamW, 50 epochs and the balanced sampling; the
    rest is open and defaults to METHODS' starting points or to what helped on a CPU.
    """

    backbone: BackboneParams | None = Field(
        None, description="The network to fine-tune; null for the line's."
    )
    tiles: TileParams | None = Field(
        None, description="How its photographs are cut; null as images.tiles says."
    )
    tasks: tuple[Task, ...] = Field(
        ("cls", "segm", "recon"),
        min_length=1,
        description="Auxiliary tasks: classification, segmentation, reconstruction (Table 3).",
    )
    skips: Literal[2, 4] = Field(
        2, description="Skip connections of the decoder: U-Net2, or U-Net4 (Table 4)."
    )
    widths: tuple[Width, Width, Width] = Field(
        (256, 128, 64), description="Channels of Tconv1, Tconv2 and Tconv3; multiples of 8."
    )
    smoothing_sigma: float = Field(
        1.0, gt=0, description="Standard deviation of the heads' Gaussian smoothing, in pixels."
    )
    leaky_slope: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="Negative slope of LeakyReLU; the reconstruction must reach negative values.",
    )
    epochs: int = Field(50, ge=1, description="Passes over the training images, at most.")
    patience: int | None = Field(
        3,
        ge=1,
        description="Epochs after which training ends where the classification head ranks training "
        "parts no better that the network of their fold has not seen; the best epoch is kept. null "
        "for all epochs. Of use with folds alone.",
    )
    steps_per_epoch: int | None = Field(
        None, ge=1, description="Batches an epoch; none = one pass over the normal images."
    )
    batch_size: int = Field(
        8, ge=2, multiple_of=2, description="Images a batch, half normal and half anomalous."
    )
    threads: int = Field(
        TRAINING_THREADS,
        ge=1,
        description="CPU threads of the training, on every machine: another number rounds "
        "otherwise, which training makes another result of.",
    )
    lr: float = Field(1e-4, gt=0, description="Learning rate of AdamW.")
    decoder_lr_factor: float = Field(
        10.0, gt=0, description="Times lr: the rate of the decoder and the heads, which start raw."
    )
    weight_decay: float = Field(1e-2, ge=0, description="Decoupled weight decay of AdamW.")
    weight_cls: float = Field(10.0, ge=0, description="Weight of the classification loss (eq. 1).")
    weight_segm: float = Field(1.0, ge=0, description="Weight of the segmentation loss (eq. 1).")
    weight_recon: float = Field(1.0, ge=0, description="Weight of the reconstruction loss (eq. 1).")
    pseudo_masks: bool = Field(
        False,
        description="Mark known bad parts without a mask where they lie far from a memory bank of "
        "good ones, for the segmentation and CutPaste. A switch to try.",
    )
    freeze_batch_norm: bool = Field(
        True, description="Keep the encoder's batch-norm statistics as they were pretrained."
    )
    augment: bool = Field(True, description="Basic augmentation of every drawn image.")
    augment_flips: bool = Field(True, description="Flip augmented images at random, both ways.")
    augment_jitter: float = Field(
        0.1, ge=0, lt=1, description="Largest relative change of brightness and of contrast."
    )
    cutpaste: bool = Field(True, description="Paste known defects onto normal images (Table 6).")
    cutpaste_share: float = Field(
        0.5, ge=0, le=1, description="Share of the anomalous draws that are made by CutPaste."
    )
    cutpaste_saturation: tuple[float, float] = Field(
        (0.5, 1.5), description="Range of the factor on the pasted defect's colour saturation."
    )
    cutpaste_flip: bool = Field(True, description="Flip the pasted defect at random, both ways.")
    cutpaste_shift: float = Field(
        1.0,
        ge=0,
        le=1,
        description="How far a pasted defect may move: 0 = stays where it was cut, 1 = anywhere.",
    )

    def network(self) -> BackboneParams:
        """Return the network to fine-tune: ``backbone``, or the bundled one."""
        return self.backbone or BackboneParams()

    @field_validator("tasks")
    @classmethod
    def _no_task_twice(cls, tasks: tuple[Task, ...]) -> tuple[Task, ...]:
        if len(set(tasks)) < len(tasks):
            raise ValueError("names a task twice")
        return tasks

    @field_validator("cutpaste_saturation")
    @classmethod
    def _ordered_range(cls, bounds: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= bounds[0] <= bounds[1]:
            raise ValueError("must be two factors, 0 <= low <= high")
        return bounds


class APCAblationParams(BaseModel, extra="forbid", frozen=True):
    """The pipeline apc_ablation (the paper's tables 3 to 6)."""

    rows: tuple[Ablation, ...] = Field(
        get_args(Ablation),
        min_length=1,
        description="Rows of its table, each but none a fine-tuning: a list, or names apart by "
        "spaces.",
    )

    @field_validator("rows", mode="before")
    @classmethod
    def _from_words(cls, rows: Any) -> Any:
        return rows.replace(",", " ").split() if isinstance(rows, str) else rows

    @field_validator("rows")
    @classmethod
    def _each_once(cls, rows: tuple[Ablation, ...]) -> tuple[Ablation, ...]:
        return tuple(dict.fromkeys(rows))
