"""Settings of a split: out of range is found out before a manifest is looked at."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from vadline.splits import PROTOCOLS, SplitParams


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"protocol": "n_shot"}, "'one_class', 'low_shot', 'high_shot' or 'supervised'"),
        ({"protocol": "low_shot", "shots": 0}, "for none: split.protocol=one_class"),
        ({"protocol": "supervised", "shots": 0}, "split.shots 0 must be at least 1"),
        ({"shots": -1}, "shots"),
        ({"detector_share": 1.2}, "detector_share"),
        ({"detector_share": 0}, "detector_share"),
        ({"calibration_share": 0.6}, "detector_share and split.calibration_share exceed 1"),
        ({"classifier_share": -0.1}, "classifier_share"),
        ({"finetune_bads": -1}, "finetune_bads"),
        ({"test_good_share": 1.0}, "test_good_share"),
        ({"on_duplicate": "ignore"}, "'fail' or 'drop_train'"),
    ],
)
def test_settings_out_of_range_are_named(setting, words):
    with pytest.raises(ValidationError, match=words):
        SplitParams(**setting)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_protocols_that_draw_no_shots_take_none(protocol):
    assert SplitParams(protocol=protocol, shots=1).shots == 1
    if protocol in ("one_class", "high_shot"):
        assert SplitParams(protocol=protocol, shots=0).shots == 0


def test_shares_may_take_all_together():
    assert SplitParams(detector_share=0.7, calibration_share=0.3)
