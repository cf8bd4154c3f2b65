"""Photographs in tiles: one model for all, or one for each place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vadline.detectors import (
    Detector,
    DetectorParams,
    HeldOut,
    TrainingSet,
    cross_fit,
    cut_training,
    image_scores,
    load_detector,
    unfitted,
    upsample_and_blur,
)
from vadline.detectors.laying import laid_together
from vadline.errors import VadlineError
from vadline.images.tiles import TileParams, Tiling

CUT = TileParams(rows=1, columns=2)
SIZE = (64, 96)


def detector(kind="patchcore", **settings) -> Detector:
    own = {"patchcore": {"coreset_size": 60}, "padim": {"channels": 8}}[kind]
    params = {"kind": kind, "tiles": CUT.model_dump(), **own, **settings}
    return unfitted(DetectorParams.model_validate(params), kind)


@pytest.fixture(scope="module")
def images():
    """Photographs that are dark on their left and bright on their right."""
    shade = np.repeat([60, 190], [48, 48])[None, None, :, None]
    noise = np.random.default_rng(0).normal(0, 6, (12, *SIZE, 3))
    return (shade + noise).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def swapped(images):
    """One whose right looks as the left of all others does."""
    odd = images[:1].copy()
    odd[:, 20:44, 60:84] = images[1:2, 20:44, 12:36]
    return odd


@pytest.mark.parametrize("cell", [4, 8, 16, 32])
def test_maps_that_agree_are_laid_together_without_a_seam(cell):
    tiling = Tiling.of(TileParams(rows=2, columns=3), (160, 224))
    whole = np.random.default_rng(0).random((2, 160 // cell, 224 // cell), np.float32)
    tiles = [
        whole[:, rows.start // cell : rows.stop // cell, left.start // cell : left.stop // cell]
        for rows, left in tiling.windows
    ]
    np.testing.assert_allclose(laid_together(tiles, tiling), whole, rtol=1e-5)


def test_cells_that_do_not_fit_are_resized():
    tiling = Tiling.of(TileParams(rows=2, columns=1), (96, 64))
    tiles = [np.full((3, 7, 5), 2.5, np.float32)] * 2
    np.testing.assert_allclose(laid_together(tiles, tiling), np.full((3, 12, 8), 2.5))


def test_the_score_is_the_whole_map_s(images, swapped):
    fitted = detector().fit(TrainingSet(images, np.arange(12)))
    maps, scores = fitted.score(swapped, np.arange(1))
    assert maps.shape == (1, 8, 12)
    blurred = upsample_and_blur(maps, SIZE, fitted.params.sigma_at(SIZE))
    np.testing.assert_allclose(scores, image_scores(blurred))
    assert (
        detector(image_score="patch")
        .fit(TrainingSet(images, np.arange(12)))
        .score(swapped, np.arange(1))[1]
        == maps.max()
    )


def test_padim_knows_places_and_a_bank_does_not(images, swapped):
    odd, usual = {}, {}
    for kind in ("patchcore", "padim"):
        fitted = detector(kind).fit(TrainingSet(images[1:], np.arange(11)))
        grid = 8 if kind == "patchcore" else 16
        for into, photographs in ((odd, swapped), (usual, images)):
            maps = fitted.score(photographs, np.arange(1))[0]
            into[kind] = maps[0, 32 // grid, 72 // grid]
    assert odd["padim"] > 3 * usual["padim"]
    assert odd["padim"] / usual["padim"] > 2 * odd["patchcore"] / usual["patchcore"]


def test_a_network_is_saved_once(images):
    state = detector("padim").fit(TrainingSet(images, np.arange(12))).state()
    assert {name.partition(".")[0] for name in state.tensors if ".body." in name} == {"0"}
    assert {"0.mean", "1.mean"} <= state.tensors.keys()
    again = load_detector(state)
    assert again.at(0).extractor is again.at(1).extractor


@pytest.mark.parametrize("kind", ["patchcore", "padim"])
def test_folds_are_scored_by_models_that_have_not_seen_them(kind, images, tmp_path):
    folds, rows = np.arange(12) % 3, np.arange(12)
    training = TrainingSet(images, rows)
    held_out = HeldOut(images, rows, folds)
    maps, scores = cross_fit(
        lambda _: detector(kind), training, folds, held_out, 0, tmp_path, same_encoder=True
    )
    for fold in range(3):
        alone = detector(kind).fit(training.without(folds == fold), 0)
        found = alone.score(images, rows[folds == fold])
        np.testing.assert_allclose(maps[folds == fold], found[0], rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(scores[folds == fold], found[1], rtol=1e-3)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_outside_of_the_region_nothing_is_looked_at(images):
    roi = np.zeros(SIZE, bool)
    roi[:, :30] = True  # within the first tile, and before the second
    training = TrainingSet(images, np.arange(12), roi=roi)
    tiles, parts = cut_training(training, CUT)
    assert tiles.rows.tolist() == [2 * part for part in range(12)] == (2 * parts).tolist()
    for kind in ("patchcore", "padim"):
        maps, scores = detector(kind).fit(training).score(images, np.arange(3), roi)
        assert not maps[:, :, maps.shape[2] // 2 :].any()
        assert (scores > 0).all()


def test_a_tile_of_a_bad_part_is_bad_where_it_is_marked(images):
    masks = np.zeros((12, *SIZE), np.uint8)
    masks[10, 5, 90] = 1
    training = TrainingSet(
        images,
        np.array([0, 10, 11]),
        np.array([False, True, True]),
        masks,
        np.array([True, True, False]),  # that of part 11 is not known: it teaches nothing
    )
    tiles, parts = cut_training(training, CUT)
    assert tiles.rows.tolist() == [0, 1, 20, 21]
    assert tiles.bad.tolist() == [False, False, False, True]
    assert parts.tolist() == [0, 0, 1, 1]
    assert tiles.mask_known.all()
    assert tiles.masks[21].sum() == 1
    unknown = replace(training, mask_known=np.array([True, False, False]))
    with pytest.raises(VadlineError, match="none of 2 bad parts has a mask"):
        cut_training(unknown, CUT)
