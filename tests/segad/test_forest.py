from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from vadline.errors import VadlineError
from vadline.metrics import image_auroc
from vadline.segad import BoostedRandomForest, ForestParams


def world(seed=0, goods=200, bads=60):
    """Bad parts differ in one segment only, and not in the sum over segments."""
    rng = np.random.default_rng(seed)
    y = np.r_[np.zeros(goods), np.ones(bads)].astype(int)
    X = rng.normal(size=(goods + bads, 6))
    X[:, 2] += 2.5 * y
    X[:, 3] -= 2.5 * y
    return pd.DataFrame(X, columns=[f"padim.cell_{i}.q995" for i in range(6)]), y


def forest(random_state=0, **settings):
    return BoostedRandomForest(ForestParams(**settings), random_state)


@pytest.fixture(scope="module", params=["brf", "rf", "bt"])
def grown(request):
    X, y = world()
    return forest(3, kind=request.param).fit(X, y)


def test_every_kind_learns_which_segment_matters(grown):
    X, y = world(seed=1)
    assert image_auroc(y, grown.decision_function(X)) > 0.95
    importances = grown.feature_importances_
    assert set(importances.nlargest(2).index) == {"padim.cell_2.q995", "padim.cell_3.q995"}
    assert importances.sum() == pytest.approx(1)


def test_kinds_have_the_papers_number_of_trees(grown):
    assert len(grown.booster_.get_dump()) == 2000
    assert (
        grown.booster_.num_boosted_rounds() == {"brf": 10, "rf": 1, "bt": 2000}[grown.params.kind]
    )


def test_trees_are_no_deeper_than_five(grown):
    nodes = grown.booster_.get_dump()
    depth = max(line.count("\t") for tree in nodes for line in tree.splitlines())
    assert 1 <= depth <= 5


def test_bads_weigh_what_is_asked_for():
    X, y = world(goods=30, bads=10)
    plain = forest(trees=5, balance=False)
    weighed = plain.fit(X, y, bad_weight=3.0).decision_function(X)
    np.testing.assert_array_equal(weighed, forest(trees=5).fit(X, y).decision_function(X))
    assert (weighed != plain.fit(X, y).decision_function(X)).any()


def test_scores_are_raw_margins():
    X, y = world()
    margins = forest().fit(X, y).decision_function(X)
    assert margins.dtype == np.float64
    assert margins.min() < 0 < 1 < margins.max()


def test_a_saved_forest_scores_the_same(grown):
    X, _ = world(seed=1)
    again = BoostedRandomForest.from_bytes(grown.to_bytes())
    np.testing.assert_array_equal(again.decision_function(X), grown.decision_function(X))
    assert (again.params, again.random_state) == (grown.params, 3)
    pd.testing.assert_series_equal(again.feature_importances_, grown.feature_importances_)


def test_the_same_seed_gives_the_same_trees_on_any_number_of_threads():
    X, y = world()
    first, again, threads, other = (
        made.fit(X, y).decision_function(X)
        for made in (
            forest(trees=20),
            forest(trees=20),
            forest(trees=20, n_jobs=2),
            forest(1, trees=20),
        )
    )
    np.testing.assert_array_equal(again, first)
    np.testing.assert_array_equal(threads, first)
    assert (other != first).any()


def test_balance_raises_the_weight_of_the_few():
    X, y = world(goods=300, bads=10)
    heavy = forest(trees=20).fit(X, y).decision_function(X)
    light = forest(trees=20, balance=False).fit(X, y).decision_function(X)
    assert heavy[y == 1].mean() > light[y == 1].mean() + 0.5


def test_columns_are_found_by_name():
    X, y = world()
    grown = forest(trees=5).fit(X, y)
    shuffled = X[X.columns[::-1]].assign(extra=0.0)
    np.testing.assert_array_equal(grown.decision_function(shuffled), grown.decision_function(X))
    with pytest.raises(VadlineError, match="cell_4"):
        grown.decision_function(X.drop(columns="padim.cell_4.q995"))


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_is_refused(label):
    X, y = world()
    with pytest.raises(VadlineError, match="needs both"):
        forest().fit(X, np.full_like(y, label))


def test_mistakes_are_told_in_one_line():
    X, _ = world()
    with pytest.raises(NotFittedError):
        forest().decision_function(X)
    with pytest.raises(VadlineError, match="no saved forest") as caught:
        BoostedRandomForest.from_bytes(b"broken")
    assert "\n" not in str(caught.value)
