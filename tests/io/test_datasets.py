"""Datasets keep what they are given, and a killed save leaves nothing that looks whole."""

import os
import pickle
import time

import matplotlib.figure
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
import torch
from kedro.io import DatasetError
from kedro.io.core import Version

from vadline import io
from vadline.defects.stand_ins import StandIns
from vadline.detectors import AnomalyMaps
from vadline.segad import BlendedForest, BlendParams, ForestParams
from vadline.state import ModelState

MAPS = AnomalyMaps(np.arange(8, dtype=np.float32).reshape(2, 2, 2), 64, 4.0)
STAND_INS = StandIns(
    np.ones((1, 4, 4, 3), np.uint8),
    np.ones((1, 4, 4), np.uint8),
    pd.DataFrame({"image_id": ["a"], "source_row": [0], "role": ["forest"]}),
)

KINDS = {
    "table.pq": (io.ParquetDataset, pd.DataFrame({"a": [1, 2]})),
    "table.csv": (io.CSVDataset, pd.DataFrame({"a": [1, 2]})),
    "values.json": (io.JSONDataset, {"a": 1}),
    "page.html": (io.TextDataset, "größer ✓"),
    "figure.json": (io.PlotlyDataset, go.Figure()),
    "figure.png": (io.MatplotlibDataset, matplotlib.figure.Figure()),
    "array.npy": (io.NpyDataset, np.arange(3)),
    "model.safetensors": (io.ModelDataset, ModelState({"x": torch.ones(2)}, {"y": [1, None]})),
}


@pytest.fixture(params=KINDS)
def dataset_and_value(request, tmp_path):
    kind, value = KINDS[request.param]
    return kind(filepath=str(tmp_path / "deep" / request.param)), value


def test_a_saved_dataset_exists_alone(dataset_and_value, tmp_path):
    dataset, value = dataset_and_value
    assert not dataset.exists()
    dataset.save(value)
    assert dataset.exists()
    assert len(list((tmp_path / "deep").iterdir())) == 1


