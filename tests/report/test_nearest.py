import numpy as np

from vadline.report import Goods, nearest_goods

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (6, 48, 48, 3), np.uint8)
GOODS = Goods(IMAGES, np.array([1, 3, 4]), ["b", "d", "e"])


def test_the_nearest_is_the_one_that_looks_most_like_it():
    near = np.clip(IMAGES[3].astype(int) + RNG.integers(-9, 10, IMAGES[3].shape), 0, 255)
    near[:8, :8] = 0  # a defect
    assert nearest_goods([near.astype(np.uint8), IMAGES[1]], ["x", "y"], GOODS) == [1, 0]


def test_no_part_is_its_own_neighbour():
    (found,) = nearest_goods([IMAGES[3]], ["d"], GOODS)
    assert found in (0, 2)
    assert nearest_goods([IMAGES[3]], ["d"], Goods(IMAGES, np.array([3]), ["d"])) == [None]


def test_without_goods_or_parts():
    assert nearest_goods([IMAGES[0]], ["a"], Goods(IMAGES, np.array([], int), [])) == [None]
    assert nearest_goods([], [], GOODS) == []


def test_of_very_many_goods_some_are_looked_at(monkeypatch):
    monkeypatch.setattr("vadline.report.nearest._MOST_GOODS", 2)
    assert nearest_goods([IMAGES[4], IMAGES[3]], ["x", "y"], GOODS)[0] == 2
