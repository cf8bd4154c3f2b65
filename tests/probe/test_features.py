"""How parts are described."""

import numpy as np
import pytest
import torch

from vadline.backbones import BackboneParams
from vadline.detectors.patches import patch_features
from vadline.errors import VadlineError
from vadline.images.tiles import TileParams
from vadline.probe import Probe, ProbeParams, load_probe, pretrained, probe_features, probe_state
from vadline.state import ModelState

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 64, 64, 3), dtype=np.uint8)
GRIDS = np.random.default_rng(1).normal(size=(6, 8, 8)).astype(np.float32)


@pytest.fixture(scope="module")
def features():
    return probe_features(BackboneParams(), ProbeParams(farthest=2, spread=5))


def test_a_part_is_described_as_a_whole_and_where_the_map_marks_it(features):
    rows = np.array([4, 1, 1, 0, 5])
    found = features.split(features.describe(IMAGES, rows, GRIDS, "probe"))
    extractor = features.extractor
    for i, row in enumerate(rows):
        batch = torch.from_numpy(IMAGES[row : row + 1])
        with torch.no_grad():
            maps = extractor(extractor.normalise(batch))
        flat = [m[0].flatten(1) for m in maps]
        pooled = torch.cat(
            [v for m in flat for v in (m.mean(1), m.amax(1), m.std(1, correction=0))]
        )
        np.testing.assert_allclose(found["pooled"][i], pooled, rtol=1e-4, atol=1e-4)
        patches = patch_features(maps[:2], 3)[0].flatten(1).T
        marked = patches[np.argsort(-GRIDS[row].ravel())[:5].copy()]
        expected = torch.cat([marked[:2].mean(0), marked.std(0, correction=0)])
        np.testing.assert_allclose(found["farthest"][i], expected, rtol=1e-4, atol=1e-4)


def test_a_map_of_another_grid_will_do(features):
    coarse = np.zeros((6, 4, 4), np.float32)
    coarse[:, 0, 0] = 1
    fine = np.zeros((6, 8, 8), np.float32)
    fine[:, :2, :2] = [[1, 0.75], [0.75, 0.5625]]  # where the coarse one marks most
    rows = np.arange(6)
    params = ProbeParams(farthest=1, spread=3)
    describe = probe_features(BackboneParams(), params).describe
    at_corner = describe(IMAGES, rows, coarse, "probe")
    assert at_corner.shape == describe(IMAGES, rows, fine, "probe").shape
    np.testing.assert_allclose(
        at_corner, describe(IMAGES, rows, fine, "probe"), rtol=1e-4, atol=1e-4
    )


def test_a_saved_probe_describes_and_scores_the_same():
    params = ProbeParams()
    features = probe_features(BackboneParams(), params)
    seen = features.split(features.describe(IMAGES, np.arange(6), GRIDS, "probe"))
    probe = Probe(params).fit(seen, np.arange(6) > 3)
    backbone = BackboneParams()
    state = probe_state(probe, pretrained(backbone, params), backbone.name)
    again, loaded = load_probe(ModelState(state.tensors, state.config))
    same = again.split(again.describe(IMAGES, np.arange(6), GRIDS, "probe"))
    np.testing.assert_array_equal(loaded.decision_function(same), probe.decision_function(seen))


def test_a_level_that_the_backbone_has_not_is_told():
    with pytest.raises(VadlineError, match="feature levels"):
        probe_features(BackboneParams(), ProbeParams(pooled_layers=(2, 7)))


def test_tiles_are_described_as_one_photograph():
    images = np.random.default_rng(2).integers(0, 256, (2, 64, 96, 3), dtype=np.uint8)
    grids = np.random.default_rng(3).normal(size=(2, 8, 12)).astype(np.float32)
    one, two = (
        probe_features(BackboneParams(), ProbeParams(tiles=TileParams(columns=columns)))
        for columns in (1, 2)
    )
    whole = probe_features(BackboneParams(), ProbeParams()).describe(
        images, np.arange(2), grids, "probe"
    )
    same = one.describe(images, np.arange(2), grids, "probe")
    np.testing.assert_allclose(same, whole, rtol=1e-4, atol=1e-4)
    cut = two.describe(images, np.arange(2), grids, "probe")
    assert cut.shape == whole.shape
    assert np.corrcoef(cut.ravel(), whole.ravel())[0, 1] > 0.8
