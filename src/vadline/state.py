"""What a fitted model is when it rests: named tensors and the settings it was built with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class ModelState:
    """A model as data, saved without pickle.

    Attributes
    ----------
    tensors : mapping of str to Tensor
        Weights, memory bank and the like, by name.
    config : dict
        Plain JSON values: whatever is needed to build the model before the tensors are put in.
    """

    tensors: Mapping[str, Tensor]
    config: dict[str, Any] = field(default_factory=dict)
