"""What a person reads while a run is at work."""

import logging

from kedro.pipeline import Node

from vadline.run.reporting import ReportingHooks


def node(name, stage):
    return Node(lambda x: x, inputs=f"{name}_in", outputs=f"{name}_out", name=name, tags=stage)


def test_each_stage_is_named_once(caplog):
    hooks = ReportingHooks()
    with caplog.at_level(logging.INFO, "vadline"):
        for name, stage in (("read", "ingest"), ("check", "ingest"), ("fit", "memory_bank")):
            hooks.before_node_run(node(name, stage))
    assert caplog.messages == ["Stage ingest", "Stage memory_bank"]
