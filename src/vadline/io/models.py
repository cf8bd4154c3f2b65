"""Fitted models as safetensors: named tensors, settings in the header, no pickle."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file

from vadline.io.local import LocalFileDataset
from vadline.state import ModelState


class ModelDataset(LocalFileDataset):
    """A :class:`vadline.state.ModelState` as ``.safetensors``."""

    def read(self, path: Path) -> ModelState:
        """Read the model."""
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            config = json.loads((file.metadata() or {}).get("config", "{}"))
        return ModelState(tensors, config)

    def write(self, path: Path, data: ModelState) -> None:
        """Write the model."""
        tensors = {name: tensor.contiguous() for name, tensor in data.tensors.items()}
        save_file(tensors, path, {"config": json.dumps(data.config)})
