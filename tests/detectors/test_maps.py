"""Upsampling and blurring against SciPy and plain properties."""

import numpy as np
from scipy.ndimage import gaussian_filter

from vadline.detectors.maps import image_scores, upsample_and_blur


def test_the_blur_is_scipy_s():
    maps = np.random.default_rng(0).random((2, 64, 64)).astype(np.float32)
    ours = upsample_and_blur(maps, 64, sigma=8.0)  # 2 pixels at this size
    plain = [gaussian_filter(m, 2.0, mode="nearest") for m in maps]
    np.testing.assert_allclose(ours, plain, atol=1e-5)


def test_a_constant_map_stays_constant():
    np.testing.assert_allclose(upsample_and_blur(np.full((1, 8, 8), 3, np.float32), 32), 3, 1e-5)


def test_a_score_is_the_map_s_peak_and_unknown_stays_unknown():
    maps = np.zeros((3, 2, 2), np.float32)
    maps[1, 0, 1] = 4
    maps[2] = np.nan
    np.testing.assert_array_equal(image_scores(maps), [0, 4, np.nan])
    assert len(image_scores(maps[:0])) == 0
    assert upsample_and_blur(maps[:0], 16).shape == (0, 16, 16)
