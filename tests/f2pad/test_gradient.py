import numpy as np
import pytest
import torch

from vadline.f2pad import F2PADParams
from vadline.f2pad.gradient import solve
from vadline.f2pad.objective import PIXEL_UNIT, Objective, weight_unit
from vadline.f2pad.penalties import log_penalty, total_variation
from vadline.f2pad.pixel_prior import mog_penalty

UNIT, ALPHA = torch.full((3,), 0.5), torch.full((3,), 0.05)


@pytest.fixture(scope="module")
def problem(toy):
    x = toy.detector.extractor.normalise(torch.as_tensor(toy.images[:3]))
    region = torch.as_tensor(toy.maps[:3] > 0.5)
    n0 = torch.where(region[:, None], x.mean(dim=(2, 3), keepdim=True), x)
    return x, n0, region


def _solve(toy, problem, rows=slice(None), **changes):
    params = F2PADParams(k=3, **{"max_iterations": 25, **changes})
    objective = Objective(toy.detector, toy.prior, params)
    return solve(objective, *(part[rows] for part in problem), UNIT[rows], ALPHA[rows])


def test_objective_is_the_sum_of_its_terms(toy, problem):
    x, n0, region = problem
    params = F2PADParams(k=3, beta=0.04, gamma=0.06)
    objective = Objective(toy.detector, toy.prior, params)
    batch = objective.prepare(x, n0, region, UNIT, ALPHA)
    pixels = n0.permute(0, 2, 3, 1)[region] / objective.unit
    found = objective(batch, pixels)
    scale = toy.detector.extractor.std / PIXEL_UNIT
    for i in range(3):
        inside = region[i]
        a = ((x - n0) * scale)[i].permute(1, 2, 0)[inside]
        expected = toy.detector.refinement_loss(n0, batch.candidates)[i]
        expected = expected + 0.05 * log_penalty(a, params.epsilon).sum()
        n = n0[i].permute(1, 2, 0)[inside]
        expected = expected + 0.02 * mog_penalty(n, objective.means, objective.precisions).sum()
        expected = expected + 0.03 * total_variation((n0 * scale)[i : i + 1])[0]
        torch.testing.assert_close(found[i], expected, rtol=1e-4, atol=1e-3)


def test_objective_falls_and_pixels_stay_valid_and_inside(toy, problem):
    x, n0, region = problem
    found = _solve(toy, problem)
    assert (found.loss < found.loss_initial).all()
    outside = ~region[:, None].expand_as(x)
    assert torch.equal(found.n[outside], n0[outside])
    extractor = toy.detector.extractor
    levels = found.n * extractor.std + extractor.mean
    assert levels.min() > -1e-5
    assert levels.max() < 1 + 1e-5


def test_images_that_leave_early_do_not_disturb_the_others(toy, problem):
    together = _solve(toy, problem, stop_threshold=0.3, max_iterations=60)
    assert len(set(together.iterations.tolist())) > 1
    for i in range(3):
        alone = _solve(toy, problem, slice(i, i + 1), stop_threshold=0.3, max_iterations=60)
        assert alone.iterations[0] == together.iterations[i]
        torch.testing.assert_close(alone.n[0], together.n[i], rtol=0, atol=2e-3)


def test_stop_rule(toy, problem):
    at_once = _solve(toy, problem, stop_threshold=1e9)
    assert at_once.iterations.tolist() == [1] * 3
    assert at_once.converged.all()
    never = _solve(toy, problem)
    assert never.iterations.tolist() == [25] * 3
    assert not never.converged.any()
    none = _solve(toy, problem, max_iterations=0)
    assert torch.equal(none.n, problem[1])
    np.testing.assert_array_equal(none.loss, none.loss_initial)


@pytest.mark.parametrize("window", [1, 5])
def test_descends_with_sharing_and_without(toy, problem, window):
    found = _solve(toy, problem, window=window)
    assert (found.loss < found.loss_initial).all()


def test_weights_are_in_units_of_what_a_pixel_of_defect_costs():
    costs = torch.tensor([10.0, 7.0, 5.0]), torch.tensor([4.0, 7.0, 6.0])
    unit = weight_unit(*costs, torch.tensor([12, 3, 0]))
    assert unit[0] == 0.5
    assert (unit[1:] > 0).all()
    assert (unit[1:] < 1e-6).all()
