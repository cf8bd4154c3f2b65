"""The profile of a run: right sums by stage, and no run that fails or changes for its sake."""

import logging
import os
import threading
import time

import numpy as np
import pytest
import torch
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node
from kedro.runner import SequentialRunner, ThreadRunner
from tests.run.memory import touch_200_mb
from torch import nn

from vadline.backbones import FeatureExtractor
from vadline.io import CSVDataset
from vadline.run.profiling import ProfileHooks, by_detector, by_stage


class Slow(nn.Module):
    def forward(self, x):
        time.sleep(0.1)
        return [x]


def sleep(x):
    time.sleep(0.1)
    return x


def look(x):
    net = FeatureExtractor(Slow(), (2,), (3,), (8,), (0.5,) * 3, (0.5,) * 3)
    net(torch.zeros(1, 3, 8, 8))
    return sleep(x)


def allocate(x):
    touch_200_mb()
    return x


def fail(x):
    raise ValueError("no parts")


class SlowToSave(MemoryDataset):
    def save(self, data):
        time.sleep(0.1)
        super().save(data)


def chain(*functions):
    """Build a pipeline whose stages `s0`, `s1` ... follow each other."""
    nodes = [
        node(function, f"x{i}", f"x{i + 1}", name=f"n{i}", tags=f"s{i}")
        for i, function in enumerate(functions)
    ]
    return Pipeline(nodes)


class Run:
    """Runs pipelines with nothing but the profile's hooks, in one process."""

    def __init__(self, path):
        self.catalog = DataCatalog(
            {
                "x0": MemoryDataset(1),
                "stage_profile": CSVDataset(
                    filepath=str(path / "stage_profile.csv"), save_args={"index": False}
                ),
            }
        )
        self.manager = _create_hook_manager()
        self.manager.register(ProfileHooks())

    def __call__(self, pipeline, runner=None):
        told = {"run_params": {}, "pipeline": pipeline, "catalog": self.catalog}
        self.manager.hook.before_pipeline_run(**told)
        try:
            result = (runner or SequentialRunner()).run(pipeline, self.catalog, self.manager)
        except ValueError as error:
            self.manager.hook.on_pipeline_error(error=error, **told)
        else:
            self.manager.hook.after_pipeline_run(run_result=result, **told)

    def profile(self):
        return self.catalog.load("stage_profile").set_index("stage")


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def test_sums_seconds_and_shares_and_takes_the_highest_memory():
    rows = [
        {"stage": "a", "seconds": 1.0, "peak_memory_mb": 300.0, "backbone_seconds": 0.0},
        {"stage": "b", "seconds": 1.0, "peak_memory_mb": 100.0, "backbone_seconds": 0.5},
        {"stage": "a", "seconds": 2.0, "peak_memory_mb": 200.0, "backbone_seconds": 0.0},
        {"stage": "b", "seconds": 3.0, "peak_memory_mb": 100.0, "backbone_seconds": 2.5},
    ]
    profile = by_stage(rows)
    assert profile["stage"].tolist() == ["a", "b"]
    assert profile["seconds"].tolist() == [3.0, 4.0]
    assert profile["peak_memory_mb"].tolist() == [300.0, 100.0]
    assert np.isnan(profile["backbone_share"][0])
    assert profile["backbone_share"][1] == 0.75


def test_a_detector_s_nodes_are_summed_up_by_stage():
    rows = [
        {"detector": "a", "stage": "bank", "seconds": 1.0, "peak_memory_mb": 300.0},
        {"detector": None, "stage": "maps", "seconds": 9.0, "peak_memory_mb": 900.0},
        {"detector": "b", "stage": "bank", "seconds": 2.0, "peak_memory_mb": 100.0},
        {"detector": "a", "stage": "maps", "seconds": 4.0, "peak_memory_mb": 200.0},
        {"detector": "a", "stage": "maps", "seconds": 5.0, "peak_memory_mb": 200.0},
    ]
    profile = by_detector(rows).set_index("detector")
    assert profile.loc["a"].to_dict() == {
        "bank_seconds": 1.0,
        "maps_seconds": 9.0,
        "peak_memory_mb": 300.0,
    }
    assert np.isnan(profile.loc["b", "maps_seconds"])
    assert by_detector(rows[1:2]).empty


