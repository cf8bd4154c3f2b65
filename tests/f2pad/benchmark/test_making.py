import numpy as np
import pandas as pd
import pytest

from vadline.f2pad.benchmark import F2PADBenchmarkParams, make_images, shapes_of_bads

PARAMS = F2PADBenchmarkParams(images=5, validation=4)
IMAGES = np.random.default_rng(0).integers(60, 120, (9, 48, 48, 3), dtype=np.uint8)
GOODS = pd.DataFrame(
    {"row": [3, 1, 4, 2, 0, 5], "part": ["test"] * 3 + ["validation"] + ["few", "normal"]}
)
REGION = np.zeros((48, 48), bool)
REGION[6:40, 10:44] = True
BAR = np.ones((12, 9), bool)


@pytest.fixture(scope="module", params=["drawn", "known"])
def made(request):
    shapes = [BAR] if request.param == "known" else []
    return make_images(IMAGES, shapes, REGION, GOODS, PARAMS, seed=3)


def test_each_test_image_is_there_with_each_paste_and_validation_takes_turns(made):
    table = made.table
    assert len(table) == len(made.images) == len(made.masks) == 5 * 3 + 4
    test, validation = table[table["role"] == "test"], table[table["role"] == "validation"]
    assert test.groupby("image")["paste"].agg(list).map(len).tolist() == [3] * 5
    assert validation["paste"].tolist() == ["colour", "near", "textured", "colour"]
    assert test["source_row"].tolist() == np.repeat([3, 1, 4, 3, 1], 3).tolist()
    assert set(validation["source_row"]) == {2}
    assert table["image_id"].is_unique


def test_pastes_of_an_image_share_shape_and_place(made):
    for _, rows in made.table[made.table["role"] == "test"].groupby("image"):
        masks = made.masks[rows.index]
        assert (masks == masks[0]).all()


def test_defects_lie_in_the_region_and_nothing_else_changes(made):
    before = IMAGES[made.table["source_row"]]
    changed = (made.images != before).any(axis=-1)
    assert not (changed & (made.masks == 0)).any()
    assert not made.masks[:, ~REGION].any()
    assert (changed.sum(axis=(1, 2)) >= 0.9 * made.masks.sum(axis=(1, 2))).all()


def test_all_groups_of_sizes_are_filled(made):
    shares = made.table.loc[made.table["role"] == "test"].groupby("image")["share"].first()
    low, high = np.array(PARAMS.defects.sizes[:-1]), np.array(PARAMS.defects.sizes[1:])
    assert ((shares > 0.9 * low) & (shares < 1.1 * high)).all()
    np.testing.assert_allclose(made.table["share"], made.masks.mean(axis=(1, 2)) / REGION.mean())


def test_shapes_are_those_of_known_training_bads():
    masks = np.zeros((4, 20, 20), np.uint8)
    masks[:, 2:8, 2:8] = 1
    split = pd.DataFrame(
        {
            "label": ["good", "bad", "bad", "bad"],
            "mask_known": [True, True, False, True],
            "test": [False, False, False, True],
        }
    )
    for role in ("finetune", "classifier", "forest"):
        split[role] = ~split["test"]
    roi = np.ones((20, 20), bool)
    roi[:, :3] = False
    assert [shape.shape for shape in shapes_of_bads(split, masks, roi)] == [(6, 5)]
