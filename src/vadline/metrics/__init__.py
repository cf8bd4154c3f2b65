"""Image, pixel, region and segmentation metrics, and the tables they fill.

Every metric is a fraction in [0, 1]; what a one-class test part cannot define is NaN.
"""

from vadline.metrics.aupro import aupro
from vadline.metrics.histogram import PixelHistogram, pixel_histogram
from vadline.metrics.image import fpr_at_tpr, image_auroc, image_f1
from vadline.metrics.kinds import kinds_table
from vadline.metrics.pixel import pixel_auroc, pixel_f1, pixel_f1_threshold
from vadline.metrics.segmentation import dice, iou, mean_overlap
from vadline.metrics.table_rows import detection_row, refinement_row, segad_row
from vadline.metrics.tables import (
    as_metrics,
    detection_table,
    format_table,
    kind_row,
    refinement_table,
    segad_table,
    without_kinds,
)

__all__ = [
    "PixelHistogram",
    "as_metrics",
    "aupro",
    "detection_row",
    "detection_table",
    "dice",
    "format_table",
    "fpr_at_tpr",
    "image_auroc",
    "image_f1",
    "iou",
    "kind_row",
    "kinds_table",
    "mean_overlap",
    "pixel_auroc",
    "pixel_f1",
    "pixel_f1_threshold",
    "pixel_histogram",
    "refinement_row",
    "refinement_table",
    "segad_row",
    "segad_table",
    "without_kinds",
]
