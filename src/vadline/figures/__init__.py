"""Figures of a run: pure functions from arrays and frames to plotly or matplotlib figures.

What they show was computed elsewhere; of files they know only the pages of finished figures.
"""

from vadline.figures.gallery import GalleryPart, gallery_figure
from vadline.figures.histograms import histogram_figure
from vadline.figures.history import history_figure
from vadline.figures.importances import importance_figure
from vadline.figures.pages import whole_page
from vadline.figures.roc import roc_figure
from vadline.figures.segments import segments_figure
from vadline.figures.sizes import sizes_figure
from vadline.figures.style import pixels
from vadline.figures.tables import table_figure
from vadline.figures.thresholds import thresholds_figure

__all__ = [
    "GalleryPart",
    "gallery_figure",
    "histogram_figure",
    "history_figure",
    "importance_figure",
    "pixels",
    "roc_figure",
    "segments_figure",
    "sizes_figure",
    "table_figure",
    "thresholds_figure",
    "whole_page",
]
