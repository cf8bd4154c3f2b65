"""Kernel ridge regression is scikit-learn's, and leaving one out is leaving one out."""

import numpy as np
import pytest
import torch
from sklearn.kernel_ridge import KernelRidge

from vadline.probe.classifier import KernelClassifier

WIDTH, RIDGE = 2.0, 0.7


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    bad = np.arange(40) >= 34
    x = rng.normal(size=(40, 9)) * np.arange(1, 10) + 3.0 * bad[:, None]
    return x.astype(np.float32), bad


def plain(x, bad, asked, scaled_by):
    """Scikit-learn's, on features standardised by those of another set."""
    mean, scale = scaled_by.mean(axis=0), scaled_by.std(axis=0) + 1e-6
    weight = np.where(bad, len(scaled_by) / 2 / BADS, len(scaled_by) / 2 / GOODS)
    ridge = KernelRidge(kernel="rbf", gamma=1 / (WIDTH * x.shape[1]), alpha=RIDGE)
    ridge.fit((x - mean) / scale, np.where(bad, 1.0, -1.0), sample_weight=weight)
    return ridge.predict((asked - mean) / scale)


BADS, GOODS = 6, 34


def test_it_is_kernel_ridge_regression_in_deviations_of_goods_left_out(world):
    x, bad = world
    fitted, alone = KernelClassifier.fit(x, bad, WIDTH, RIDGE)
    left_out = np.array(
        [plain(np.delete(x, i, 0), np.delete(bad, i), x[i : i + 1], x)[0] for i in range(len(x))]
    )
    level, spread = left_out[~bad].mean(), left_out[~bad].std()
    np.testing.assert_allclose(alone, (left_out - level) / spread, rtol=1e-4, atol=1e-4)
    new = np.random.default_rng(1).normal(size=(5, 9)).astype(np.float32)
    expected = (plain(x, bad, new, x) - level) / spread
    np.testing.assert_allclose(fitted.decide(torch.from_numpy(new)), expected, rtol=1e-4, atol=1e-4)


def test_units_of_a_feature_do_not_matter(world):
    x, bad = world
    _, alone = KernelClassifier.fit(x, bad, WIDTH, RIDGE)
    _, again = KernelClassifier.fit(x * np.float32(1000) + np.float32(5), bad, WIDTH, RIDGE)
    np.testing.assert_allclose(alone, again, rtol=1e-2, atol=1e-2)


def test_a_feature_that_never_changes_is_no_matter(world):
    x, bad = world
    _, alone = KernelClassifier.fit(np.c_[x, np.ones(40, np.float32)], bad, WIDTH, RIDGE)
    assert np.isfinite(alone).all()
