"""Settings of a split: out of range is found out before a manifest is looked at."""

from __future__ import annotations

import pandas as pd
import pytest

from vadline.errors import VadlineError
from vadline.splits import make_split


@pytest.mark.parametrize(
    "setting",
    [
        {"seed": -1},
        {"shots": 0, "protocol": "low_shot"},
        {"detector_share": 1.2},
        {"calibration_share": 0.6},
        {"classifier_share": -0.1},
        {"finetune_bads": -1},
        {"test_good_share": 1.0},
        {"on_duplicate": "ignore"},
    ],
)
def test_settings_out_of_range_are_named(setting):
    with pytest.raises(VadlineError, match=f"split.*{next(iter(setting))}"):
        make_split(pd.DataFrame(), **({"protocol": "one_class", "seed": 0} | setting))
