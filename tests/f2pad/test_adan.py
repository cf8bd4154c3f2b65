import pytest
import timm.optim
import torch

from vadline.f2pad.adan import Adan


@pytest.mark.parametrize("foreach", [False, True])
def test_equals_timm_step_by_step(foreach):
    generator = torch.Generator().manual_seed(0)
    theirs = torch.randn(7, 3, generator=generator, dtype=torch.float64).requires_grad_()
    ours = theirs.detach().clone()
    target = torch.randn(7, 3, generator=generator, dtype=torch.float64)
    optimiser = timm.optim.Adan([theirs], lr=0.05, weight_decay=0.0, foreach=foreach)
    adan = Adan()
    for _ in range(40):
        noise = torch.randn(7, 3, generator=generator, dtype=torch.float64)
        theirs.grad = 2 * (theirs.detach() - target) + noise
        ours -= 0.05 * adan.direction(2 * (ours - target) + noise)
        optimiser.step()
        torch.testing.assert_close(ours, theirs.detach(), rtol=1e-9, atol=1e-9)


def test_dropping_rows_leaves_the_others_as_they_were():
    generator = torch.Generator().manual_seed(1)
    gradients = torch.randn(20, 6, 3, generator=generator, dtype=torch.float64)
    kept = torch.tensor([True, False, True, True, False, True])
    whole, shrinking = Adan(), Adan()
    for step, gradient in enumerate(gradients):
        if step == 8:
            shrinking.keep(kept)
        expected = whole.direction(gradient)
        found = shrinking.direction(gradient if step < 8 else gradient[kept])
        torch.testing.assert_close(found, expected if step < 8 else expected[kept])
