"""Fitted models as safetensors: named tensors, settings in the header, no pickle."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file

from vadline.io.atomic import AtomicMixin
from vadline.io.local import LocalFileDataset
from vadline.state import ModelState


class _SafetensorsFile(LocalFileDataset):
    def load(self) -> ModelState:
        """Read the model."""
        with safe_open(Path(self._get_load_path()), framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            config = json.loads((file.metadata() or {}).get("config", "{}"))
        return ModelState(tensors, config)

    def save(self, data: ModelState) -> None:
        """Write the model."""
        tensors = {name: tensor.contiguous() for name, tensor in data.tensors.items()}
        save_file(tensors, Path(self._get_save_path()), {"config": json.dumps(data.config)})


class ModelDataset(AtomicMixin, _SafetensorsFile):
    """A :class:`vadline.state.ModelState` as ``.safetensors``."""
