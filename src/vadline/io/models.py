"""Fitted models as safetensors: named tensors, settings in the header, no pickle."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractVersionedDataset
from kedro.io.core import Version
from safetensors import safe_open
from safetensors.torch import save_file

from vadline.io.atomic import AtomicMixin
from vadline.state import ModelState


class _SafetensorsFile(AbstractVersionedDataset):
    def __init__(
        self,
        *,
        filepath: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.metadata = metadata
        super().__init__(PurePosixPath(filepath), version)

    def load(self) -> ModelState:
        with safe_open(Path(self._get_load_path()), framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            config = json.loads((file.metadata() or {}).get("config", "{}"))
        return ModelState(tensors, config)

    def save(self, data: ModelState) -> None:
        tensors = {name: tensor.contiguous() for name, tensor in data.tensors.items()}
        save_file(tensors, Path(self._get_save_path()), {"config": json.dumps(data.config)})

    def _exists(self) -> bool:
        return Path(self._get_load_path()).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "version": self._version}


class ModelDataset(AtomicMixin, _SafetensorsFile):
    """A :class:`vadline.state.ModelState` as ``.safetensors``.

    Parameters
    ----------
    filepath : str
    version : Version, optional
    metadata : dict, optional
    """
