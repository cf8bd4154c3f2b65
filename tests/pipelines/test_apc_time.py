"""What takes long is told before it begins."""

import logging

import pytest

from vadline.apc import APCParams
from vadline.pipelines.apc_finetune.nodes import _tell_time


@pytest.mark.parametrize(("steps", "words"), [(50, "800 batches"), (15, ""), (None, "")])
def test_the_fine_tuning_tells_its_time_where_it_is_long(steps, words, caplog):
    with caplog.at_level(logging.INFO, "vadline"):
        _tell_time(APCParams(epochs=4, steps_per_epoch=steps), folds=3)
    assert bool(caplog.messages) == bool(words)
    assert words in caplog.text
