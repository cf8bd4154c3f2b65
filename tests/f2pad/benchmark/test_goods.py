import logging

import numpy as np
import pandas as pd
import pytest

from vadline.errors import VadlineError
from vadline.f2pad.benchmark import F2PADBenchmarkParams, divide_goods


def world(goods, bads=2, tests=2):
    n = goods + bads + tests
    images = np.random.default_rng(0).integers(0, 256, (n, 8, 8, 3), dtype=np.uint8)
    test = np.arange(n) >= goods + bads
    bad = (np.arange(n) >= goods) & ~test
    split = pd.DataFrame(
        {"label": np.where(bad, "bad", "good"), "sha256": [f"{i}" for i in range(n)]}
    )
    for role in ("detector", "calibration"):
        split[role] = ~bad & ~test
    for role in ("finetune", "classifier", "forest"):
        split[role] = ~test
    return split.assign(test=test), images


def divided(split, images, seed=0, **settings):
    params = F2PADBenchmarkParams(**{"images": 9, "validation": 3, "shots": 8} | settings)
    return divide_goods(split, images, params, seed)


def test_every_good_training_part_has_one_use_and_no_test_part_any():
    goods = divided(*world(40))
    assert sorted(goods["row"]) == list(range(40))
    counts = goods["part"].value_counts().to_dict()
    assert counts == {"test": 9, "validation": 3, "few": 8, "normal": 20}


def test_photographs_of_the_same_thing_stay_together():
    split, images = world(40)
    split.loc[:39, "sha256"] = [f"{i // 4}" for i in range(40)]  # four of each
    goods = divided(split, images).set_index("row")["part"].replace("few", "normal")
    assert (goods.groupby(goods.index // 4).nunique() == 1).all()


def test_few_goods_carry_several_defects_and_half_of_them_none(caplog):
    with caplog.at_level(logging.WARNING):
        counts = divided(*world(20))["part"].value_counts().to_dict()
    assert counts == {"test": 8, "validation": 2, "few": 8, "normal": 2}
    assert "20 good training parts, 10 of which carry the defects of 12 images" in caplog.text
    assert divided(*world(10))["part"].value_counts().to_dict() == {
        **{"test": 1, "validation": 1, "few": 8}
    }


def test_too_few_goods_are_told_in_one_line():
    with pytest.raises(VadlineError, match=r"takes 8 .* at least 2, at best 12.* there are 9"):
        divided(*world(9))
    split, images = world(40)
    split["sha256"] = "one"
    with pytest.raises(VadlineError, match="there are 40"):
        divided(split, images)


def test_depends_on_the_seed_alone():
    one, two, other = (divided(*world(40), seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, two)
    assert (one["row"] != other["row"]).any()
