"""Settings that contradict each other are refused."""

import pytest
from pydantic import ValidationError

from vadline.detectors import PatchCoreParams


def test_a_blurred_score_is_not_re_weighted():
    with pytest.raises(ValidationError, match="neighbours re-weighs"):
        PatchCoreParams(image_score="blurred", neighbours=9)
    assert PatchCoreParams(image_score="patch", neighbours=9).neighbours == 9
