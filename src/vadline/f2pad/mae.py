"""The paper's own first guess N0: a pretrained MAE fills in the patches that Omega touches."""

from __future__ import annotations

import copy
import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torch import Tensor
from torch.nn.functional import interpolate, max_pool2d

from vadline.backbones import pick_device
from vadline.errors import VadlineError


@dataclass(frozen=True)
class Mae:
    """A masked autoencoder, and how it wants its pixels.

    Attributes
    ----------
    model : transformers.ViTMAEForPreTraining
        In evaluation mode; it takes square images of side S, ``model.config.image_size``.
    mean, std : Tensor, float32, shape (1, 3, 1, 1)
        Of the pixels that it learnt from, in a range of 0 to 1.
    """

    model: Any
    mean: Tensor
    std: Tensor


@lru_cache(maxsize=1)
def load_mae(path: Path) -> Mae:
    """Load a MAE from a folder as transformers writes it, onto the GPU if there is one.

    The one that was loaded last stays in memory, for all the images that it paints.

    Parameters
    ----------
    path : Path
        Folder with ``config.json`` and the weights of both encoder and decoder. Pixels are
        normalised as its ``preprocessor_config.json`` says; without one, as ImageNet's.

    Raises
    ------
    VadlineError
        If transformers is not installed, the folder is missing or holds anything but a whole
        ViTMAE for colour images, or one that learnt normalised pixels (``norm_pix_loss``).
    """
    if importlib.util.find_spec("transformers") is None:
        raise VadlineError(
            'f2pad.initialiser: mae needs transformers: pip install "vadline[mae]", or set '
            "nearest_reference"
        )
    remedy = "name a folder that save_pretrained has written of a ViTMAEForPreTraining"
    if not path.is_dir():
        raise VadlineError(f"f2pad.mae: there is no folder {path}: {remedy}")
    try:
        model, mean, std = _read(path)
    except Exception as error:  # transformers, safetensors and pickle raise a zoo of errors
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise VadlineError(f"f2pad.mae: {path} holds no MAE ({reason}): {remedy}") from error
    if model.config.norm_pix_loss:
        raise VadlineError(
            f"f2pad.mae: {path} learnt normalised pixels (norm_pix_loss), so the colours that it "
            "fills in are lost: take a checkpoint that learnt plain pixels"
        )
    device = pick_device("auto")
    return Mae(model.eval().to(device), mean.to(device), std.to(device))


def mae_inpaint(mae: Mae, image: np.ndarray, region: np.ndarray) -> np.ndarray | None:
    """Paint the region over with what the MAE makes of the rest of the image.

    Every patch that a pixel of the region reaches is hidden from it, so that nothing of what the
    region shows finds its way into the guess.

    Parameters
    ----------
    image : ndarray, uint8, shape (H, W, 3)
        Stretched to the MAE's square and back, of which only the region is taken.
    region : ndarray, bool, shape (H, W)
        What to paint over, Omega.

    Returns
    -------
    ndarray, float32, shape (H, W, 3), optional
        Grey levels 0 to 255, not rounded; equal to ``image`` outside the region. None where the
        region reaches every patch, so that there is nothing to go on from.
    """
    painted = image.astype(np.float32)
    if not region.any():
        return painted
    side, patch = mae.model.config.image_size, mae.model.config.patch_size
    pixels = torch.from_numpy(painted).to(mae.mean).permute(2, 0, 1)[None] / 255
    covered = torch.from_numpy(region).to(mae.mean)[None, None]
    # Both are resized by the same weights, none of which is negative: any share counts.
    hidden = max_pool2d(_resized(covered, (side, side)), patch).flatten() > 0
    if hidden.all():
        return None
    filled = _fill(mae.model, (_resized(pixels, (side, side)) - mae.mean) / mae.std, hidden)
    back = _resized(filled * mae.std + mae.mean, region.shape)[0].permute(1, 2, 0)
    painted[region] = (255 * back).clamp(0, 255).cpu().numpy()[region]
    return painted


def _resized(images: Tensor, size: tuple[int, ...]) -> Tensor:
    return interpolate(images, size, mode="bilinear", antialias=True)


@torch.inference_mode()
def _fill(model: Any, pixels: Tensor, hidden: Tensor) -> Tensor:
    """Show the MAE all patches but the hidden ones, of which alone its picture is of use.

    ``pixels`` are normalised, (1, 3, S, S); ``hidden``, bool (L,), has the patches row by row.
    """
    # The share of hidden patches can only be set in the configuration. A copy that shares the
    # weights leaves the model as it is for other threads.
    weights = {id(kept): kept for kept in (*model.parameters(), *model.buffers())}
    own = copy.deepcopy(model, weights)
    # transformers rounds the number of patches that it shows down: half a patch keeps clear of it.
    own.config.mask_ratio = (int(hidden.sum()) - 0.5) / len(hidden)
    # Patches of the lowest noise are shown; their order among themselves stays.
    noise = torch.arange(len(hidden), device=hidden.device) + len(hidden) * hidden
    return own.unpatchify(own(pixels, noise=noise[None].to(pixels)).logits)


def _read(path: Path) -> tuple[Any, Tensor, Tensor]:
    """Read model, mean and deviation; any exception if the folder holds something else."""
    from transformers import ViTMAEForPreTraining

    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    if config.get("model_type") != "vit_mae":
        raise ValueError(f"its model_type is {config.get('model_type')}, not vit_mae")
    if config.get("num_channels", 3) != 3:
        raise ValueError(f"its images have {config['num_channels']} channels, not 3")
    with _quiet():
        model, found = ViTMAEForPreTraining.from_pretrained(
            path, local_files_only=True, output_loading_info=True
        )
    if found["missing_keys"]:  # transformers fills them with random numbers
        raise ValueError(f"it lacks weights: {', '.join(sorted(found['missing_keys'])[:3])}")
    processing = path / "preprocessor_config.json"
    colours = json.loads(processing.read_text(encoding="utf-8")) if processing.is_file() else {}
    mean = torch.tensor(colours.get("image_mean", IMAGENET_DEFAULT_MEAN))
    std = torch.tensor(colours.get("image_std", IMAGENET_DEFAULT_STD))
    return model, mean.view(1, 3, 1, 1), std.view(1, 3, 1, 1)


@contextmanager
def _quiet() -> Iterator[None]:
    """Show no bar and no table of weights inside: what matters ends in an error's one line."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
