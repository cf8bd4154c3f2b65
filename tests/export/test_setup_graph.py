"""Statistics and forests are those of SegAD, in torch."""

import numpy as np
import pandas as pd
import pytest
import torch

from vadline.defects.synthetic import OUTSIDE
from vadline.export.setup_graph import ForestGraph, SegmentStatistics
from vadline.segad import BlendedForest, BlendParams, ForestParams, segment_statistics


def test_statistics_are_those_of_segad():
    rng = np.random.default_rng(0)
    maps = rng.gamma(2, size=(3, 40, 40)).astype(np.float32)
    segments = np.repeat(np.arange(40, dtype=np.uint8) // 10, 40).reshape(40, 40)
    segments[0, :5] = OUTSIDE
    segments[5, 5], segments[6, :2] = 5, 6  # of one pixel and of two; 4 is empty
    maps[:, 30:] = 7.3  # constant
    found = SegmentStatistics(segments, 7)(torch.from_numpy(maps))
    expected = segment_statistics(maps, segments, 7)
    np.testing.assert_allclose(found.view(3, 7, 4), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["off", "count", "safe"])
def test_a_forest_scores_as_before(kind):
    rng = np.random.default_rng(1)
    names = [f"d.s{i}.mean" for i in range(6)]
    table = pd.DataFrame(rng.normal(size=(300, 6)), columns=names)
    bad = table.iloc[:, 0] * table.iloc[:, 1] + 0.3 * rng.normal(size=300) > 0.5
    scores = pd.DataFrame({"d.image_score": rng.normal(3, 2, 300) + bad})
    forest = BlendedForest(ForestParams(trees=20), BlendParams(kind=kind), 0)
    probe = rng.normal(size=300) if kind == "safe" else None
    forest.fit(table, bad, scores, probe=probe)
    columns = ["d.image_score", *reversed(names)]
    graph = ForestGraph(forest, columns)
    assert graph.depth > 1
    told = pd.concat([table, scores], axis="columns")[columns].to_numpy()
    expected = forest.decision_function(table, scores, probe)
    found = graph(torch.from_numpy(told), None if probe is None else torch.from_numpy(probe))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
