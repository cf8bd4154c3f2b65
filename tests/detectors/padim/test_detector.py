"""PaDiM against ten plain lines, and what it promises to those who save it."""

import numpy as np
import pytest
import torch

from vadline.backbones import build_extractor
from vadline.detectors import TrainingSet
from vadline.detectors.padim.detector import PaDiM
from vadline.detectors.padim.gaussians import (
    Moments,
    fit_gaussians,
    gaussians_of,
    packed_triangles,
    sum_moments,
    unpacked_triangles,
)
from vadline.detectors.padim.params import PaDiMParams
from vadline.detectors.patches import patch_features
from vadline.errors import VadlineError

SIZE = 64


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    base = rng.integers(90, 110, size=(40, SIZE, SIZE, 3))
    base[39, 20:36, 24:40] = 255  # the one bad part
    return base.astype(np.uint8)


def fitted(images, rows=38, seed=0, roi=None, extractor=None, **settings):
    params = PaDiMParams(**{"channels": 12, "layers": (2, 3), "batch_size": 3, **settings})
    detector = PaDiM(extractor or build_extractor(), "efficientnet_lite0", params)
    return detector.fit(TrainingSet(images, np.arange(rows), roi=roi), seed)


@pytest.fixture(scope="module")
def detector(images):
    return fitted(images)


def plain_maps(detector, images, rows, wanted):
    with torch.no_grad():
        pixels = detector.extractor.normalise(torch.from_numpy(images))
        features = patch_features(detector.extractor(pixels), 1)[:, detector.channels_]
    f = features.permute(2, 3, 0, 1).double().numpy()
    maps = np.empty((len(wanted), *f.shape[:2]))
    for y, x in np.ndindex(*f.shape[:2]):
        normal = f[y, x, :rows]
        inverse = np.linalg.inv(np.cov(normal, rowvar=False) + 0.01 * np.eye(normal.shape[1]))
        off = f[y, x, wanted] - normal.mean(axis=0)
        maps[:, y, x] = np.sqrt(np.einsum("nc,cd,nd->n", off, inverse, off))
    return maps


@pytest.mark.parametrize("megabytes", [1, 1000])
def test_a_map_is_the_mahalanobis_distance(images, megabytes):
    # the sums of 96 channels at 64 locations take 4.7 MB: five passes or one
    detector = fitted(images, channels=96, fit_megabytes=megabytes)
    wanted = np.array([3, 38, 39])
    maps, _ = detector.score(images, wanted)
    np.testing.assert_allclose(maps, plain_maps(detector, images, 38, wanted), rtol=1e-4)


def test_features_far_from_nought_lose_no_precision(images):
    rng = np.random.default_rng(0)
    x = torch.from_numpy(1e4 + rng.normal(size=(50, 2, 3)) * [1, 0.1, 10])
    gaussians = fit_gaussians(lambda part: x[:, part].split(7), 2, 3, 0.01, 1)
    covariance = np.cov(x[:, 1].numpy(), rowvar=False) + 0.01 * np.eye(3)
    w = gaussians.whitening[1].double().numpy()
    np.testing.assert_allclose(w @ covariance @ w.T, np.eye(3), atol=1e-5)


def test_the_bad_part_scores_highest_and_where_it_is_bad(detector, images):
    maps, scores = detector.score(images, np.arange(36, 40))
    assert scores.argmax() == 3
    row, column = np.unravel_index(maps[3].argmax(), maps[3].shape)
    assert 1 <= row <= 5
    assert 2 <= column <= 6


def test_sixteen_images_are_enough_for_more_channels(images):
    maps, scores = fitted(images, rows=16, channels=None).score(images, np.arange(16, 40))
    assert np.isfinite(maps).all()
    assert scores.argmax() == 23


def test_the_seed_draws_the_channels(detector, images):
    same, other = fitted(images), fitted(images, seed=1)
    assert torch.equal(same.channels_, detector.channels_)
    assert torch.equal(same.gaussians_.whitening, detector.gaussians_.whitening)
    assert not torch.equal(other.channels_, detector.channels_)


def test_all_channels_are_kept_where_there_are_fewer(images):
    assert fitted(images, channels=1000).channels_.tolist() == list(range(152))


def test_triangles_survive_packing():
    w = torch.randn(3, 5, 5, generator=torch.Generator().manual_seed(0)).tril()
    assert torch.equal(unpacked_triangles(packed_triangles(w)), w)


def test_outside_the_region_of_interest_nothing_counts(images):
    roi = np.zeros((SIZE, SIZE), bool)
    roi[:, 48:] = True  # the bad patch lies left of it
    detector = fitted(images, roi=roi, image_score="patch")
    maps, scores = detector.score(images, np.arange(36, 40), roi)
    assert (maps[:, :, :6] == 0).all()
    assert (scores == maps[:, :, 6:].reshape(4, -1).max(axis=1)).all()


def test_the_refinement_loss_is_the_sum_of_the_squared_map(detector, images):
    n = detector.extractor.normalise(torch.from_numpy(images[38:])).requires_grad_()
    candidates = detector.candidates(n, k=10)
    assert candidates.shape == (2, 64, 1)
    loss = detector.refinement_loss(n, candidates)
    maps = detector.score(images, np.array([38, 39]))[0]
    np.testing.assert_allclose(loss.detach(), (maps**2).sum(axis=(1, 2)), rtol=1e-4)
    loss.sum().backward()
    assert torch.isfinite(n.grad).all()
    assert n.grad.abs().sum() > 0


def test_what_it_will_take_is_said_before_the_work(images, caplog):
    with caplog.at_level("INFO", "vadline.detectors"):
        fitted(images, rows=5, channels=100, fit_megabytes=2)
    # 64 x 100 x 100 x 4 bytes; 25 locations a pass fit into 2 MB
    assert "64 Gaussians of 100 channels will take 3 MB of memory, and 2 MB more" in caplog.text
    assert "reads 5 images 3 times" in caplog.text


def test_user_mistakes_are_one_line(detector, images):
    with pytest.raises(VadlineError, match="no good image"):
        fitted(images, rows=0)
    with pytest.raises(VadlineError, match="learnt 8 x 8 locations and got an image of 4 x 4"):
        detector.score(images[:, :32, :32], np.array([0]))


def test_sums_of_sets_far_apart_are_those_of_all():
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.normal(size=(60, 300, 4)) + 1e3 * rng.normal(size=(1, 1, 4)))
    x[20:] += 50
    together, apart = Moments(300, 4), Moments(300, 4)
    together.add(x)
    for part in x.split(20):
        apart.add_all(sum_moments([part], 300, 4))
    apart.add_all(Moments(300, 4))
    ours, theirs = (gaussians_of(m, 0.01) for m in (apart, together))
    torch.testing.assert_close(ours.mean, theirs.mean)
    torch.testing.assert_close(ours.whitening, theirs.whitening)
