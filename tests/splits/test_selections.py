"""What the stages take from a split."""

import numpy as np
import pandas as pd

from vadline.splits import known_masks, labelled_set, scored_rows, unseen_defects


def small_split():
    return pd.DataFrame(
        {
            "image_id": list("abcdef"),
            "label": ["good", "bad", "good", "bad", "bad", "good"],
            "defect": ["good", "dent", "good", "dent", "crack", "good"],
            "detector": [1, 0, 0, 0, 0, 0],
            "finetune": [1, 1, 0, 0, 0, 0],
            "classifier": [1, 1, 0, 0, 0, 0],
            "forest": [0, 0, 1, 0, 0, 0],
            "calibration": [0] * 6,
            "test": [0, 0, 0, 1, 1, 0],
        }
    ).astype(
        dict.fromkeys(["detector", "finetune", "classifier", "forest"], bool)
        | dict.fromkeys(["calibration", "test"], bool)
    )


def manifest():
    return pd.DataFrame(
        {
            "label": small_split()["label"],
            "mask_path": [None, "b.png", None, None, "e.png", None],
            "sha256": list("123456"),
        }
    )


def test_goods_and_masked_bads_have_a_known_mask():
    assert known_masks(manifest()).tolist() == [True, True, True, False, True, True]


def test_what_a_detector_learnt_from_and_what_has_no_role_is_not_scored():
    assert scored_rows(small_split()).tolist() == [1, 2, 3, 4]


def test_a_kind_that_training_lacks_is_unseen():
    assert unseen_defects(small_split()).tolist() == [False] * 4 + [True, False]


def test_without_training_bads_only_named_kinds_are_unseen():
    split = small_split().assign(finetune=False, classifier=False)
    assert not unseen_defects(split).any()
    split.loc[4, "defect"] = "unseen:crack"
    assert unseen_defects(split).tolist() == [False] * 4 + [True, False]


def test_fine_tuning_takes_its_role_and_its_synthetic_defects():
    images = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1) * np.ones((1, 2, 2, 3), np.uint8)
    masks = np.zeros((6, 2, 2), np.uint8)
    synthetic = pd.DataFrame({"image_id": ["s0", "s1"], "role": ["forest", "finetune"]})
    made = np.full((2, 2, 2, 3), 9, np.uint8)
    data = labelled_set(
        images, masks, manifest(), small_split(), made, np.ones((2, 2, 2), np.uint8), synthetic
    )
    assert data.images[:, 0, 0, 0].tolist() == [0, 1, 9]
    assert data.labels.tolist() == [0, 1, 1]
    assert data.mask_known.all()
    assert data.masks[2].all()
