"""SegAD's table on VisA from the maps that its authors published; no part of the line.

Takes the folder `segad_visa.root`; gives the table `segad_visa`.
"""

from vadline.pipelines.segad_visa.pipeline import create_pipeline

__all__ = ["create_pipeline"]