def test_a_save_that_dies_leaves_the_old_file(dataset_and_value, tmp_path, monkeypatch):
    dataset, value = dataset_and_value
    dataset.save(value)
    (path,) = (tmp_path / "deep").iterdir()
    before = path.read_bytes()

    def killed(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        dataset.save(value)
    assert path.read_bytes() == before


def test_a_first_save_that_dies_does_not_exist(dataset_and_value, monkeypatch):
    dataset, value = dataset_and_value

    def killed(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        dataset.save(value)
    assert not dataset.exists()


def test_a_file_of_an_earlier_run_does_not_count(dataset_and_value):
    dataset, value = dataset_and_value
    dataset.save(value)
    dataset.stale_before = time.time() + 1
    assert not dataset.exists()


def test_datasets_travel_to_other_processes(dataset_and_value):
    dataset, value = dataset_and_value
    pickle.loads(pickle.dumps(dataset)).save(value)
    assert dataset.exists()


def test_versions_are_kept_side_by_side(tmp_path):
    for version, value in [("2020-01-01T00.00.00.000Z", 1), ("2021-01-01T00.00.00.000Z", 2)]:
        path = str(tmp_path / "table.csv")
        dataset = io.CSVDataset(filepath=path, version=Version(None, version))
        dataset.save(pd.DataFrame({"a": [value]}))
    assert dataset.load()["a"].tolist() == [2]
    assert len(list((tmp_path / "table.csv").iterdir())) == 2


@pytest.mark.parametrize("shape", [(4, 2), (0, 3, 3), (5,)])
def test_arrays_come_back_as_they_were(tmp_path, shape):
    array = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    dataset = io.NpyDataset(filepath=str(tmp_path / "a.npy"))
    dataset.save(array)
    np.testing.assert_array_equal(dataset.load(), array)
    assert isinstance(dataset.load(), np.memmap) == (array.size > 0)


def test_arrays_of_objects_are_refused(tmp_path):
    dataset = io.NpyDataset(filepath=str(tmp_path / "a.npy"))
    with pytest.raises(DatasetError):
        dataset.save(np.array([{}], dtype=object))
    assert not dataset.exists()


def finished(folder, array):
    folder.mkdir(exist_ok=True)
    np.save(folder / "made.npy", array)
    return folder / "made.npy"


@pytest.mark.parametrize("shape", [(4, 2), (0, 3, 3)])
def test_a_finished_array_is_taken_over_not_copied(tmp_path, shape):
    array = np.random.default_rng(0).normal(size=shape)
    path = finished(tmp_path / "scratch", array)
    os.utime(path, (1, 1))
    number = path.stat().st_ino
    dataset = io.NpyDataset(filepath=str(tmp_path / "out" / "a.npy"))
    dataset.stale_before = time.time() - 5
    dataset.save(path)
    np.testing.assert_array_equal(dataset.load(), array)
    assert (tmp_path / "out" / "a.npy").stat().st_ino == number
    assert not path.exists()
    assert dataset.exists()  # as new as its saving, not as its making


def test_a_finished_array_comes_from_another_disk_too(tmp_path, monkeypatch):
    path = finished(tmp_path / "scratch", np.arange(3))

    def crossing(*args):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "rename", crossing)
    dataset = io.NpyDataset(filepath=str(tmp_path / "a.npy"))
    dataset.save(path)
    assert dataset.load().tolist() == [0, 1, 2]
    assert not path.exists()


def test_a_takeover_that_dies_leaves_the_old_file(tmp_path, monkeypatch):
    dataset = io.NpyDataset(filepath=str(tmp_path / "a.npy"))
    dataset.save(np.arange(2))
    path = finished(tmp_path / "scratch", np.arange(3))

    def killed(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        dataset.save(path)
    assert dataset.load().tolist() == [0, 1]


@pytest.mark.parametrize("content", [b"no array", b""])
def test_a_file_that_is_no_array_is_not_taken_over(tmp_path, content):
    (tmp_path / "b.npy").write_bytes(content)
    dataset = io.NpyDataset(filepath=str(tmp_path / "a.npy"))
    with pytest.raises(DatasetError):
        dataset.save(tmp_path / "b.npy")
    assert not dataset.exists()
    np.save(tmp_path / "b.npy", np.arange(50))
    os.truncate(tmp_path / "b.npy", 200)
    with pytest.raises(DatasetError):
        dataset.save(tmp_path / "b.npy")
    assert (tmp_path / "b.npy").exists()


def test_models_come_back_with_their_settings(tmp_path):
    dataset = io.ModelDataset(filepath=str(tmp_path / "m.safetensors"))
    dataset.save(ModelState({"w": torch.arange(6.0).view(2, 3).T}, {"layers": [2, 3]}))
    state = dataset.load()
    assert torch.equal(state.tensors["w"], torch.arange(6.0).view(2, 3).T)
    assert state.config == {"layers": [2, 3]}


def test_maps_keep_what_brings_them_to_pixels_and_lie_on_disk(tmp_path):
    dataset = io.MapsDataset(filepath=str(tmp_path / "maps.npy"))
    assert not dataset.exists()
    dataset.save(MAPS)
    again = dataset.load()
    np.testing.assert_array_equal(again.grid, MAPS.grid)
    assert isinstance(again.grid, np.memmap)
    assert (again.size, again.blur_sigma) == (64, 4.0)
    assert len(list(tmp_path.iterdir())) == 2


def test_stand_ins_are_a_folder_that_is_whole_or_absent(tmp_path, monkeypatch):
    dataset = io.StandInsDataset(filepath=str(tmp_path / "synthetic"))
    with monkeypatch.context() as patch:
        patch.setattr(pd.DataFrame, "to_parquet", lambda *args, **kwargs: 1 / 0)
        with pytest.raises(DatasetError):
            dataset.save(STAND_INS)
    assert not dataset.exists()
    for _ in range(2):
        dataset.save(STAND_INS)
        again = dataset.load()
        np.testing.assert_array_equal(again.images, STAND_INS.images)
        pd.testing.assert_frame_equal(again.table, STAND_INS.table)
    dataset.stale_before = time.time() + 1
    assert not dataset.exists()


def test_a_checkpoint_is_a_path_in_a_folder_that_exists(tmp_path):
    path = io.CheckpointDataset(filepath=str(tmp_path / "new" / "c.safetensors")).load()
    assert path.parent.is_dir()
    with pytest.raises(DatasetError):
        io.CheckpointDataset(filepath=str(path)).save(1)


def test_forests_come_back_as_they_were(tmp_path):
    features = pd.DataFrame({"a": np.arange(20.0), "b": 0.0})
    forest = BlendedForest(ForestParams(trees=2), BlendParams(), 0).fit(features, features["a"] > 9)
    dataset = io.ForestDataset(filepath=str(tmp_path / "forest.ubj"))
    dataset.save(forest)
    again = dataset.load().decision_function(features)
    np.testing.assert_array_equal(again, forest.decision_function(features))
