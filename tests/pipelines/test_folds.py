"""No training part has a share in what is said of its fold: pixels in, features out."""

import numpy as np
import pandas as pd
import pytest

from vadline.apc import APCParams
from vadline.defects.stand_ins import StandIns
from vadline.detectors import AnomalyMaps, DetectorParams
from vadline.pipelines.apc_finetune.nodes import finetune_folds
from vadline.pipelines.score_maps.nodes import score_folds, score_folds_supervised
from vadline.pipelines.segad_features.nodes import describe_segments
from vadline.splits import SplitParams, make_split

SIDE, GOODS, BADS = 64, 9, 3
ROI = np.ones((SIDE, SIDE), bool)
NONE = StandIns(
    np.empty((0, SIDE, SIDE, 3), np.uint8),
    np.empty((0, SIDE, SIDE), np.uint8),
    pd.DataFrame({"image_id": [], "source_row": np.empty(0, np.int64), "role": []}),
)
APC = APCParams(epochs=1, steps_per_epoch=1, batch_size=4, widths=(8, 8, 8))
BANK = {"kind": "patchcore", "coreset_size": 40}
BRIEF = {"epochs": 1, "steps_per_epoch": 3, "train_batch": 4}


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    images = rng.integers(60, 190, (GOODS + BADS, SIDE, SIDE, 3)).astype(np.uint8)
    masks = np.zeros(images.shape[:3], np.uint8)
    masks[GOODS:, 20:36, 24:40] = 1
    images[masks == 1] = 250
    names = [f"{i}" for i in range(len(images))]
    manifest = pd.DataFrame(
        {
            "image_id": names,
            "path": names,
            "label": ["good"] * GOODS + ["bad"] * BADS,
            "defect": ["good"] * GOODS + ["dent"] * BADS,
            "mask_path": names,
            "source_split": "unassigned",
            "low_shot": "",
            "reviewed": False,
            "sha256": names,
        }
    )
    settings = SplitParams(protocol="all", folds=3, network_folds=3)
    return images, masks, make_split(manifest, images, settings, 0)


def pretrained(images, masks, split, folder):
    detector = DetectorParams.model_validate(BANK)
    return score_folds(images, split, ROI, NONE, detector, 0, folder / "folds")


def fine_tuned(images, masks, split, folder):
    *_, encoders = finetune_folds(images, masks, ROI, split, NONE, APC, 0, folder / "apc")
    detector = DetectorParams.model_validate(BANK | {"encoder": "apc"})
    return score_folds(images, split, ROI, NONE, detector, 0, folder / "folds", encoders)


def gaussian(images, masks, split, folder):
    detector = DetectorParams.model_validate({"kind": "padim", "channels": 6})
    return score_folds(images, split, ROI, NONE, detector, 0, folder / "folds")


def supervised(images, masks, split, folder):
    detector = DetectorParams.model_validate({"kind": "wrn", **BRIEF})
    return score_folds_supervised(images, masks, ROI, split, NONE, detector, 0, folder / "folds")


def features(learn, images, masks, split, folder) -> pd.DataFrame:
    maps, made, scores = learn(images, masks, split, folder)
    assert isinstance(maps, AnomalyMaps)
    segments = np.zeros((SIDE, SIDE), np.uint8)
    table = describe_segments(maps, made, scores, split, segments, ["all"], name="it")
    return table.set_index("image_id")


@pytest.mark.parametrize("learn", [pretrained, fine_tuned, gaussian, supervised])
@pytest.mark.parametrize("changed", [0, GOODS])
def test_a_part_s_features_come_from_models_that_have_not_seen_its_fold(
    world, tmp_path, learn, changed
):
    """A part is repainted: its fold's others must not notice, and the other folds may."""
    images, masks, split = world
    before = features(learn, images, masks, split, tmp_path / "before")
    repainted = images.copy()
    repainted[changed] = 255 - repainted[changed]
    after = features(learn, repainted, masks, split, tmp_path / "after")
    column = "network_fold" if learn in (fine_tuned, supervised) else "fold"
    fold = split[column].to_numpy()
    same = (before == after).all(axis="columns").to_numpy()
    mates = (fold == fold[changed]) & (np.arange(len(fold)) != changed)
    assert mates.any()
    assert same[mates].all()
    assert not same[changed]
    if changed == 0 or column == "network_fold":  # one-class models learn nothing from a bad part
        assert not same[fold != fold[changed]].all()
