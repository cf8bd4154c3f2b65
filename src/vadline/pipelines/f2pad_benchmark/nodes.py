"""Nodes of the pipeline f2pad_benchmark."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vadline.defects.stand_ins import StandIns
from vadline.detectors import DetectorParams
from vadline.f2pad import F2PADParams
from vadline.f2pad.benchmark import (
    F2PADBenchmarkParams,
    ablation_table,
    choose_shown,
    cost_table,
    divide_goods,
    make_images,
    masks_table,
    measure,
    shapes_of_bads,
    sizes_table,
)
from vadline.f2pad.benchmark.params import Setting
from vadline.figures import GalleryPart, gallery_figure, sizes_figure


def make_benchmark(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    roi: NDArray[np.bool_],
    split: pd.DataFrame,
    benchmark: F2PADBenchmarkParams,
    seed: int,
) -> tuple[StandIns, pd.DataFrame]:
    """Divide the good training parts, for each seed anew, and paste defects on some of them."""
    seeds = range(seed, seed + benchmark.seeds)
    shapes = shapes_of_bads(split, masks, roi)
    goods = [divide_goods(split, images, benchmark, one).assign(seed=one) for one in seeds]
    made = [
        make_images(images, shapes, roi, own, benchmark, one)
        for own, one in zip(goods, seeds, strict=True)
    ]
    together = StandIns(
        np.concatenate([each.images for each in made]),
        np.concatenate([each.masks for each in made]),
        pd.concat([each.table for each in made], ignore_index=True),
    )
    return together, pd.concat(goods, ignore_index=True)


def measure_detector(
    made: StandIns,
    images: NDArray[np.uint8],
    roi: NDArray[np.bool_],
    goods: pd.DataFrame,
    detector: DetectorParams,
    f2pad: F2PADParams,
    benchmark: F2PADBenchmarkParams,
    *,
    setting: Setting,
) -> tuple[pd.DataFrame, NDArray[np.uint8]]:
    """Fit a detector, refine its masks in every way, and measure them."""
    return measure(made, images, roi, goods, f2pad, benchmark, detector, setting)


def fill_tables(
    benchmark: F2PADBenchmarkParams, *parts: pd.DataFrame, cells: list[tuple[str, str]]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, go.Figure]:
    """Put what all cells gave into the paper's tables, and its figure 7."""
    together = pd.concat(
        [
            own.assign(detector=detector, setting=setting)
            for own, (detector, setting) in zip(parts, cells, strict=True)
        ],
        ignore_index=True,
    )
    sizes = sizes_table(together, benchmark.defects.sizes)
    tables = masks_table(together), ablation_table(together), cost_table(together)
    return *tables, sizes, sizes_figure(sizes)


def draw_shown(
    made: StandIns,
    masks: NDArray[np.uint8],
    parts: pd.DataFrame,
    benchmark: F2PADBenchmarkParams,
) -> Figure:
    """Show some images of one cell: photograph, truth, mask before and after."""
    return gallery_figure(
        [
            GalleryPart(
                name=f"{part.paste} {part.image}: "
                f"IOU {100 * part.before:.0f} to {100 * part.after:.0f}",
                image=made.images[part.row],
                truth=made.masks[part.row],
                initial_mask=masks[part.place, 0],
                refined_mask=masks[part.place, 1],
            )
            for part in choose_shown(parts, made.table, benchmark.solvers[0]).itertuples()
        ]
    )
