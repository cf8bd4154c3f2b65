"""The number of threads that training has, and no more than training."""

import torch

from vadline.backbones import TRAINING_THREADS, fixed_threads


def test_inside_it_is_fixed_and_outside_the_machine_s():
    before = torch.get_num_threads()
    with fixed_threads(before + 3):
        assert torch.get_num_threads() == before + 3
    assert torch.get_num_threads() == before


def test_a_function_that_fails_puts_it_back_too():
    @fixed_threads()
    def fails():
        assert torch.get_num_threads() == TRAINING_THREADS
        raise KeyError

    before = torch.get_num_threads()
    for _ in range(2):
        try:
            fails()
        except KeyError:
            assert torch.get_num_threads() == before
