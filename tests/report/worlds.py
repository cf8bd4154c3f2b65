"""A tiny run to report on: a handful of parts of 16 x 16 pixels."""

import json
import re

import numpy as np
import pandas as pd

from vadline.calibration import calibrate, thresholds_table
from vadline.report import Goods, Pictures, ReportData

SIDE = 16
NASTY = "train/good/</script><img src=x onerror=alert(1)>\"'&.png"


def decisions(goods=12, bads=6, test=4):
    """Return decisions as the stage evaluate makes them: some of either side are wrong."""
    rng = np.random.default_rng(0)
    training = np.concatenate([rng.normal(0, 1, goods), rng.normal(2.5, 1.5, bads)])
    new = np.concatenate([rng.normal(0, 1, test), rng.normal(2.5, 1.5, test if bads else 0)])
    label = ["good"] * goods + ["bad"] * bads + ["good"] * test + ["bad"] * (len(new) - test)
    learnt = calibrate(training[:goods], training[goods:], 0.2, None, 0.5)
    table = learnt.decide(np.concatenate([training, new]))
    kinds = ["crack", "unseen:burn"]
    table.insert(0, "image_id", [f"{name}/{at:03}" for at, name in enumerate(label)])
    table.insert(1, "label", label)
    table.insert(2, "defect", [k if k == "good" else kinds[i % 2] for i, k in enumerate(label)])
    table.insert(3, "part", ["training"] * len(training) + ["test"] * len(new))
    odd = np.arange(len(table)) == 1
    return table.assign(unlike_training=odd, row=np.arange(len(table)))


def report_data(table, masks=True, **more):
    """Return what a report of these decisions is made of."""
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (len(table), SIDE, SIDE, 3), np.uint8)
    maps = rng.random((len(table), 4, 4)).astype(np.float32)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[3:7, 3:9] = 1
    pictures = Pictures(
        lambda row: images[row],
        lambda row: maps[row],
        (lambda row: mask if row % 2 else None) if masks else None,
        (lambda row: mask if row % 3 == 0 else None) if masks else None,
    )
    rows = np.arange(min(5, len(table)))
    goods = Goods(images, rows, list(table["image_id"].iloc[rows]))
    given = {
        "promise": "At most 20.0 % can be promised.",
        "drift": "Photographs look as in training",
    }
    return ReportData(
        "demo/tiny", "1 May 2026", table, pictures, **({"goods": goods} | given | more)
    )


def tables():
    """Return the metrics tables of a run."""
    columns = {
        "row": ["patchcore"],
        "image_auroc": [0.9444],
        "pixel_auroc": [np.nan],
        "goods": [12.0],
    }
    rates = thresholds_table([0.0, 1.0, 2.0], [3.0], (0.05, 0.2)).rename_axis("row").reset_index()
    return {"detection": pd.DataFrame(columns), "thresholds": rates}


def script_data(page):
    """Return what a page hands to its script."""
    (text,) = re.findall(r'<script type="application/json" id="report-data">(.*?)</script>', page)
    return json.loads(text)


def sections(page):
    """Name a page's sections."""
    return re.findall(r'<section id="(\w+)"', page)
