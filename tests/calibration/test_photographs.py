"""What a photograph's statistics answer to, and what leaves them alone."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from vadline.calibration import photograph_statistics, typical_anomaly

RNG = np.random.default_rng(0)
SCENE = gaussian_filter(RNG.normal(size=(20, 48, 48)), (0, 1, 1))
IMAGES = np.clip(120 + 60 * SCENE[..., None] + [10, 0, -10], 0, 255).astype(np.uint8)


def measured(images, roi=None):
    return photograph_statistics(images, range(len(images)), roi)


def test_a_ten_line_reference_says_the_same():
    image = IMAGES[3].astype(float)
    grey = image @ [0.299, 0.587, 0.114]
    near, far = (
        np.abs(grey[s:] - grey[:-s]).mean() + np.abs(grey[:, s:] - grey[:, :-s]).mean()
        for s in (1, 2)
    )
    expected = [
        grey.mean(),
        image[..., 0].mean() - grey.mean(),
        image[..., 2].mean() - grey.mean(),
        grey.std(),
        near / far,
    ]
    np.testing.assert_allclose(measured(IMAGES).loc[3], expected, rtol=1e-4)


def test_rows_come_in_the_order_asked_for_whatever_the_chunks():
    rows = RNG.permutation(20)
    some = photograph_statistics(IMAGES, rows)
    assert some.index.tolist() == rows.tolist()
    np.testing.assert_allclose(some, measured(IMAGES).loc[rows])
    assert photograph_statistics(IMAGES, []).shape == (0, 5)


@pytest.mark.parametrize(
    ("change", "statistic", "sign"),
    [
        (lambda x: x * 0.8, "brightness", -1),
        (lambda x: x * 0.8, "contrast", -1),
        (lambda x: x * [1.1, 1, 1], "redness", 1),
        (lambda x: x * [1, 1, 0.9], "blueness", -1),
        (lambda x: gaussian_filter(x.astype(float), (0, 1, 1, 0)), "sharpness", -1),
    ],
)
def test_each_statistic_answers_to_its_change(change, statistic, sign):
    changed = np.clip(change(IMAGES), 0, 255).astype(np.uint8)
    moved = measured(changed)[statistic] - measured(IMAGES)[statistic]
    assert (sign * moved > 0).all()


def test_sharpness_leaves_exposure_alone():
    darker = (IMAGES * 0.6).astype(np.uint8)
    np.testing.assert_allclose(
        measured(darker)["sharpness"], measured(IMAGES)["sharpness"], atol=0.01
    )


def test_nothing_outside_of_the_region_counts():
    roi = np.zeros((48, 48), bool)
    roi[10:30, 5:40] = True
    blanked = np.where(roi[..., None], IMAGES, 255)
    np.testing.assert_allclose(measured(blanked, roi), measured(IMAGES, roi))
    np.testing.assert_allclose(measured(IMAGES, roi), measured(IMAGES[:, 10:30, 5:40]), rtol=1e-5)


def test_a_flat_photograph_has_no_sharpness():
    assert measured(np.full((1, 8, 8, 3), 90, np.uint8)).loc[0, "sharpness"] == 0


def test_a_defect_hardly_moves_the_typical_anomaly():
    maps = RNG.random((4, 14, 14)).astype(np.float32)
    defective = maps.copy()
    defective[:, :4, :4] += 100
    np.testing.assert_allclose(typical_anomaly(defective), typical_anomaly(maps), atol=0.1)
    np.testing.assert_allclose(typical_anomaly(maps + 1), typical_anomaly(maps) + 1, rtol=1e-6)
    roi = np.zeros((28, 28), bool)
    roi[10:] = True
    np.testing.assert_allclose(typical_anomaly(defective, roi), np.median(maps[:, 5:], axis=(1, 2)))
