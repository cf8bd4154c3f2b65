"""Every part is scored by a model that has not seen its fold, killed runs included."""

from pathlib import Path

import numpy as np
import pytest

from vadline.detectors import (
    DetectorParams,
    HeldOut,
    MapDetector,
    TrainingSet,
    cross_fit,
)
from vadline.errors import VadlineError
from vadline.images.joined import Joined

FOLDS = np.array([0, 1, 2, 0, 1, 2, -1, 0, 1])


class Params(DetectorParams):
    kind: str = "mean"
    shift: float = 0.0


class Mean(MapDetector):
    """The distance from the mean image; it tells what it has learnt from."""

    Params = Params

    def fit(self, training, seed=0):
        training.require_images(self.name)
        self.rows = training.rows.tolist()
        read = self.batches(training.images, training.rows)
        self.mean_ = sum(batch.sum(0) for batch in read) / len(training.rows) + seed
        return self

    def score_batch(self, batch, roi):
        return (batch - self.mean_).norm(dim=-1) + self.params.shift, None


class Killed(BaseException):
    pass


class Built:
    """Builds detectors, keeps them, and is killed when a fold is asked for."""

    def __init__(self, kill=None, **settings):
        self.asked, self.made, self.kill = [], [], kill
        self.params = Params(batch_size=2, **settings)

    def __call__(self, fold):
        if fold == self.kill:
            raise Killed
        self.asked.append(fold)
        self.made.append(Mean(self.params, "mean"))
        return self.made[-1]


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), np.uint8)


@pytest.fixture(scope="module")
def training(images):
    return TrainingSet(images, np.arange(9), fingerprint="parts")


@pytest.fixture(scope="module")
def held_out(images):
    """Stand-ins behind the photographs; of each fold some, in no order."""
    rows = np.array([4, 12, 0, 3, 23, 14, 5])
    return HeldOut(Joined([images, 255 - images]), rows, np.array([1, 0, 0, 0, 2, 2, 2]))


def test_without_leaves_out_of_all_alike(images):
    bad = np.array([False, True, False, True])
    whole = TrainingSet(images, np.array([1, 4, 6, 9]), bad, mask_known=~bad, fingerprint="f")
    left = whole.without(np.array([True, True, False, False]))
    assert left.rows.tolist() == [6, 9]
    assert left.bad.tolist() == [False, True]
    assert left.mask_known.tolist() == [True, False]
    other = whole.without(np.array([False, False, True, True]))
    assert len({whole.fingerprint, left.fingerprint, other.fingerprint}) == 3
    assert whole.without(np.zeros(4, bool)).fingerprint == "f"
    goods = TrainingSet(images, np.arange(3)).without(np.array([False, True, False]))
    assert (goods.rows.tolist(), goods.bad, goods.mask_known) == ([0, 2], None, None)


@pytest.mark.parametrize("same", [False, True])
def test_each_row_is_scored_by_the_model_that_has_not_seen_its_fold(training, held_out, same):
    built = Built()
    maps, scores = cross_fit(built, training, FOLDS, held_out, 3, same_encoder=same)
    assert built.asked == [0, 1, 2]  # a network must not go on from what it has learnt
    for i, (row, fold) in enumerate(zip(held_out.rows, held_out.folds, strict=True)):
        plain = Mean(built.params, "mean").fit(training.without(fold == FOLDS), 3)
        assert 6 in plain.rows
        alone = plain.score(held_out.images, np.array([row]))
        np.testing.assert_array_equal(maps[i], alone[0][0])
        assert scores[i] == alone[1][0]
    assert maps.dtype == np.float32
    assert scores.dtype == np.float64


def test_each_learns_from_the_others(training, held_out):
    built = Built()
    cross_fit(built, training, FOLDS, held_out, 0)
    assert [m.rows for m in built.made] == [np.flatnonzero(f != FOLDS).tolist() for f in range(3)]


def test_a_fold_that_nothing_is_asked_of_needs_no_model(training, images):
    built = Built()
    cross_fit(built, training, FOLDS, HeldOut(images, np.array([1]), np.array([1])), 0)
    assert built.asked == [1]
    none = np.empty(0, np.int64)
    maps, scores = cross_fit(Built(kill=0), training, FOLDS, HeldOut(images, none, none), 0)
    assert maps.shape == (0, 1, 1)
    assert scores.shape == (0,)


