"""Each side does what its row says, and both find the same."""

import numpy as np
import pandas as pd
import pytest
import torch

from vadline.bench import coreset, patchcore, pixels, world
from vadline.sources import SourceParams, read_source
from vadline.sources.demo.params import DemoParams

DEMO = DemoParams(train_good=6, train_bad=2, test_good=3, test_bad=3, test_unseen=0)


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    return read_source(SourceParams(demo=DEMO), tmp_path_factory.mktemp("demo"), 128)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, records):
    folder = tmp_path_factory.mktemp("bench")
    world.read_images(records, 64, folder)
    return folder


def test_goods_of_the_own_training_split_are_learnt_from(folder):
    rows = pd.read_parquet(folder / "rows.parquet")
    assert (rows["part"] == "train").sum() == 6
    assert not rows["bad"][rows["part"] == "train"].any()
    assert rows["bad"][rows["part"] == "test"].tolist().count(True) == 3
    assert np.load(folder / "images.npy").shape == (len(rows), 64, 64, 3)


def test_without_a_split_a_quarter_of_the_goods_and_all_bads_are_tested_on(tmp_path, records):
    root = tmp_path / "parts"
    for record in records:
        name = "good" if record.label == "good" else "bad"
        (root / name).mkdir(parents=True, exist_ok=True)
        (root / name / f"{record.image_id.replace('/', '_')}.png").symlink_to(record.path)
    own = read_source(SourceParams(name="folder", root=str(root)))
    world.read_images(own, 64, tmp_path / "out")
    rows = pd.read_parquet(tmp_path / "out" / "rows.parquet")
    assert set(rows["part"]) == {"train", "test"}
    assert (rows["part"][rows["bad"]] == "test").all()


def test_reading_reads_everything(records):
    for build in (world.our_reading, world.plain_reading):
        assert build(records, 64)[""](0)() == {"images": len(records)}


def test_made_features_come_in_pieces_and_again():
    first = torch.cat(list(coreset.made_parts(9000, 16)))
    assert first.shape == (9000, 16)
    assert torch.equal(first, torch.cat(list(coreset.made_parts(9000, 16))))


def test_the_radius_is_the_largest_gap():
    features = torch.tensor([[0.0], [1.0], [5.0]])
    assert coreset.radius(features, torch.tensor([0])) == 5
    assert coreset.radius(features, torch.tensor([0, 2])) == 1


def test_coresets_from_memory_and_from_disk_cover_alike():
    inputs = {"rows": 3000, "channels": 16, "size": 50, "device": "cpu"}
    memory, disk = (
        build(**inputs)[""](0)()["radius"] for build in (coreset.ours, coreset.ours_from_disk)
    )
    assert memory == pytest.approx(disk, rel=0.02)


def test_our_coreset_covers_no_worse_than_anomalib_s():
    pytest.importorskip("anomalib", reason="compared with where it is installed")
    inputs = {"rows": 3000, "channels": 16, "size": 50, "device": "cpu"}

    def median_radius(build):
        # A pick differs from another by 4 %, and anomalib draws its projection without a seed.
        pick = build(**inputs)[""]
        return np.median([pick(seed)()["radius"] for seed in range(9)])

    assert median_radius(coreset.ours) <= 1.01 * median_radius(coreset.anomalib)


def network():
    return {"bank": 20, "backbone": "efficientnet_lite0", "weights": None, "device": "cpu"}


def test_our_patchcore_is_fitted_and_scored(folder):
    laps = patchcore.ours(folder, **network())
    assert laps["fit"](0)() == {}
    found = laps["score"](0)()
    assert 0 <= found["image_auroc"] <= 1
    assert found["forward_seconds"] > 0


def test_anomalib_s_patchcore_sees_the_same_features(folder):
    pytest.importorskip("anomalib", reason="compared with where it is installed")
    laps = patchcore.anomalib(folder, **network())
    laps["fit"](0)()
    assert 0 <= laps["score"](0)()["image_auroc"] <= 1


def test_fitting_more_images_than_there_are_repeats_some(folder):
    assert patchcore.ours_fit_only(folder, 20, 15, "cpu")[""](0)() == {}


def test_pixel_metrics_agree():
    ours = pixels.our_auroc(12, 64)[""](0)()
    theirs = pixels.sklearn_auroc(12, 64)[""](0)()
    assert ours["pixel_auroc"] == pytest.approx(theirs["pixel_auroc"], abs=1e-4)
    assert 0.5 < theirs["pixel_auroc"] < 1


def test_aupro_agrees_with_anomalib_s():
    pytest.importorskip("anomalib", reason="compared with where it is installed")
    ours, theirs = (
        build(12, 64)[""](0)()["aupro"] for build in (pixels.our_aupro, pixels.anomalib_aupro)
    )
    assert ours == pytest.approx(theirs, abs=1e-3)


def test_statistics_agree_with_scipy_s():
    assert pixels.our_statistics(6, 64)[""](0)()["error"] < 1e-5
    assert pixels.scipy_statistics(2, 64)[""](0)() == {}
