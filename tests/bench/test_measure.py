"""Sides take turns, each in its own process, and tell what they took."""

import os
import time

import numpy as np
import pytest

from vadline.bench.measure import Case, PeakMemory, compare
from vadline.errors import VadlineError


def quick(folder, name):
    def lap(seed):
        with (folder / "order").open("a") as file:
            file.write(f"{name}{seed}")
        return lambda: {"seed": seed, "process": os.getpid(), "threads": float(_openmp())}

    return {"": lap}


def _openmp():
    return os.environ["OMP_NUM_THREADS"]


def quick_a(folder):
    return quick(folder, "a")


def quick_b(folder):
    return quick(folder, "b")


def two_laps():
    def sleep(seconds):
        def lap(seed):
            time.sleep(seconds)
            return dict

        return lap

    return {"first": sleep(0.05), "second": sleep(0.2)}


def dies():
    return {"": lambda seed: os._exit(3)}


def test_sides_alternate_after_a_warm_up(tmp_path):
    case = Case("case", {"a": quick_a, "b": quick_b}, {"folder": tmp_path}, repeats=2, warmups=1)
    runs = compare(case, threads=1)
    assert (tmp_path / "order").read_text() == "a0b0a0b0a1b1"
    assert runs["side"].tolist() == ["a", "b", "a", "b"]
    assert runs["seed"].tolist() == runs["repeat"].tolist() == [0, 0, 1, 1]
    assert runs.groupby("side")["process"].nunique().tolist() == [1, 1]
    assert runs["process"].nunique() == 2
    assert os.getpid() not in set(runs["process"])
    assert (runs["threads"] == 1).all()


def test_laps_are_timed_apart():
    runs = compare(Case("case", {"ours": two_laps}, repeats=1, warmups=0), threads=1)
    assert runs["lap"].tolist() == ["first", "second"]
    first, second = runs["seconds"]
    assert 0.05 <= first < 0.2 <= second


def test_a_side_that_dies_is_one_line():
    with pytest.raises(VadlineError, match="broken ended with exit code 3"):
        compare(Case("case", {"broken": dies}, repeats=1), threads=1)


def test_peak_memory_sees_what_is_gone_again():
    with PeakMemory() as memory:
        block = np.ones(50_000_000)
        time.sleep(0.05)
        del block
    assert 390 < memory.peak_mb - memory.held_mb < 600
