"""The report on a folder of new parts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from vadline.calibration import Promise
from vadline.detectors import AnomalyMaps
from vadline.images.decode import UnreadableImageError
from vadline.inspection.inspector import Inspector
from vadline.report import Goods, Pictures, ReportData, moment, render_report

_BLANK = 200  # grey, where a photograph cannot be shown


def inspection_page(
    inspector: Inspector,
    parts: pd.DataFrame,
    images: NDArray[np.uint8],
    maps: AnomalyMaps,
    drift: dict[str, Any],
) -> str:
    """Write the report on inspected parts, as one HTML page.

    Parameters
    ----------
    parts : DataFrame
        A row per part, as in ``inspection.csv``, and ``row``: of image and map, -1 where the part
        was judged before or could not be read.
    images : array, uint8, shape (N, H, W, 3)
    drift : dict
        As :meth:`Inspector.drift` gives it.
    """
    bundle = inspector.bundle
    product = f"{bundle.made_by['source']}/{bundle.made_by['category']}"
    parts = parts.reset_index(drop=True)
    at = parts["row"].to_numpy(np.int64)

    def photograph(row: int) -> NDArray[np.uint8]:
        return images[at[row]] if at[row] >= 0 else _read(inspector, parts["path"].iloc[row])

    def found(row: int) -> NDArray[np.uint8] | None:
        return _mask(parts["pictures"].iloc[row])

    said = parts.assign(image_id=parts["part"], row=np.arange(len(parts)), part="new")
    said["unlike_training"] = said["unlike_training"].fillna(False).astype(bool)
    said["reason"] = said["reason"].fillna(said["refused"])
    data = ReportData(
        product=product,
        made=moment(datetime.now()),
        decisions=said,
        pictures=Pictures(
            photograph,
            anomaly_map=lambda row: maps.pixels(at[[row]])[0] if at[row] >= 0 else None,
            found=found if parts["pictures"].notna().any() else None,
        ),
        goods=_goods(inspector),
        promise=Promise(**bundle.calibration["reject"]).in_words(),
        drift=drift["in_words"],
        drifted=drift["drifted"],
        is_rank=bundle.calibration["probability"] is None,
        settings={
            "Inspector of": product,
            "Photographs it learnt from, hash": bundle.made_by["manifest_hash"],
            "Score that decides": bundle.setup["name"],
            "Version of vadline": bundle.made_by["version"],
        },
    )
    return render_report(data)


def _read(inspector: Inspector, path: str) -> NDArray[np.uint8]:
    try:
        return inspector.read(Path(path))[0]
    except UnreadableImageError:
        return np.full((*inspector.size, 3), _BLANK, np.uint8)


def _mask(folder: object) -> NDArray[np.uint8] | None:
    """Read the mask that was written, if any and if it is still there."""
    path = Path(folder) / "mask.png" if isinstance(folder, str) else None
    if path is None or not path.exists():
        return None
    with Image.open(path) as mask:
        return np.asarray(mask)


def _goods(inspector: Inspector) -> Goods | None:
    masking = inspector.bundle.masking
    if masking is None:
        return None
    images = masking.tensors["references"].numpy()
    names = [f"good part {i + 1}" for i in range(len(images))]
    return Goods(images, np.arange(len(images)), names)
