"""SegAD: segment statistics of anomaly maps and a boosted random forest on them.

`statistics` makes the features, `forest` and `blend` the score; `segments` says where.
"""

from vadline.defects.params import SyntheticParams
from vadline.segad.auto import auto_segments
from vadline.segad.blend import PROBE, BlendedForest
from vadline.segad.columns import (
    IMAGE_SCORE,
    WHOLE,
    forest_rows,
    image_score_columns,
    setup_columns,
)
from vadline.segad.describe import describe_maps, described_names, whole_segment
from vadline.segad.foreground import part_segments, usual_segments
from vadline.segad.forest import BoostedRandomForest
from vadline.segad.mean import location_scale, standardised_mean, standards
from vadline.segad.params import (
    BlendParams,
    ForestParams,
    SegADParams,
    SegmentParams,
    SetupParams,
)
from vadline.segad.segments import decided, grid_segments, load_segments, make_segments
from vadline.segad.stand_ins import stand_ins
from vadline.segad.statistics import feature_frame, segment_maxima, segment_statistics
from vadline.segad.vad_layout import vad_segments

__all__ = [
    "IMAGE_SCORE",
    "PROBE",
    "WHOLE",
    "BlendParams",
    "BlendedForest",
    "BoostedRandomForest",
    "ForestParams",
    "SegADParams",
    "SegmentParams",
    "SetupParams",
    "SyntheticParams",
    "auto_segments",
    "decided",
    "describe_maps",
    "described_names",
    "feature_frame",
    "forest_rows",
    "grid_segments",
    "image_score_columns",
    "load_segments",
    "location_scale",
    "make_segments",
    "part_segments",
    "segment_maxima",
    "segment_statistics",
    "setup_columns",
    "stand_ins",
    "standardised_mean",
    "standards",
    "usual_segments",
    "vad_segments",
    "whole_segment",
]
