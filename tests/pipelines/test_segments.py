"""Segments that the line learns, instead of drawing them."""

import numpy as np
from kedro.framework.project import pipelines

AUTO = {"segad": {"segments": {"kind": "auto", "count": 4}}}


def test_the_stage_split_learns_segments_where_it_is_told_to(project):
    project.run(params=AUTO, tags=["ingest", "split"])
    nodes = {node.name: node for node in pipelines["split"].nodes}
    assert "split.segment_images" not in nodes
    names, segments = (project.load(name, params=AUTO) for name in ("segment_names", "segments"))
    assert names == [f"auto_{index}" for index in range(len(names))]
    assert 2 <= len(names) <= 4
    assert set(np.unique(segments)) == set(range(len(names)))


def test_drawn_segments_need_neither_images_nor_a_backbone(finished):
    finished.load("split")
    (node,) = (node for node in pipelines["split"].nodes if "segments" in node.outputs)
    assert not {"images", "split", "params:backbone"} & set(node.inputs)
