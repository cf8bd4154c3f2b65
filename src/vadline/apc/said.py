"""What the heads of a fine-tuned network say, in standard deviations of good parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional as F

from vadline.apc.network import network_from
from vadline.backbones.weights import without_prefix
from vadline.errors import VadlineError
from vadline.state import ModelState

HELD_OUT_AUROC = "held_out_auroc"
"""Where a network's state says how well the folds' classifications rank what they have not seen."""
FLOOR = 1e-4
"""Added to a pixel's probability before its logarithm is taken."""
STRIDE = 4
"""Of the segmentation's map, in pixels."""
_NETWORK, _STANDARDS = "heads.", "standards."


class Heads:
    """Asks a network's heads, on its device.

    Networks that were trained apart, as those of folds, differ more in their logits than good and
    bad parts do. So all is standardised by what a network says of good training parts: the image's
    logit ``cls``, the map ``cls_map`` of each place's own logit, and the map ``segm_map`` of
    ``log(sigmoid + 1e-4)``.

    Parameters
    ----------
    network : ModelState
        As the stage apc_finetune leaves it.
    tasks : sequence of str
        The heads that are asked: ``cls``, ``segm``.
    name : str
        Whose they are, for errors.

    Attributes
    ----------
    standards_ : dict of str to Tensor, float32, shape (2,)
        Mean and standard deviation of good parts, of all that the heads say.

    Raises
    ------
    VadlineError
        If there is no fine-tuned network, or it was trained without a head.
    """

    standards_: Mapping[str, Tensor]

    def __init__(
        self, network: ModelState | None, tasks: tuple[str, ...], device: torch.device, name: str
    ) -> None:
        asked = f"{name} asks the heads of APC, and"
        otherwise = f"or leave {name} out of line.detectors."
        if network is None:
            raise VadlineError(f"{asked} none was fine-tuned: add it, {otherwise}")
        self._network = network_from(network).to(device).folded()
        if missing := set(tasks) - set(self._network.params.tasks):
            raise VadlineError(f"{asked} apc.tasks lacks {min(missing)}: add it, {otherwise}")
        self.state = network
        self.tasks = tasks

    @property
    def trust(self) -> float:
        """How far the classification ranks parts that it has not seen: 0 by chance, 1 perfectly.

        1 where no folds have told.
        """
        told = self.state.config.get(HELD_OUT_AUROC)
        return 1.0 if told is None else max(0.0, 2 * told - 1)

    @torch.no_grad()
    def fit(self, batches: Iterable[Tensor]) -> Self:
        """Learn how good parts spread, from photographs, uint8 (B, H, W, 3)."""
        said: dict[str, list[Tensor]] = {}
        for batch in batches:
            for key, values in self._ask(batch).items():
                said.setdefault(key, []).append(values.double().flatten())
        self.standards_ = {key: _standard(torch.cat(values)) for key, values in said.items()}
        return self

    @torch.no_grad()
    def say(self, batch: Tensor) -> dict[str, Tensor]:
        """Return what the heads say of photographs.

        Parameters
        ----------
        batch : Tensor, uint8, shape (B, H, W, 3)

        Returns
        -------
        dict of str to Tensor
            ``cls``, float32 (B,), and ``cls_map`` at stride 32; ``segm_map`` at stride 4, float32
            (B, h, w).
        """
        said = self._ask(batch)
        return {
            key: (v - self.standards_[key][0]) / self.standards_[key][1] for key, v in said.items()
        }

    def tensors(self) -> dict[str, Tensor]:
        """Return the network's weights and the standards, by :meth:`from_state`'s names."""
        weights = {f"{_NETWORK}{name}": value for name, value in self.state.tensors.items()}
        return weights | {f"{_STANDARDS}{key}": value for key, value in self.standards_.items()}

    @classmethod
    def from_state(
        cls, state: ModelState, tasks: tuple[str, ...], device: torch.device, name: str
    ) -> Self:
        """Rebuild heads out of a state that holds :meth:`tensors` and the network's ``config``."""
        network = ModelState(without_prefix(state.tensors, _NETWORK), state.config["heads"])
        heads = cls(network, tasks, device, name)
        standards = without_prefix(state.tensors, _STANDARDS)
        heads.standards_ = {key: value.to(device) for key, value in standards.items()}
        return heads

    def _ask(self, batch: Tensor) -> dict[str, Tensor]:
        network = self._network
        said: dict[str, Tensor] = {}
        x = network.encoder.normalise(batch)
        up2, up3, stem = network.decode(network.encoder(x))
        if "cls" in self.tasks and network.cls is not None:
            said |= {"cls": network.cls(up2), "cls_map": network.cls.map(up2)}
        if "segm" in self.tasks and network.segm is not None:
            logits = network.segm(up3, stem, (x.shape[-2], x.shape[-1]))
            values = (torch.sigmoid(logits) + FLOOR).log()
            said["segm_map"] = F.avg_pool2d(values[:, None], STRIDE, ceil_mode=True)[:, 0]
        return said


def _standard(values: Tensor) -> Tensor:
    """Mean and standard deviation, 1 where there is none; float32 (2,)."""
    mean, spread = values.mean(), values.std(unbiased=False)
    return torch.stack([mean, torch.where(spread > 0, spread, 1.0)]).float()
