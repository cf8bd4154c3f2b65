import logging

import numpy as np
import pandas as pd
import pytest

from vadline.detectors import PatchCoreParams
from vadline.f2pad import F2PADParams
from vadline.f2pad.benchmark import F2PADBenchmarkParams, make_images, measure, measuring
from vadline.f2pad.benchmark.variants import ablations, grid, with_solver

F2PAD = F2PADParams(max_iterations=2, prior_pixels=500, prior_components=2, max_shift=1)
PARAMS = F2PADBenchmarkParams(
    images=2, validation=2, pastes="colour near", sparsity=0.5, rho=(1.0, 2.0)
)
GOODS = pd.DataFrame(
    {"row": range(8), "part": ["test", "validation", *["few"] * 3, *["normal"] * 3], "seed": 0}
)
ROI = np.ones((32, 32), bool)


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    images = np.clip(120 + 5 * rng.normal(size=(8, 32, 32, 3)), 0, 255).astype(np.uint8)
    goods = pd.concat([GOODS, GOODS.assign(seed=1)], ignore_index=True)
    made = make_images(images, [], ROI, GOODS, PARAMS, 0)
    both = pd.concat([made.table, made.table.assign(seed=1)], ignore_index=True)
    twice = type(made)(np.tile(made.images, (2, 1, 1, 1)), np.tile(made.masks, (2, 1, 1)), both)
    return twice, images, ROI, goods


def _measured(world, setting, **settings):
    detector = PatchCoreParams(coreset_size=20, layers=(1, 2))
    params = PARAMS.model_copy(update=settings)
    return measure(*world, F2PAD, params, detector, setting)


def test_each_image_is_measured_in_every_way(world, caplog):
    with caplog.at_level(logging.INFO):
        parts, shown = _measured(world, "normal")
    methods = ["map", "mebin", "initialiser", "proposals", "gradient"]
    ablated = ["no_pixel_prior", "no_sparsity", "plain_adan"]
    counts = parts.groupby(["method", "paste", "seed"]).size().unstack(["paste", "seed"])
    assert (counts.loc[methods] == 2).all(axis=None)
    assert (counts.loc[ablated, "colour"] == 2).all(axis=None)
    assert counts.loc[ablated, "near"].isna().all(axis=None)
    assert parts[["iou", "dice"]].stack().between(0, 1).all()
    solved = parts["method"].isin(["proposals", "gradient"])
    assert (parts["weight"].notna() == solved).all()
    assert parts.loc[parts["method"] == "proposals", "weight"].eq(0.5).all()
    assert parts.loc[parts["method"] == "gradient", "weight"].isin(PARAMS.rho).all()
    assert "patchcore normal, gradient: weight" in caplog.text
    assert shown.shape == (4, 2, 32, 32)
    before = parts[(parts["method"] == "map") & (parts["seed"] == 0)]
    truth = world[0].masks[:4].astype(bool)
    overlap = (shown[:, 0] & truth).sum((1, 2)) / (shown[:, 0] | truth).sum((1, 2))
    expected = before.sort_values(["image", "paste"])["iou"]
    np.testing.assert_allclose(overlap, expected)


def test_detectors_learn_from_no_part_that_carries_a_defect(world, monkeypatch):
    taught, references = [], []

    def spy(made, images, roi, rows, *others):
        taught.append(rows.tolist())
        trial = fit(made, images, roi, rows, *others)
        references.append(len(trial.references))
        return trial

    fit = measuring._fit
    monkeypatch.setattr(measuring, "_fit", spy)
    parts, _ = _measured(world, "few", solvers=("proposals",), pastes=("colour",))
    _measured(world, "normal", solvers=("proposals",), pastes=("colour",))
    assert taught == [[2, 3, 4]] * 2 + [[2, 3, 4, 5, 6, 7]] * 2
    assert references == [3, 3, 6, 6]
    assert set(parts["method"]) == {"map", "mebin", "initialiser", "proposals"}  # none ablated


def test_variants_change_what_they_say():
    changed = with_solver(F2PAD, "gradient", 3.0)
    assert (changed.solver, changed.rho, changed.beta) == ("gradient", 3.0, F2PAD.beta)
    assert grid(PARAMS, "proposals") == (0.5,)
    shared = F2PAD.model_copy(update={"window": 5})
    plain = F2PAD.model_copy(update={"window": 1})
    assert ablations(shared)["plain_adan"] == {"window": 1}
    assert ablations(plain)["sharing"] == {"window": 5}
    assert "sharing" not in ablations(shared)
