"""What SegAD's authors publish of VisA is read and described as their code does."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kurtosis, skew
from tests.segad.visa_world import COMPONENTS, image, publish, table

from vadline.errors import VadlineError
from vadline.segad.published import (
    SETUPS,
    describe_published,
    find_classes,
    published_columns,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return publish(tmp_path_factory.mktemp("visa"))


@pytest.fixture
def own(tmp_path):
    """Return a world that a test may damage."""
    return publish(tmp_path, ["candle"])


def reference(root, category, models, folder, name):
    labels = np.load(image(root, category, folder, name))
    maps = [np.load(image(root, category, folder, name, model)) for model in models]
    row = []
    for component in range(COMPONENTS[category]):
        for each in maps:
            some = each[labels == component]
            told = (lambda x: np.quantile(x, 0.995), skew, kurtosis, np.mean)
            row += [of(some) if some.size else 0 for of in told]
    return row + [each.max() for each in maps]


@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("category", COMPONENTS)
def test_features_are_scipy_s_component_by_component_and_model_by_model(world, category, setup):
    models = SETUPS[setup]
    images = describe_published(world, category, setup)
    expected = [
        reference(world, category, models, ("good", "bad")[label], name)
        for label, name in zip(images["label"], images["name"].str[:-4], strict=True)
    ]
    found = images[published_columns(category, models)]
    assert list(images)[-found.shape[1] :] == list(found)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_columns_stand_in_the_authors_order():
    columns = published_columns("candle", SETUPS["all_ad"])
    assert columns[:5] == [
        *(f"0.efficient_ad.{name}" for name in ("q995", "skewness", "kurtosis", "mean")),
        "0.rd4ad.q995",
    ]
    assert columns[8] == "1.efficient_ad.q995"
    assert columns[-2:] == ["efficient_ad.maximum", "rd4ad.maximum"]


def test_the_first_model_s_tables_say_which_images_there_are(own):
    for model, lost in (("efficient_ad", 1), ("rd4ad", 2)):
        path = table(own, model, "candle", "df_test")
        pd.read_csv(path).iloc[lost:].to_csv(path, index=False)
    for setup, lost in (("efficient_ad", 1), ("all_ad", 1), ("rd4ad", 2)):
        images = describe_published(own, "candle", setup)
        listed = pd.read_csv(table(own, SETUPS[setup][0], "candle", "df_test"))
        tested = images[images["part"] == "test"]
        assert len(tested) == 21 - lost
        assert tested["label"].tolist() == listed["label"].tolist()
        assert tested["an_det"].tolist() == listed["prediction_an_det"].tolist()


def test_only_goods_of_the_training_table_are_described_but_all_its_rows_count(own):
    path = table(own, "rd4ad", "candle", "df_training")
    rows = pd.read_csv(path)
    rows.assign(label=np.r_[[1], np.zeros(7, int)]).to_csv(path, index=False)
    images = describe_published(own, "candle", "rd4ad")
    assert (images["part"] == "train").sum() == 7
    assert images.loc[images["part"] == "train", "label"].eq(0).all()
    assert images["training_rows"].eq(8).all()


def test_a_constant_component_has_no_skewness_and_other_labels_do_not_count(own):
    images = describe_published(own, "candle", "rd4ad")
    folder, name = ("good", "bad")[images["label"].iloc[0]], images["name"].iloc[0][:-4]
    labels = np.full((32, 32), 300)
    labels[5, 5] = 1
    np.save(image(own, "candle", folder, name), labels)
    row = describe_published(own, "candle", "rd4ad").iloc[0]
    value = np.load(image(own, "candle", folder, name, "rd4ad"))[5, 5]
    found = row[published_columns("candle", ["rd4ad"])[:8]].astype(float)
    np.testing.assert_array_equal(found, [0, 0, 0, 0, value, np.nan, np.nan, value])


def test_classes_are_found_in_visa_s_order(world, tmp_path):
    assert find_classes(world) == ["candle", "pcb1"]
    with pytest.raises(VadlineError, match="anomaly_maps/efficient_ad/candle"):
        find_classes(tmp_path)


def lose_column(root):
    path = table(root, "rd4ad", "candle", "df_test")
    pd.read_csv(path).drop(columns="label").to_csv(path, index=False)
    return ["df_test.csv", "'label'"]


def relabel(root):
    path = table(root, "rd4ad", "candle", "df_test")
    pd.read_csv(path).assign(label="bad").to_csv(path, index=False)
    return ["df_test.csv", "0 and 1"]


def lose_scores(root):
    path = table(root, "rd4ad", "candle", "df_training")
    pd.read_csv(path).assign(prediction_an_det="high").to_csv(path, index=False)
    return ["df_training.csv", "prediction_an_det that is no number"]


def lose_goods(root):
    path = table(root, "rd4ad", "candle", "df_training")
    pd.read_csv(path).iloc[:0].to_csv(path, index=False)
    return ["df_training.csv", "no good image"]


def empty_table(root):
    table(root, "rd4ad", "candle", "df_test").write_text("")
    return ["df_test.csv", "no table"]


def lose_table(root):
    table(root, "rd4ad", "candle", "df_test").unlink()
    return ["df_test.csv is missing", "segad_visa.root"]


def a_map(root, model="rd4ad"):
    return image(root, "candle", "good", "df_training_000", model)


def lose_map(root):
    a_map(root).unlink()
    return ["rd4ad/candle/anomaly_maps/good/df_training_000.npy is missing"]


def lose_segmentation(root):
    a_map(root, None).unlink()
    return ["visa_segm/candle/good/df_training_000.npy is missing"]


def crop_map(root):
    np.save(a_map(root), np.zeros((32, 30), np.float32))
    return ["df_training_000.npy", "(32, 30)", "(32, 32)", "visa_segm"]


def deepen_map(root):
    np.save(a_map(root), np.zeros((1, 32, 32), np.float32))
    return ["df_training_000.npy", "two dimensions"]


def break_map(root):
    a_map(root).write_bytes(b"no array")
    return ["df_training_000.npy", "no map of numbers"]


@pytest.mark.parametrize(
    "damage",
    [
        *(lose_column, relabel, lose_scores, lose_goods, empty_table, lose_table),
        *(lose_map, lose_segmentation, crop_map, deepen_map, break_map),
    ],
)
def test_what_is_missing_or_broken_is_named_in_one_line(own, damage):
    words = damage(own)
    with pytest.raises(VadlineError) as caught:
        describe_published(own, "candle", "rd4ad")
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)
