import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadline.defects.benchmark import make_cutpaste_benchmark
from vadline.defects.params import BenchmarkParams
from vadline.errors import VadlineError


def _world():
    rng = np.random.default_rng(0)
    goods = rng.integers(100, 140, size=(3, 48, 64, 3), dtype=np.uint8)
    shapes = np.zeros((3, 40, 40), dtype=np.uint8)
    shapes[0, 5:20, 8:14] = 1
    shapes[1, 10:20, 10:20] = np.triu(np.ones((10, 10)))
    return goods, shapes


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), grey=st.booleans())
def test_masks_are_exact_and_colours_far(seed, grey):
    goods, shapes = _world()
    made = make_cutpaste_benchmark(
        goods, shapes, 4, seed, BenchmarkParams(min_distance=20.0, grey=grey)
    )
    before = goods[made.sources]
    np.testing.assert_array_equal((made.images != before).any(axis=-1), made.masks > 0)
    for image, good, mask in zip(made.images, before, made.masks > 0, strict=True):
        assert 0.002 <= mask.mean() <= 0.13
        colours = np.unique(image[mask], axis=0)
        assert len(colours) == 1
        assert not grey or len(set(colours[0].tolist())) == 1
        away = np.linalg.norm(good[mask].astype(float) - colours[0], axis=1)
        assert away.min() >= 20.0


def test_depends_on_the_seed_alone():
    goods, shapes = _world()
    one, two, other = (
        make_cutpaste_benchmark(goods, shapes, 5, seed, BenchmarkParams()) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.images, two.images)
    assert (one.images != other.images).any()


def test_says_what_is_wrong():
    goods, shapes = _world()
    with pytest.raises(VadlineError, match="defect mask"):
        make_cutpaste_benchmark(goods, np.zeros_like(shapes), 1, 0, BenchmarkParams())
    with pytest.raises(VadlineError, match="widen scale"):
        make_cutpaste_benchmark(goods, shapes, 1, 0, BenchmarkParams(area=(0.9, 1.0)))
