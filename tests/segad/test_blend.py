from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from vadline.errors import VadlineError
from vadline.metrics import image_auroc
from vadline.segad import (
    BlendedForest,
    BlendParams,
    BoostedRandomForest,
    ForestParams,
    SegADParams,
    standardised_mean,
    standards,
)


def world(seed, goods=150, bads=10, features=30):
    """A fair image score, and a faint trace of the defects in many features."""
    rng = np.random.default_rng(seed)
    y = np.r_[np.zeros(goods), np.ones(bads)].astype(int)
    X = rng.normal(size=(len(y), features)) + 0.15 * y[:, None]
    score = 100 + 5 * (rng.normal(size=len(y)) + 1.7 * y)
    columns = [f"padim.cell_{i}.mean" for i in range(features)]
    return pd.DataFrame(X, columns=columns), y, pd.DataFrame({"padim": score})


FOREST = ForestParams(trees=20)


def plain():
    return BoostedRandomForest(FOREST, 0)


def blended_by(kind="off"):
    return BlendedForest(FOREST, BlendParams(kind=kind), 0)


def said(blended):
    return blended.out_of_fold_["score"].to_numpy()


def test_off_is_the_plain_forest():
    X, y, _ = world(0)
    blended = blended_by().fit(X, y)
    margins = plain().fit(X, y).decision_function(X)
    np.testing.assert_array_equal(blended.decision_function(X), margins)
    assert blended.weights_["margin"] == 1


@pytest.mark.parametrize("blend", ["count", "cv"])
def test_with_few_bads_a_blend_beats_the_forest(blend):
    X, y, scores = world(0)
    test_X, test_y, test_scores = world(1, goods=400, bads=400)
    forest = image_auroc(test_y, plain().fit(X, y).decision_function(test_X))
    blended = blended_by(blend).fit(X, y, scores)
    auroc = image_auroc(test_y, blended.decision_function(test_X, test_scores))
    assert auroc > forest + 0.05
    assert auroc > image_auroc(test_y, test_scores["padim"]) - 0.02


def test_the_forests_say_grows_with_the_number_of_bads():
    weights = []
    for bads in (1, 20, 60):
        X, y, scores = world(0, bads=bads)
        weights.append(blended_by("count").fit(X, y, scores).weights_["margin"])
    assert weights == pytest.approx([1 / 21, 0.5, 0.75])


def test_cross_validation_trusts_whichever_is_right():
    X, y, scores = world(0, bads=50)
    noise = pd.DataFrame({"padim": np.random.default_rng(5).normal(size=len(y))})
    telling = X.assign(**{"padim.cell_0.mean": X["padim.cell_0.mean"] + 3 * y})
    assert blended_by("cv").fit(telling, y, noise).weights_["margin"] >= 0.8
    silent = pd.DataFrame(np.random.default_rng(6).normal(size=X.shape), columns=X.columns)
    assert blended_by("cv").fit(silent, y, scores).weights_["margin"] <= 0.5


def test_too_few_bads_for_folds_fall_back_to_the_count():
    X, y, scores = world(0, bads=3)
    assert blended_by("cv").fit(X, y, scores).weights_["margin"] == pytest.approx(3 / 23)


def safe(X, y, scores, probe, **more):
    return blended_by("safe").fit(X, y, scores, probe=probe, **more)


def test_safe_adds_forest_and_probe_to_the_whole_mean_by_the_number_of_known_bads():
    X, y, scores = world(0, bads=10)
    probe = 7 + np.random.default_rng(2).normal(size=len(y)) + 2 * y
    fitted = safe(X, y, scores, probe)
    assert fitted.weights_ == pytest.approx({"scores": 1, "margin": 0.5, "probe": 1.05})
    terms = fitted.terms(X, scores, probe)
    alone = (scores["padim"] - scores["padim"][y == 0].mean()) / scores["padim"][y == 0].std(ddof=0)
    np.testing.assert_allclose(terms["scores"], alone)
    goods = probe[y == 0]
    np.testing.assert_allclose(terms["probe"], 1.05 * (probe - goods.mean()) / goods.std())
    np.testing.assert_allclose(terms["score"], terms[["scores", "margin", "probe"]].sum(axis=1))
    again = BlendedForest.from_bytes(fitted.to_bytes())
    np.testing.assert_array_equal(again.decision_function(X, scores, probe), terms["score"])
    with pytest.raises(VadlineError, match="probe"):
        fitted.decision_function(X, scores)