def test_what_it_will_take_is_said_before_the_work(training, held_out, caplog):
    with caplog.at_level("INFO", "vadline.detectors"):
        cross_fit(Built(), training, FOLDS, held_out, 0)
    assert "mean: 3 folds, each learns from about 6 parts" in caplog.text


def test_outside_of_the_region_of_interest_nothing_counts(images, held_out):
    roi = np.zeros((16, 16), bool)
    roi[:, :8] = True
    region = TrainingSet(images, np.arange(9), roi=roi)
    maps = cross_fit(Built(), region, FOLDS, held_out, 0)[0]
    assert (maps[:, :, 8:] == 0).all()
    assert (maps[:, :, :8] > 0).any()


def assert_resumes(folder, training, held_out, **settings):
    """Only the last fold is left; return what the whole gives."""
    whole = cross_fit(Built(**settings), training, FOLDS, held_out, 1)
    again = Built(**settings)
    found = cross_fit(again, training, FOLDS, held_out, 1, folder)
    for ours, theirs in zip(found, whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert list(folder.iterdir()) == []
    return again.asked


@pytest.fixture
def left_behind(tmp_path, training, held_out):
    """The folder of a run that was killed in fold 2."""
    with pytest.raises(Killed):
        cross_fit(Built(kill=2), training, FOLDS, held_out, 1, tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"fold_0.safetensors", "fold_1.safetensors"}
    return tmp_path


def test_a_killed_run_goes_on_after_the_last_finished_fold(left_behind, training, held_out):
    assert assert_resumes(left_behind, training, held_out) == [2]


def test_of_all_folds_finished_none_is_fitted_again(left_behind, training, held_out, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda self: None)  # killed before it removes them
        whole = cross_fit(Built(), training, FOLDS, held_out, 1, left_behind)
    assert len(list(left_behind.iterdir())) == 3
    monkeypatch.setattr(Mean, "fit", None)
    found = cross_fit(Built(), training, FOLDS, held_out, 1, left_behind)
    np.testing.assert_array_equal(found[0], whole[0])
    assert list(left_behind.iterdir()) == []


def test_other_settings_start_afresh(left_behind, training, held_out):
    assert set(assert_resumes(left_behind, training, held_out, shift=1.0)) == {0, 1, 2}


@pytest.mark.parametrize("what", ["rows", "held out", "roi", "fingerprint", "folds"])
def test_what_something_else_has_left_is_not_used(left_behind, training, held_out, images, what):
    folds, asked = FOLDS, held_out
    if what == "rows":
        training = TrainingSet(images, np.array([0, 1, 2, 3, 4, 5, 6, 7, 9]), fingerprint="parts")
    elif what == "held out":
        asked = HeldOut(held_out.images, held_out.rows[::-1], held_out.folds[::-1])
    elif what == "roi":
        training = TrainingSet(images, np.arange(9), roi=np.eye(16) > 0, fingerprint="parts")
    elif what == "fingerprint":
        training = TrainingSet(images, np.arange(9), fingerprint="others")
    else:
        folds = np.where(FOLDS == -1, 2, FOLDS)
    again = Built()
    found = cross_fit(again, training, folds, asked, 1, left_behind)
    assert again.asked == [0, 1, 2]
    np.testing.assert_array_equal(found[0], cross_fit(Built(), training, folds, asked, 1)[0])


def test_another_seed_or_encoder_starts_afresh(left_behind, training, held_out):
    for seed, identity in ((2, ""), (1, "encoder")):
        with pytest.raises(Killed):
            cross_fit(Built(kill=0), training, FOLDS, held_out, seed, left_behind, identity)


def test_a_broken_file_is_replaced(left_behind, training, held_out):
    (left_behind / "fold_1.safetensors").write_bytes(b"half of it")
    assert assert_resumes(left_behind, training, held_out) == [1, 2]


def test_what_cannot_be_is_one_line(training, images):
    with pytest.raises(VadlineError, match="of no fold"):
        cross_fit(Built(), training, FOLDS, HeldOut(images, np.array([1]), np.array([-1])), 0)
    with pytest.raises(VadlineError, match="no good image"):
        cross_fit(Built(), training, 0 * FOLDS, HeldOut(images, np.array([1]), np.array([0])), 0)
