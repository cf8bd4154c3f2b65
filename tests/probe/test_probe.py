"""What the probe makes of its classifiers."""

import json

import numpy as np
import pytest

from vadline.metrics import image_auroc
from vadline.probe import Probe, ProbeParams


def world(seed=0, goods=60, bads=12):
    """One description that tells good and bad apart, and one of noise."""
    rng = np.random.default_rng(seed)
    bad = np.arange(goods + bads) >= goods
    telling = rng.normal(size=(len(bad), 8)) + 1.5 * bad[:, None]
    noise = rng.normal(size=(len(bad), 8))
    return {"telling": telling.astype(np.float32), "noise": noise.astype(np.float32)}, bad


def test_who_tells_them_apart_counts():
    described, bad = world()
    probe = Probe(ProbeParams()).fit(described, bad)
    assert sum(probe.weights_.values()) == pytest.approx(1)
    assert probe.weights_["telling"] > 5 * probe.weights_["noise"]
    new, new_bad = world(1, 200, 200)
    together = image_auroc(new_bad, probe.decision_function(new))
    alone = Probe(ProbeParams()).fit({"telling": described["telling"]}, bad)
    assert together > image_auroc(new_bad, alone.decision_function(new)) - 0.01


def test_a_good_part_scores_about_0_give_or_take_1():
    described, bad = world(goods=200)
    scores = Probe(ProbeParams()).fit(described, bad).decision_function(world(1, 400)[0])[:400]
    assert abs(scores.mean()) < 0.3
    assert 0.7 < scores.std() < 1.4


def test_a_single_bad_part_cannot_be_left_out_so_all_count_alike():
    described, bad = world(bads=1)
    probe = Probe(ProbeParams()).fit(described, bad)
    assert probe.weights_ == {"telling": 0.5, "noise": 0.5}
    assert np.isfinite(probe.decision_function(described)).all()


@pytest.mark.parametrize("label", [False, True])
def test_of_one_kind_alone_it_learns_nothing_and_says_0(label):
    described, bad = world()
    probe = Probe(ProbeParams()).fit(described, np.full(len(bad), label))
    assert (probe.decision_function(described) == 0).all()


def test_what_is_said_of_a_part_comes_from_others_folds():
    described, bad = world()
    folds = np.arange(len(bad)) % 3
    folds[:2] = -1
    first = Probe(ProbeParams()).out_of_fold(described, bad, folds)
    assert np.isnan(first[:2]).all()
    assert np.isfinite(first[2:]).all()
    held = Probe(ProbeParams()).fit(
        {k: x[folds != 1] for k, x in described.items()}, bad[folds != 1]
    )
    own = {k: x[folds == 1] for k, x in described.items()}
    np.testing.assert_allclose(first[folds == 1], held.decision_function(own))


def test_many_goods_are_drawn_from_by_seed():
    described, bad = world()
    few = ProbeParams(most_goods=20)
    probes = [Probe(few, seed).fit(described, bad) for seed in (0, 0, 1)]
    assert len(probes[0].members_["noise"].support) == 32
    first, second, third = (probe.decision_function(described) for probe in probes)
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first, third)


def test_it_comes_back_as_it_was():
    described, bad = world()
    probe = Probe(ProbeParams(width=3)).fit(described, bad)
    config = json.loads(json.dumps(probe.config()))
    again = Probe.from_parts(probe.tensors(), config)
    assert again.params == probe.params
    np.testing.assert_array_equal(
        again.decision_function(described), probe.decision_function(described)
    )
