"""The inspector and the photographs it has learnt from, beside the run in MLflow."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.metadata import requires, version
from pathlib import Path

import mlflow
import pandas as pd
from kedro.io import CatalogProtocol
from mlflow.data.dataset_source_registry import resolve_dataset_source
from mlflow.data.pandas_dataset import PandasDataset
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
from packaging.requirements import Requirement

import vadline
from vadline.images.encode import as_png
from vadline.sources.manifest import BAD, common_hash

_PACKAGE = Path(vadline.__file__).parent
_ANSWER = (
    ("string", "decision"),
    ("double", "score"),
    ("double", "probability"),
    ("double", "threshold"),
    ("boolean", "unlike_training"),
    ("string", "reason"),
    ("string", "defects"),
    ("binary", "mask"),
    ("string", "refused"),
)
SIGNATURE = ModelSignature(
    inputs=Schema([ColSpec("binary", "image")]),
    outputs=Schema([ColSpec(kind, name) for kind, name in _ANSWER]),
    params=ParamSchema([ParamSpec("refine", "boolean", True)]),
)


def log_inspector(catalog: CatalogProtocol, product: str) -> None:
    """Log the inspector to the active run, and register it as ``vadline-<product>``.

    A plain pyfunc over the inspector's file: kedro-mlflow's ``KedroPipelineModel`` would pickle the
    pipeline, need Kedro where it is served, and start a runner for every request.
    """
    mlflow.pyfunc.log_model(
        name="inspector",
        python_model=str(_PACKAGE / "run" / "served.py"),
        artifacts={"inspector": str(Path(catalog["inspector"]._get_load_path()).absolute())},
        signature=SIGNATURE,
        input_example=pd.DataFrame({"image": [as_png(catalog.load("images")[0])]}),
        pip_requirements=_requirements(),
        code_paths=[str(_PACKAGE)],
        registered_model_name=f"vadline-{product.replace('/', '-')}",
    )


class Photographs(PandasDataset):
    """The photographs of a run as MLflow lists them: told from others by their common hash."""

    @property
    def profile(self) -> dict[str, int]:
        """Count what there is; which of it is tested is the run's matter, not theirs."""
        listing = self.df
        bad = listing["label"] == BAD
        return {
            "photographs": len(listing),
            "good": int((~bad).sum()),
            "bad": int(bad.sum()),
            "kinds of defect": int(listing.loc[bad, "defect"].nunique()),
            "bad with a mask": int((bad & listing["mask"]).sum()),
        }


def log_photographs(manifest: pd.DataFrame, product: str) -> None:
    """Log which photographs the active run is about, and tag it with their common hash."""
    listing = manifest[["image_id", "label", "defect", "sha256"]].assign(
        mask=manifest["mask_path"].notna().to_numpy()
    )
    folder, told_by = common_folder(manifest["path"]), common_hash(manifest)
    source = resolve_dataset_source(folder)
    mlflow.log_input(Photographs(listing, source, "label", product, told_by), context="training")
    mlflow.set_tag("manifest_hash", told_by)


def common_folder(paths: Iterable[str]) -> str:
    """Return the folder below which all photographs lie; "." where that is none."""
    try:
        return os.path.commonpath([Path(path).parent for path in paths]) or "."
    except ValueError:
        return "."


def _requirements() -> list[str]:
    """Name what the package needs, in the versions that are installed."""
    needed = [Requirement(text) for text in requires("vadline") or []]
    used = [each for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
    return sorted(f"{each.name}=={version(each.name)}" for each in used)
