"""Trains any model of anomalib's, without leaving traces in folders or in global state."""

from __future__ import annotations

import logging
import math
import random
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from anomalib import LearningType
from anomalib.models.components import AnomalibModule, MemoryBankMixin
from lightning.pytorch import Callback, LightningModule, Trainer

from vadline.detectors.anomalib.store_data import StoreData
from vadline.errors import VadlineError
from vadline.progress import progress

_CHATTY = ("lightning.pytorch", "lightning.fabric", "lightning_fabric", "anomalib")
# Ours to set: where to compute, and when to validate.
_NOT_THEIRS = {"devices", "accelerator", "val_check_interval", "check_val_every_n_epoch"}


@contextmanager
def isolated(seed: int) -> Iterator[None]:
    """Seed the global generators of torch, NumPy and Python, and put them back afterwards.

    anomalib's models draw from them; ``lightning.seed_everything`` would also leave environment
    variables behind.
    """
    before, numpy_before = random.getstate(), np.random.get_state()  # noqa: NPY002
    levels = {name: logging.getLogger(name).level for name in _CHATTY}
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.ERROR)
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        try:
            yield
        finally:
            random.setstate(before)
            np.random.set_state(numpy_before)  # noqa: NPY002
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)


def train(
    module: AnomalibModule,
    data: StoreData,
    *,
    epochs: int | None,
    steps: int | None,
    device: torch.device,
    name: str,
) -> None:
    """Fit a model as anomalib's Engine would, through a bare Lightning trainer.

    A trainer, not a loop of our own, because the models lean on one: manual optimisation (CFlow),
    ``trainer.datamodule`` in hooks (CFA, EfficientAD), schedules by ``trainer.max_epochs``
    (SuperSimpleNet), memory banks fitted at the end of an epoch (PaDiM, PatchCore). Everything of
    the Engine's that writes (logger, checkpoints, versioned folders) or learns a post-processing
    (thresholds, normalisation) is left out.

    Parameters
    ----------
    module : AnomalibModule
        Fitted in place.
    epochs, steps : int, optional
        Whichever ends first; a model's own number of epochs (1 for memory banks) comes before
        both.

    Raises
    ------
    VadlineError
        If the loss is not finite, or the model cannot be trained on these images.
    """
    theirs = {k: v for k, v in module.trainer_arguments.items() if k not in _NOT_THEIRS}
    wanted = {"max_epochs": -1 if epochs is None else epochs, "max_steps": steps or -1}
    if "max_epochs" in theirs:  # a memory bank of a part of the images would be no saving
        wanted["max_steps"] = -1
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            **(wanted | theirs | {"num_sanity_val_steps": 0}),
            accelerator="gpu" if device.type == "cuda" else "cpu",
            devices=1,
            default_root_dir=folder,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            log_every_n_steps=1,
            inference_mode=False,  # what is computed in validation may be trained on or saved
            check_val_every_n_epoch=None,
            val_check_interval=10**9,  # never: one validation, after training
            callbacks=[_Progress(name)],
        )
        try:
            if module.learning_type not in {LearningType.ZERO_SHOT, LearningType.FEW_SHOT}:
                trainer.fit(module, datamodule=data)
            if _calibrates(module):
                trainer.validate(module, datamodule=data, verbose=False)
        except (RuntimeError, ValueError, OSError) as error:
            raise VadlineError(
                f"{name}: anomalib's {module.name} cannot be trained on these {len(data.rows)} "
                f"images ({type(error).__name__}: {' '.join(str(error).split())[:300]}); set other "
                "options, or more or larger images."
            ) from error
    module.trainer = None
    module.eval()


def _calibrates(module: AnomalibModule) -> bool:
    """Tell whether a model sets something when validation starts (EfficientAD's quantiles)."""
    if module.learning_type in {LearningType.ZERO_SHOT, LearningType.FEW_SHOT}:
        return True
    plain = (LightningModule.on_validation_start, MemoryBankMixin.on_validation_start)
    return type(module).on_validation_start not in plain


class _Progress(Callback):
    """Our bar over the trainer's batches, and an end to a loss that is not finite."""

    def __init__(self, name: str) -> None:
        self.name = name

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Open the bar."""
        batches = math.inf
        if trainer.max_epochs not in (None, -1):
            batches = trainer.max_epochs * trainer.num_training_batches
        if trainer.max_steps != -1:
            batches = min(batches, trainer.max_steps)
        self.bar = progress(total=int(batches), desc=f"{self.name}: training", unit="batch")

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, *args: Any
    ) -> None:
        """Advance the bar."""
        loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
        if isinstance(loss, torch.Tensor):
            value = loss.item()
            if not math.isfinite(value):
                raise VadlineError(
                    f"{self.name}: the loss is {value} after {trainer.global_step} steps; set a "
                    f"lower lr or fewer steps in detectors.{self.name}."
                )
            self.bar.set_postfix(loss=f"{value:.3g}", refresh=False)
        self.bar.update()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Close the bar."""
        self.bar.close()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Close the bar, so that the error begins on a line of its own."""
        if hasattr(self, "bar"):
            self.bar.close()