@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner])
def test_a_stage_s_seconds_are_its_own_and_half_of_them_the_backbone_s(run, runner):
    start = time.perf_counter()
    run(chain(sleep, look), runner())
    took = time.perf_counter() - start
    profile = run.profile()
    assert profile.index.tolist() == ["s0", "s1"]
    assert profile.loc["s0", "seconds"] >= 0.1
    assert profile.loc["s1", "seconds"] >= 0.2
    assert profile["seconds"].sum() <= took
    assert np.isnan(profile.loc["s0", "backbone_share"])
    assert 0.25 < profile.loc["s1", "backbone_share"] < 0.75


def test_saving_counts(run):
    run.catalog["x1"] = SlowToSave()
    run(chain(sleep))
    assert run.profile().loc["s0", "seconds"] >= 0.2


def test_a_stage_s_memory_is_what_was_allocated_in_it(run, peaks_fall):
    run(chain(sleep, allocate, sleep))
    peaks = run.profile()["peak_memory_mb"]
    assert peaks["s1"] - peaks["s0"] > 150
    assert peaks["s1"] - peaks["s2"] > 150


def test_overlapping_nodes_do_not_hide_each_other_s_peaks(run, peaks_fall):
    freed, late_ended = threading.Event(), threading.Event()

    def early(x):
        touch_200_mb()
        freed.set()
        assert late_ended.wait(20)
        return x

    def wait(x):
        assert freed.wait(20)
        return x

    def late(x):
        late_ended.set()
        return x

    nodes = [
        node(early, "x0", "y", name="early", tags="early"),
        node(wait, "x0", "z", name="wait", tags="wait"),
        node(late, "z", "w", name="late", tags="late"),
    ]
    run(Pipeline(nodes), ThreadRunner(max_workers=2))
    peaks = run.profile()["peak_memory_mb"]
    assert peaks["early"] - peaks["late"] > 150


def test_a_failed_run_keeps_what_ran_and_fails_with_its_own_error(run):
    run(chain(sleep, look, fail, sleep))
    assert run.profile().index.tolist() == ["s0", "s1", "s2"]


def test_a_run_of_nothing_leaves_the_last_profile_alone(run):
    run(chain(sleep))
    before = run.profile()
    run(Pipeline([]))
    assert run.profile().equals(before)


def test_a_run_after_an_interrupted_one_starts_afresh(run):
    def interrupt(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(chain(look, interrupt))
    run(chain(sleep))
    assert run.profile().index.tolist() == ["s0"]
    assert not nn.modules.module._global_forward_pre_hooks


def test_each_stage_is_told_once_with_its_seconds_though_no_dataset_keeps_them(run, caplog):
    run.catalog = DataCatalog({"x0": MemoryDataset(1)})
    with caplog.at_level(logging.INFO, "vadline"):
        run(chain(sleep, look))
    stages, seconds = zip(*(line.split()[:2] for line in caplog.messages), strict=True)
    assert stages == ("s0", "s1")
    assert float(seconds[0]) >= 0.1
    assert float(seconds[1]) >= 0.2


def test_a_profile_that_cannot_be_kept_does_not_fail_the_run(run, caplog):
    class Full(MemoryDataset):
        def save(self, data):
            raise OSError("no space left on device")

    run.catalog["stage_profile"] = Full()
    run(chain(sleep))
    assert "could not be kept" in caplog.text
    assert run.catalog.load("x1") == 1


def test_without_a_scratch_folder_a_run_has_no_profile(run, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    run(chain(sleep))
    assert run.catalog.load("x1") == 1
    assert not run.catalog.exists("stage_profile")


def test_nothing_is_left_behind(run, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run(chain(look))
    assert not list(tmp_path.glob("vadline-*"))
    assert not [name for name in os.environ if name.startswith("VADLINE_PROFILE")]
