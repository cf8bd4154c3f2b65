"""What the stages take from a split."""

import numpy as np
import pandas as pd
import pytest

from vadline.defects.stand_ins import StandIns
from vadline.splits import scored_rows, training_set, unseen_defects


def small_split():
    return pd.DataFrame(
        {
            "image_id": list("abcdef"),
            "label": ["good", "bad", "good", "bad", "bad", "good"],
            "defect": ["good", "dent", "good", "dent", "crack", "good"],
            "mask_known": [True, True, True, False, True, True],
            "sha256": list("123456"),
            "detector": [1, 0, 0, 0, 0, 0],
            "finetune": [1, 1, 0, 0, 0, 0],
            "classifier": [1, 1, 0, 0, 0, 0],
            "forest": [0, 0, 1, 0, 0, 0],
            "calibration": [0] * 6,
            "test": [0, 0, 0, 1, 1, 0],
            "fold": [-1] * 6,
            "network_fold": [-1] * 6,
        }
    ).astype(
        dict.fromkeys(["detector", "finetune", "classifier", "forest"], bool)
        | dict.fromkeys(["calibration", "test"], bool)
    )


def test_what_a_detector_learnt_from_and_what_has_no_role_is_not_scored():
    assert scored_rows(small_split()).tolist() == [1, 2, 3, 4]


def test_a_kind_that_training_lacks_is_unseen():
    assert unseen_defects(small_split()).tolist() == [False] * 4 + [True, False]


def test_without_training_bads_only_named_kinds_are_unseen():
    split = small_split().assign(finetune=False, classifier=False)
    assert not unseen_defects(split).any()
    split.loc[4, "defect"] = "unseen:crack"
    assert unseen_defects(split).tolist() == [False] * 4 + [True, False]


class Counting:
    """An array that remembers the most rows that anybody asked for at once."""

    def __init__(self, array):
        self.array, self.most = array, 0
        self.shape, self.dtype = array.shape, array.dtype

    def __len__(self):
        return len(self.array)

    def __getitem__(self, rows):
        self.most = max(self.most, np.size(rows))
        return self.array[rows]


@pytest.fixture
def learnt_from():
    images = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1) * np.ones((1, 2, 2, 3), np.uint8)
    table = pd.DataFrame({"image_id": ["s0", "s1"], "role": ["forest", "finetune"]})
    made = StandIns(np.full((2, 2, 2, 3), 9, np.uint8), np.ones((2, 2, 2), np.uint8), table)
    return images, np.zeros((6, 2, 2), np.uint8), np.ones((2, 2), bool), small_split(), made


def test_fine_tuning_takes_its_role_and_its_stand_ins(learnt_from):
    training = training_set(*learnt_from)
    assert training.images[training.rows][:, 0, 0, 0].tolist() == [0, 1, 9]
    assert training.bad.tolist() == [False, True, True]
    assert training.mask_known.tolist() == [True, True, True]
    assert training.masks[training.rows[2]].all()


def test_training_takes_all_roles_but_calibration_and_test(learnt_from):
    assert training_set(*learnt_from, "training").rows.tolist() == [0, 1, 2, 7]


def test_no_image_is_read_before_it_is_learnt_from(learnt_from):
    images, masks, *rest = learnt_from
    stores = Counting(images), Counting(masks)
    training = training_set(*stores, *rest)
    assert [store.most for store in stores] == [0, 0]
    training.images[training.rows[1]]
    assert stores[0].most == 1


def test_other_photographs_or_roles_have_another_fingerprint(learnt_from):
    images, masks, roi, split, made = learnt_from
    prints = {training_set(*learnt_from).fingerprint}
    prints.add(training_set(*learnt_from, "training").fingerprint)
    split.loc[0, "sha256"] = "9"
    prints.add(training_set(images, masks, roi, split, made).fingerprint)
    assert len(prints) == 3
