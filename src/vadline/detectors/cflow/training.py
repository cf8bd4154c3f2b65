"""What CFLOW's flows learn from, and the learning."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadline.detectors.cflow.flow import ConditionalFlow
from vadline.detectors.on_backbone import OnBackbone
from vadline.detectors.patches import grid_roi
from vadline.detectors.training_set import TrainingSet
from vadline.errors import VadlineError
from vadline.progress import progress

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LayerSample:
    """Features of one layer, drawn from normal images.

    Attributes
    ----------
    features : Tensor, float32, shape (n, C)
    places : Tensor, int64, shape (n,)
        Where on the layer's grid, in row-major order.
    grid : tuple of int
        Rows and columns.
    """

    features: Tensor
    places: Tensor
    grid: tuple[int, int]


def sample_layers(
    detector: OnBackbone, training: TrainingSet, *, wanted: int, megabytes: float, seed: int
) -> list[LayerSample]:
    """Draw features of every layer, equally many from each image, in one pass over the images.

    Features wholly outside of the region of interest are left out.

    Parameters
    ----------
    wanted : int
        Most features a layer; about the number that the training reads.
    megabytes : float
        Most memory for all features; fewer are drawn where they do not fit, but one an image and
        layer at least. What it will be is logged.
    """
    rng = np.random.default_rng((seed, 0xCF10))
    layers: list[_Layer] = []
    for batch in detector.batches(training.images, training.rows):
        with torch.no_grad():
            maps = detector.frozen(detector.extractor.normalise(batch))
        if not layers:
            quotas = _quotas(maps, training, wanted, megabytes, detector.name)
            layers = [
                _Layer(tuple(values.shape[-2:]), training.roi, quota)
                for values, quota in zip(maps, quotas, strict=True)
            ]
        for layer, values in zip(layers, maps, strict=True):
            layer.draw(values.flatten(2).transpose(1, 2), rng)
    return [layer.sample() for layer in layers]


class _Layer:
    def __init__(self, grid: tuple[int, int], roi: NDArray[np.bool_] | None, quota: int) -> None:
        self._grid, self._inside, self._quota = grid, np.flatnonzero(grid_roi(roi, grid)), quota
        self._features: list[Tensor] = []
        self._places: list[Tensor] = []

    def draw(self, values: Tensor, rng: np.random.Generator) -> None:
        for image in values:
            chosen = rng.choice(self._inside, self._quota, replace=False)
            places = torch.from_numpy(np.sort(chosen)).to(image.device)
            self._places.append(places)
            self._features.append(image[places])

    def sample(self) -> LayerSample:
        return LayerSample(torch.cat(self._features), torch.cat(self._places), self._grid)


def _quotas(
    maps: Sequence[Tensor], training: TrainingSet, wanted: int, megabytes: float, name: str
) -> list[int]:
    """Return how many features each layer gives per image."""
    images = len(training.rows)
    inside = [int(grid_roi(training.roi, values.shape[-2:]).sum()) for values in maps]
    quotas = [min(places, math.ceil(wanted / images)) for places in inside]
    sizes = [4 * values.shape[1] + 8 for values in maps]  # float32 features and an int64 place
    needed = images * sum(q * size for q, size in zip(quotas, sizes, strict=True)) / 1e6
    share = min(1.0, megabytes / needed) if needed else 1.0
    quotas = [max(1, int(share * quota)) for quota in quotas]
    taken = images * sum(q * size for q, size in zip(quotas, sizes, strict=True)) / 1e6
    logger.info(
        "%s: %s features per image of %d images will take %.0f MB of memory",
        name,
        " + ".join(map(str, quotas)),
        images,
        taken,
    )
    return quotas


def train_flows(
    flows: Sequence[ConditionalFlow],
    samples: Sequence[LayerSample],
    encode: Callable[[tuple[int, int]], Tensor],
    *,
    steps: int,
    batch: int,
    lr: float,
    seed: int,
    name: str,
) -> None:
    """Minimise the mean of ``-log sigmoid(log p / C)`` (the code of Gudovskiy et al. 2022).

    The flows, one a layer, share the loop, not a weight: one step takes a batch of every layer.
    They are changed in place, and frozen afterwards.

    Parameters
    ----------
    encode : callable
        Gives the condition of every place of a grid, shape (rows * columns, D).
    steps : int
        Of Adam; its rate falls along a half cosine from ``lr`` to 0.
    batch : int
        Features a layer and step.
    seed : int
        Of the order of the features.

    Raises
    ------
    VadlineError
        If the loss is not finite.
    """
    weights = [weight for flow in flows for weight in flow.parameters()]
    optimiser = torch.optim.Adam(weights, lr=lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    orders = [_shuffled(len(s.features), batch, (seed, i)) for i, s in enumerate(samples)]
    codes = [encode(sample.grid) for sample in samples]
    with progress(total=steps, desc=f"{name}: training", unit="step") as bar:
        for step in range(steps):
            loss = weights[0].new_zeros(())
            for flow, sample, code, order in zip(flows, samples, codes, orders, strict=True):
                chosen = next(order).to(code.device)
                condition = code[sample.places[chosen]]
                loss = loss + flow.scores(sample.features[chosen], condition).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
            if step % 10 == 9 or step == steps - 1:
                value = loss.item()
                if not math.isfinite(value):
                    raise VadlineError(
                        f"{name}: the loss is {value} after {step + 1} steps; set a lower "
                        f"detectors.{name}.lr."
                    )
                bar.set_postfix(loss=f"{value:.3f}", refresh=False)
            bar.update()
    for flow in flows:
        flow.requires_grad_(False)


def _shuffled(count: int, batch: int, seed: tuple[int, int]) -> Iterator[Tensor]:
    """Yield batches of places for ever; none comes again before all others have."""
    rng = np.random.default_rng((*seed, 0x0DE5))
    waiting = np.empty(0, np.int64)
    while True:
        while len(waiting) < batch:
            waiting = np.concatenate([waiting, rng.permutation(count)])
        yield torch.from_numpy(waiting[:batch].copy())
        waiting = waiting[batch:]
