"""What stands below a mistake: our remedy, and no other."""

import logging

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from kedro.runner import SequentialRunner, ThreadRunner

from vadline.errors import VadlineError
from vadline.run.mistakes import quiet_resume_hint

HINT = "Repeat the previous command"


def hints(caplog, runner, error):
    """Run a node into an error and return what Kedro says of going on."""

    def fail(value):
        raise error

    quiet_resume_hint()
    caplog.clear()
    with caplog.at_level(logging.WARNING), pytest.raises(type(error)):
        runner.run(Pipeline([Node(fail, "a", "b")]), DataCatalog({"a": MemoryDataset(1)}))
    return [record for record in caplog.records if HINT in record.getMessage()]


@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner])
def test_kedro_s_hint_stands_below_what_is_no_mistake_of_a_user(caplog, runner):
    assert not hints(caplog, runner(), VadlineError("the folder is empty: fill it"))
    assert hints(caplog, runner(), ZeroDivisionError("of what?"))
