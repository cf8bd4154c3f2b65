"""Who looks through the same network at the same photographs looks once."""

import threading

import numpy as np
import pytest
import torch

from vadline.backbones import build_extractor, share_passes

BATCHES = torch.from_numpy(
    np.random.default_rng(0).integers(0, 256, (2, 3, 64, 64, 3), dtype=np.uint8)
)


@pytest.fixture
def extractors():
    """Some levels, all levels, others' weights, and a network of its own."""
    other = build_extractor(layers=(2, 3))
    with torch.no_grad():
        next(other.body.parameters()).add_(0.1)
    made = [build_extractor(layers=(2, 3)), build_extractor(layers=(2, 3, 4)), other]
    return [each.folded() for each in made]


def passes(shared):
    """Count how often each network is run, as a list that grows."""
    bodies = list({id(each.body.body.body): each.body.body.body for each in shared}.values())
    counts = [0] * len(bodies)

    def count_at(i):
        def counted(module, inputs, output):
            counts[i] += 1

        return counted

    for i, body in enumerate(bodies):
        body.register_forward_hook(count_at(i))
    return counts


def test_maps_are_the_same_and_computed_once(extractors):
    with torch.inference_mode():
        wanted = [[own(own.normalise(batch)) for own in extractors] for batch in BATCHES]
        shared = share_passes(extractors)
        counts = passes(shared)
        found = [[each(each.normalise(batch)) for each in shared] for batch in BATCHES]
    torch.testing.assert_close(found, wanted)
    assert [each.channels for each in shared] == [own.channels for own in extractors]
    assert counts == [2, 2]  # two networks, two batches


def test_a_changed_photograph_is_looked_at_again(extractors):
    some, _, _ = share_passes(extractors)
    x = some.normalise(BATCHES[0])
    with torch.no_grad():
        before = some(x)[0].clone()
        other = x.clone()
        other[0, 0, 5, 5] += 1
        assert not torch.equal(some(other)[0], before)
        torch.testing.assert_close(some(x)[0], before)


def test_gradients_flow(extractors):
    some, every, _ = share_passes(extractors)
    x = some.normalise(BATCHES[0]).requires_grad_()
    for extractor in (some, every):
        (gradient,) = torch.autograd.grad(extractor(x)[0].sum(), x)
        assert gradient.abs().sum() > 0


def test_threads_do_not_get_each_others_maps(extractors):
    some, _, _ = share_passes(extractors)
    inputs = [some.normalise(batch) for batch in BATCHES]
    with torch.no_grad():
        wanted = [some(x)[0] for x in inputs]
    wrong = []

    def look(which):
        with torch.no_grad():
            for _ in range(5):
                if not torch.equal(some(inputs[which])[0], wanted[which]):
                    wrong.append(which)

    threads = [threading.Thread(target=look, args=(i % 2,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
