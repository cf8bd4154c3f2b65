"""The inspector as an MLflow model: what ``mlflow models serve`` runs.

MLflow keeps this file with the model, rather than a pickle, and runs it where it is loaded.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel

from vadline.images.encode import as_png
from vadline.inspection import Inspection, Inspector

INSPECTOR = "inspector"  # the artifact's name


class ServedInspector(PythonModel):
    """Judges photographs that come as the bytes of their files."""

    def load_context(self, context: Any) -> None:
        """Read the inspector."""
        self._inspector = Inspector.load(context.artifacts[INSPECTOR])

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Judge photographs.

        Parameters
        ----------
        model_input : DataFrame
            Column ``image``: bytes of a file. Over HTTP they are sent in base64.
        params : dict, optional
            ``refine``: solve F2PAD for masks (the default), or threshold.

        Returns
        -------
        DataFrame
            ``decision, score, probability, threshold, unlike_training, reason``; ``defects``, as
            JSON a list of what :class:`vadline.inspection.Defect` holds; ``mask``, the bytes of a
            PNG of the photograph's size, empty where the part is not rejected; and ``refused``,
            why it could not be read.
        """
        refine = bool((params or {}).get("refine", True))
        results = self._inspector.inspect(list(model_input["image"]), refine)
        return pd.DataFrame([_row(result) for result in results])


def _row(result: Inspection) -> dict[str, Any]:
    plain = ("decision", "score", "probability", "threshold", "unlike_training", "reason")
    return {
        **{name: getattr(result, name) for name in plain},
        "defects": json.dumps([asdict(defect) for defect in result.defects]),
        "mask": b"" if result.mask is None else as_png(255 * result.mask),
        "refused": result.refused or "",
    }


mlflow.models.set_model(ServedInspector())
