"""Draws, forests and metrics are those of SegAD's authors."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from tests.segad.visa_world import publish, table
from xgboost import XGBClassifier

from vadline.errors import VadlineError
from vadline.segad.published import SETUPS, describe_published, published_columns
from vadline.segad.published_table import (
    PUBLISHED,
    measure_published,
    published_table,
    score_published,
    split_published,
)

SEEDS = (333, 576)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return publish(tmp_path_factory.mktemp("visa"))


@pytest.fixture(scope="module", params=[("candle", "all_ad"), ("pcb1", "rd4ad")], ids=" ".join)
def images(request, world):
    return describe_published(world, *request.param)


def as_the_authors_split(images, seed):
    """Return the rows of training and test, from the frame of all."""
    tested, learnt = (images[images["part"] == part] for part in ("test", "train"))
    bads = tested[tested["label"] == 1]
    drawn, rest = train_test_split(bads, test_size=len(bads) - 10, random_state=seed)
    goods = tested[tested["label"] == 0]
    return pd.concat([learnt, drawn]), pd.concat([goods, rest])


def as_the_authors_score(learnt, tested, columns, weight, seed):
    forest = XGBClassifier(
        **{"random_state": seed, "n_estimators": 10, "max_depth": 5, "num_parallel_tree": 200},
        **{"learning_rate": 0.3, "objective": "binary:logitraw", "colsample_bynode": 0.6},
        **{"colsample_bytree": 0.6, "subsample": 0.6, "reg_alpha": 1.0, "n_jobs": 1},
        scale_pos_weight=weight,
    )
    return forest.fit(learnt[columns], learnt["label"]).predict_proba(tested[columns])[:, 1]


@pytest.mark.parametrize("seed", [333, 576, 589])
def test_bads_are_drawn_as_scikit_learn_does(images, seed):
    for found, expected in zip(
        split_published(images, 10, seed), as_the_authors_split(images, seed), strict=True
    ):
        assert found.tolist() == expected.index.tolist()
        assert images.loc[found, "label"].is_monotonic_increasing  # goods first


@pytest.mark.parametrize("rows", [8, 11])  # of the training table, goods and others
def test_scores_and_metrics_are_those_of_xgboost_s_classifier(images, rows):
    images = images.assign(training_rows=rows)
    columns = published_columns(images["category"][0], SETUPS[images["setup"][0]])
    found, told = measure_published(images, 10, SEEDS), []
    for seed in SEEDS:
        learnt, tested = as_the_authors_split(images, seed)
        score = as_the_authors_score(learnt, tested, columns, rows / 10, seed)
        ours = score_published(images, learnt.index.to_numpy(), seed)
        np.testing.assert_array_equal(ours[tested.index], score)
        tested = tested.assign(final=score)
        told.append([])
        for column in ("final", "an_det"):
            bads = tested.loc[tested["label"] == 1, column]
            goods = tested.loc[tested["label"] == 0, column]
            told[-1] += [roc_auc_score(tested["label"], tested[column])]
            told[-1] += [1 - (goods < bads.quantile(0.05)).mean()]
    assert list(found) == [
        *("image_auroc", "fpr_at_95tpr", "an_det_image_auroc", "an_det_fpr_at_95tpr")
    ]
    np.testing.assert_allclose(list(found.values()), np.mean(told, axis=0), atol=1e-12)


def test_a_class_without_bads_to_test_with_is_named(tmp_path):
    root = publish(tmp_path, ["candle"])
    path = table(root, "efficient_ad", "candle", "df_test")
    rows = pd.read_csv(path)
    rows[(rows["label"] == 0) | (rows["label"].cumsum() <= 10)].to_csv(path, index=False)
    images = describe_published(root, "candle", "all_ad")
    with pytest.raises(VadlineError, match=r"df_test.csv of efficient_ad/candle lists 10 bad .*"):
        measure_published(images, 10, SEEDS)
    assert measure_published(images, 9, SEEDS[:1])["image_auroc"] >= 0


def test_published_means_are_those_of_table_5():
    means = {setup: round(np.mean(figures), 1) for setup, figures in PUBLISHED.items()}
    assert means == {"rd4ad": 95.3, "efficient_ad": 98.3, "all_ad": 98.4}


def test_the_table_has_the_mean_over_classes_and_what_was_published():
    cells = {
        "candle": {"image_auroc": 0.98, "fpr_at_95tpr": 0.1},
        "pcb1": {"image_auroc": 0.96, "fpr_at_95tpr": 0.3},
    }
    found = published_table({"rd4ad": cells}).set_index("row")
    assert found.index.tolist() == ["rd4ad mean", "rd4ad candle", "rd4ad pcb1"]
    assert list(found) == ["image_auroc", "published", "difference", "fpr_at_95tpr"]
    expected = [
        [0.97, 0.9745, -0.0045, 0.2],
        [0.98, 0.985, -0.005, 0.1],
        [0.96, 0.964, -0.004, 0.3],
    ]
    np.testing.assert_allclose(found, expected, atol=1e-9)
