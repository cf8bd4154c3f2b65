"""PatchCore against plain lines, and what it promises to those who save and refine."""

import numpy as np
import pytest
import torch

from vadline.backbones import build_extractor
from vadline.detectors import PatchCore, PatchCoreParams, TrainingSet, bank, upsample_and_blur
from vadline.detectors.patches import extract
from vadline.errors import VadlineError

SIZE = 64


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    base = rng.integers(90, 110, size=(8, SIZE, SIZE, 3))
    base[7, 20:36, 24:40] = 255  # the one bad part
    return base.astype(np.uint8)


@pytest.fixture(scope="module")
def detector(images):
    params = PatchCoreParams(coreset_size=40, image_score="patch", batch_size=3)
    return PatchCore(build_extractor(), "efficientnet_lite0", params).fit(
        TrainingSet(images, np.arange(6))
    )


def test_a_map_is_the_distance_to_the_nearest_bank_entry(detector, images):
    maps, scores = detector.score(images, np.array([6, 7]))
    features = extract(detector.extractor, torch.from_numpy(images[6:]), 3).flatten(1, 2)
    plain = torch.cdist(features, detector.bank_[None]).min(dim=2).values.view(2, 8, 8)
    np.testing.assert_allclose(maps, plain.numpy(), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(scores, maps.reshape(2, -1).max(axis=1))


def test_the_bad_part_scores_highest_and_where_it_is_bad(detector, images):
    maps, scores = detector.score(images, np.arange(8))
    assert scores.argmax() == 7
    row, column = np.unravel_index(maps[7].argmax(), maps[7].shape)
    assert 1 <= row <= 5
    assert 2 <= column <= 6


def test_the_bank_holds_patches_of_the_images_it_was_given(detector, images):
    seen = extract(detector.extractor, torch.from_numpy(images[:6]), 3).flatten(0, 2)
    exact = torch.cdist(detector.bank_, seen, compute_mode="donot_use_mm_for_euclid_dist")
    assert exact.min(dim=1).values.max() < 1e-2


def test_one_seed_gives_one_bank(images, detector):
    params = detector.params
    again = PatchCore(detector.extractor, "efficientnet_lite0", params).fit(
        TrainingSet(images, np.arange(6))
    )
    other = PatchCore(detector.extractor, "efficientnet_lite0", params)
    other.fit(TrainingSet(images, np.arange(6)), seed=1)
    assert torch.equal(again.bank_, detector.bank_)
    assert not torch.equal(other.bank_, detector.bank_)


def test_what_it_will_take_is_said_before_the_work(images, caplog):
    params = PatchCoreParams(coreset_size=5)
    with caplog.at_level("INFO", "vadline.detectors"):
        PatchCore(build_extractor(), "efficientnet_lite0", params).fit(
            TrainingSet(images, np.arange(6))
        )
    # 6 images x 8 x 8 patches x 152 channels x 2 bytes
    assert "384 patches x 152 channels of 6 images will take 0 MB" in caplog.text


def test_a_projection_chooses_rows_of_the_whole_features(images, detector):
    params = PatchCoreParams(coreset_size=40, projection_dim=16)
    projected = PatchCore(detector.extractor, "efficientnet_lite0", params)
    projected.fit(TrainingSet(images, np.arange(6)))
    assert projected.bank_.shape == detector.bank_.shape
    assert not torch.equal(projected.bank_, detector.bank_)


def test_candidate_patches_bound_what_is_kept(images):
    params = PatchCoreParams(coreset_size=None, coreset_ratio=1.0, candidate_patches=60)
    detector = PatchCore(build_extractor(), "efficientnet_lite0", params).fit(
        TrainingSet(images, np.arange(6))
    )
    assert len(detector.bank_) == 60


def test_a_bank_grows_with_the_data_within_bounds(images, monkeypatch):
    monkeypatch.setattr(bank, "_LEAST_GROWN", 100)
    sizes = []
    for ratio, most in ((0.01, 300), (0.5, 300), (1.0, 300), (0.01, 50)):
        params = PatchCoreParams(coreset_size=None, coreset_ratio=ratio, coreset_most=most)
        detector = PatchCore(build_extractor(), "efficientnet_lite0", params)
        sizes.append(len(detector.fit(TrainingSet(images, np.arange(6))).bank_))
    assert sizes == [100, 192, 300, 50]  # of 6 x 64 patches


def test_candidates_of_an_image_depend_on_seed_and_row_alone(images):
    params = PatchCoreParams(coreset_size=100, candidate_patches=60)
    chosen = []
    for rows in ([0, 1, 2, 3, 4, 5], [1, 2, 5]):
        detector = PatchCore(build_extractor(), "efficientnet_lite0", params)
        chosen.append(detector.fit(TrainingSet(images, np.array(rows))).bank_)
    few, many = (set(map(tuple, c.tolist())) for c in chosen)
    assert len(few) == len(many) == 60
    assert len(few & many) >= 3 * 10  # the first ten of each of the three, in both


def test_reweighting_follows_equation_seven(images, detector):
    params = detector.params.model_copy(update={"neighbours": 4})
    weighted = PatchCore(detector.extractor, "efficientnet_lite0", params)
    weighted.fit(TrainingSet(images, np.arange(6)))
    _, scores = weighted.score(images, np.array([7]))
    bank = weighted.bank_
    features = extract(weighted.extractor, torch.from_numpy(images[7:]), 3).flatten(0, 2)
    distances = torch.cdist(features, bank)
    worst = distances.min(dim=1).values.argmax()
    nearest = distances[worst].argmin()
    around = torch.cdist(bank[nearest][None], bank)[0].argsort()[:4]
    ratio = distances[worst, nearest].exp() / distances[worst, around].exp().sum()
    plain = (1 - ratio) * distances[worst, nearest]
    np.testing.assert_allclose(scores, [plain], rtol=1e-3)


def test_a_blurred_score_is_the_highest_pixel_of_the_map(images, detector):
    params = detector.params.model_copy(update={"image_score": "blurred"})
    blurred = PatchCore(detector.extractor, "efficientnet_lite0", params)
    maps, scores = blurred.fit(TrainingSet(images, np.arange(6))).score(images, np.arange(8))
    pixels = upsample_and_blur(maps, SIZE, params.blur_sigma)
    np.testing.assert_allclose(scores, pixels.reshape(8, -1).max(axis=1), rtol=1e-6)
    assert scores.argmax() == 7


def test_outside_the_region_of_interest_nothing_counts(images):
    roi = np.zeros((SIZE, SIZE), bool)
    roi[:, 48:] = True  # the bad patch lies left of it
    params = PatchCoreParams(coreset_size=20, image_score="patch")
    detector = PatchCore(build_extractor(), "efficientnet_lite0", params)
    maps, scores = detector.fit(TrainingSet(images, np.arange(6), roi=roi)).score(
        images, np.arange(8), roi
    )
    assert (maps[:, :, :6] == 0).all()
    assert (scores == maps[:, :, 6:].reshape(8, -1).max(axis=1)).all()


def test_the_refinement_loss_is_the_sum_of_the_map_for_enough_candidates(detector, images):
    n = detector.extractor.normalise(torch.from_numpy(images[6:])).requires_grad_()
    candidates = detector.candidates(n, k=len(detector.bank_))
    loss = detector.refinement_loss(n, candidates)
    maps = detector.score(images, np.array([6, 7]))[0]
    np.testing.assert_allclose(loss.detach(), maps.sum(axis=(1, 2)), rtol=1e-3)
    loss.sum().backward()
    assert torch.isfinite(n.grad).all()
    assert n.grad.abs().sum() > 0


def test_no_good_image_is_one_line(images):
    with pytest.raises(VadlineError, match="no good image"):
        PatchCore(build_extractor(), "efficientnet_lite0").fit(TrainingSet(images, np.arange(0)))