def test_safe_is_the_mean_of_the_detectors_where_all_bads_are_made():
    X, y, scores = world(0)
    fitted = safe(X, y, scores, None, known_bads=0)
    mean = standardised_mean(scores, standards(scores[y == 0]))
    np.testing.assert_allclose(fitted.decision_function(X, scores), mean)
    np.testing.assert_allclose(said(fitted), mean)


def test_units_of_an_image_score_do_not_matter():
    X, y, scores = world(0)
    a = blended_by("count").fit(X, y, scores).decision_function(X, scores)
    other = 1e-3 * scores - 40
    b = blended_by("count").fit(X, y, other).decision_function(X, other)
    np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def test_a_saved_blend_scores_the_same():
    X, y, scores = world(0)
    for blend in ("off", "count"):
        blended = blended_by(blend).fit(X, y, scores)
        again = BlendedForest.from_bytes(blended.to_bytes())
        np.testing.assert_array_equal(
            again.decision_function(X, scores), blended.decision_function(X, scores)
        )


@pytest.mark.parametrize("kind", ["off", "count", "cv"])
def test_what_is_said_of_a_row_comes_from_trees_that_have_not_seen_its_fold(kind):
    X, y, scores = world(0, goods=60, bads=12)
    folds = np.arange(len(y)) % 3
    first = blended_by(kind).fit(X, y, scores, folds)
    other = X.copy()
    other[folds == 1] += 3.0
    second = blended_by(kind).fit(other, y, scores, folds)
    # Where the trees of a fold saw other rows, all that it holds is scored otherwise.
    assert not np.allclose(said(first)[folds == 0], said(second)[folds == 0])
    held = BoostedRandomForest(FOREST.model_copy(update={"trees": 5}), 0)
    held.fit(X[folds != 1], y[folds != 1])
    margins = held.decision_function(X[folds == 1])
    order = [np.argsort(v) for v in (margins, said(first)[folds == 1])]
    if kind == "off":
        np.testing.assert_array_equal(*order)
    assert np.isfinite(said(first)).all()


def test_the_only_bad_part_is_scored_by_the_detectors_alone():
    X, y, scores = world(0, goods=60, bads=1)
    folds = np.arange(len(y)) % 3
    alone = folds == folds[-1]
    blended = blended_by("count").fit(X, y, scores, folds)
    expected = (scores["padim"] - scores["padim"][:60].mean()) / scores["padim"][:60].std(ddof=0)
    np.testing.assert_allclose(said(blended)[alone], expected[alone])
    assert np.isfinite(said(blended)).all()
    assert np.isnan(said(blended_by("off").fit(X, y, folds=folds))[alone]).all()
    assert np.isnan(said(blended.fit(X, y, scores, np.full(61, -1)))).all()


def test_mistakes_are_refused():
    X, y, scores = world(0)
    with pytest.raises(VadlineError, match="image scores"):
        blended_by("count").fit(X, y)
    with pytest.raises(VadlineError, match="two good"):
        blended_by("count").fit(X[149:], y[149:], scores[149:])
    fitted = blended_by("count").fit(X, y, scores)
    with pytest.raises(VadlineError, match="'padim'"):
        fitted.decision_function(X, scores.rename(columns={"padim": "cflow"}))


def test_a_blend_may_be_its_kind_alone():
    assert SegADParams(blend="count").blend == BlendParams(kind="count")
    assert SegADParams(blend={"kind": "cv", "folds": 3}).blend.folds == 3
    whole = SegADParams(blend="count", forest={"kind": "rf", "trees": 7})
    assert SegADParams(**whole.model_dump()) == whole


@pytest.mark.parametrize(
    "wrong",
    [
        {"forrest": {}},
        {"segments": {"kind": "png"}},
        {"blend": "half"},
        {"blend": {"kind": "count", "half_count": 0}},
        {"half_count": 5},
        {"forest": {"kind": "forest"}},
        {"forest": {"subsample": 0}},
        {"setups": {"all_ad": {"detectors": []}}},
    ],
)
def test_mistyped_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match="validation error"):
        SegADParams(**wrong)
