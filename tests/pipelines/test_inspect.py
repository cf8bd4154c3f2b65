"""New photographs are judged as the run would have judged them."""

import dataclasses
import json
import shutil
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from vadline.calibration import promise
from vadline.errors import VadlineError
from vadline.export import export_onnx
from vadline.inspection import Inspector, write_bundle
from vadline.pipelines.inspect import nodes
from vadline.state import ModelState

DECIDES = ["score", "probability", "threshold", "promised"]


def for_folder(folder, **settings):
    """Return what the command line says."""
    return {"inspect": {"folder": str(folder), **settings}}


def inspect(project, folder, **settings):
    """Run the pipeline inspect, and return its table by part."""
    project.run(pipeline="inspect", params=for_folder(folder, **settings), env="base")
    (newest,) = sorted(project.path.glob("data/08_reporting/*/*/inspection.csv/*/*"))[-1:]
    return pd.read_csv(newest, keep_default_na=True).set_index("part")


@pytest.fixture
def workshop(finished, project):
    """Return another project, into which what a run has left was copied: the inspector alone."""
    below = "data/06_models/demo/test/inspector.zip"
    shutil.copytree(finished.path / below, project.path / below)
    return project


@pytest.fixture(scope="module")
def paths(finished):
    """Return the files of the test parts, by image_id."""
    manifest = finished.load("manifest").set_index("image_id")
    tested = finished.load("decisions").query("part == 'test'")["image_id"]
    return manifest.loc[tested, "path"]


@pytest.fixture(scope="module")
def inspector(finished):
    """Return what the line has left."""
    (path,) = finished.path.glob("data/06_models/demo/test/inspector.zip/*/inspector.zip")
    return Inspector.load(path)


@pytest.fixture(scope="module")
def new(tmp_path_factory, paths):
    """Return a folder of three photographs, in folders of folders, and two broken files."""
    folder = tmp_path_factory.mktemp("new parts")
    for name, path in zip(["a.png", "Schicht 1/ü, b.png", "x/y/c.png"], paths[:3], strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / name)
    (folder / "empty.png").touch()
    (folder / "text.jpg").write_text("no photograph")
    (folder / "notes.txt").write_text("no photograph by its name")
    return folder


def test_python_says_what_the_run_has_said(finished, inspector, paths):
    said = finished.load("decisions").set_index("image_id").loc[paths.index]
    results = inspector.inspect(paths, refine=False)
    assert [r.decision for r in results] == said["decision"].tolist()
    assert [r.reason for r in results] == said["reason"].tolist()
    assert [r.unlike_training for r in results] == said["unlike_training"].tolist()
    for name in DECIDES[:3]:
        np.testing.assert_allclose([getattr(r, name) for r in results], said[name], atol=1e-4)


def test_detectors_alone_have_thresholds_from_good_parts(finished, inspector):
    known, split = inspector.bundle.detector_thresholds, finished.load("split")
    goods = split.loc[split["calibration"], "image_id"]
    features = finished.load("segad_features").set_index("image_id").loc[goods]
    assert set(known) == {"patchcore", "apc"}
    for name, own in known.items():
        scores = features[f"{name}.image_score"]
        assert own["threshold"] == promise(scores, 0.05).threshold
        assert own["goods"] == len(goods) == 24
        assert own["promised"] == 0.05
        assert own["review"] is None


def test_exported_it_scores_and_decides_as_the_run_has(finished, inspector, paths, tmp_path):
    ort = pytest.importorskip("onnxruntime")
    scores = finished.load("segad_features").set_index("image_id").loc[paths.index]
    said = finished.load("decisions").set_index("image_id").loc[paths.index]
    pixels = np.stack([inspector.read(path)[0] for path in paths])
    export_onnx(inspector.bundle, tmp_path / "all.onnx")
    (found,) = ort.InferenceSession(tmp_path / "all.onnx").run(["score"], {"images": pixels})
    np.testing.assert_allclose(found, said["score"], rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(found > said["threshold"], said["decision"] == "reject")
    own = inspector.bundle.detector_thresholds["apc"]  # others: tests/export
    export_onnx(inspector.bundle, tmp_path / "apc.onnx", "apc")
    (found,) = ort.InferenceSession(tmp_path / "apc.onnx").run(["score"], {"images": pixels})
    score = scores["apc.image_score"].to_numpy()
    np.testing.assert_allclose(found, score, rtol=1e-4)
    np.testing.assert_array_equal(found > own["threshold"], score > own["threshold"])


def test_masks_are_those_of_the_run(finished, inspector):
    refined, log = (finished.load(f"patchcore.{x}") for x in ("refined_masks", "refine_log"))
    images, maps = finished.load("images"), finished.load("patchcore.anomaly_maps")
    rows = log["row"].to_numpy()
    np.testing.assert_array_equal(inspector.masks(images[rows], maps.pixels(rows)), refined)


def test_the_registered_model_says_the_same_of_a_file_s_bytes(finished, inspector, paths):
    mlflow.set_tracking_uri(f"sqlite:///{finished.path / 'mlflow.db'}")
    model = mlflow.pyfunc.load_model("models:/vadline-demo-test/1")
    files = [Path(path).read_bytes() for path in paths[:3]] + [b"no photograph"]
    answer = model.predict(pd.DataFrame({"image": files}), params={"refine": False})
    alone = inspector.inspect(files, refine=False)
    assert answer["decision"].tolist() == [r.decision for r in alone]
    np.testing.assert_allclose(answer["score"], [r.score for r in alone], atol=1e-4)
    assert answer["refused"].tolist()[-1] == "not an image in a format that can be read"
    assert [len(json.loads(defects)) for defects in answer["defects"]] == [
        len(r.defects) for r in alone
    ]


def test_the_run_has_its_photographs_and_its_model(finished):
    (run,) = finished.mlflow_runs().run_id
    client = mlflow.MlflowClient()
    (data,) = client.get_run(run).inputs.dataset_inputs
    assert data.dataset.name == "demo/test"
    (model,) = client.search_model_versions("name='vadline-demo-test'")
    assert model.run_id == run


def test_a_folder_gives_a_row_a_part_and_the_same_answer(workshop, inspector, new):
    table = inspect(workshop, new)
    assert set(table.index) == {"a.png", "Schicht 1/ü, b.png", "x/y/c.png", "empty.png", "text.jpg"}
    broken = table.loc[["empty.png", "text.jpg"]]
    assert broken["decision"].tolist() == ["undecided"] * 2
    assert broken["refused"].tolist() == [
        "the file is empty",
        "not an image in a format that can be read",
    ]
    for part, row in table.drop(broken.index).iterrows():
        (alone,) = inspector.inspect([new / part], refine=False)
        assert row["decision"] == alone.decision
        assert row["score"] == pytest.approx(alone.score, abs=1e-4)


def test_the_report_names_every_part(workshop, new):
    table = inspect(workshop, new)
    page = workshop.load("inspection_report", env="base", params=for_folder(new))
    for part in table.index:
        assert part in page


def test_a_part_is_not_judged_twice_unless_asked(workshop, new, tmp_path):
    parts = shutil.copytree(new, tmp_path / "parts")
    first = inspect(workshop, parts)
    Image.new("RGB", (40, 30), (90, 90, 90)).save(parts / "z.png")
    second = inspect(workshop, parts)
    assert workshop.load("new_images", env="base", params=for_folder(parts)).shape[0] == 1
    pd.testing.assert_frame_equal(second.loc[first.index, first.columns], first, check_dtype=False)
    inspect(workshop, parts, again=True)
    assert workshop.load("new_images", env="base", params=for_folder(parts)).shape[0] == 4


def test_a_pixel_s_side_travels_with_the_inspector(workshop, inspector, new, paths, tmp_path):
    bundle = inspector.bundle
    rules = {**bundle.reading.config, "mm_per_pixel": 0.5}
    scaled = dataclasses.replace(bundle, reading=ModelState(bundle.reading.tensors, rules))
    write_bundle(scaled, tmp_path / "scaled.zip")
    found = [d for r in Inspector(scaled).inspect(paths, refine=False) for d in r.defects]
    assert found
    assert all(defect.area_mm2 == defect.area / 4 for defect in found)
    older = dict(bundle.reading.config)
    del older["mm_per_pixel"]
    older = dataclasses.replace(bundle, reading=ModelState(bundle.reading.tensors, older))
    plain = [d for r in Inspector(older).inspect(paths, refine=False) for d in r.defects]
    assert {defect.area_mm2 for defect in plain} == {None}
    unscaled = inspect(workshop, new, pictures=True, refine=False)
    assert unscaled["defect_area_mm2"].isna().all()
    given = {"pictures": True, "refine": False, "bundle": str(tmp_path / "scaled.zip")}
    table = inspect(workshop, new, **given)
    assert list(table) == list(unscaled)
    assert table["defect_area_mm2"].notna().sum() == 3
    pd.testing.assert_series_equal(
        table["defect_area_mm2"], table["defect_area"] / 4, check_names=False
    )


def test_pictures_have_the_size_of_the_photograph(workshop, new):
    table = inspect(workshop, new, pictures=True)
    read = table[table["score"].notna()]
    assert len(read) == 3
    for part, row in read.iterrows():
        folder = Path(row["pictures"])
        with Image.open(new / part) as photograph, Image.open(folder / "mask.png") as mask:
            assert mask.size == photograph.size
            assert row["defect_area"] == (np.asarray(mask) > 0).sum()
        assert {path.name for path in folder.iterdir()} == {"mask.png", "map.png", "overlay.png"}


def test_a_folder_that_vanishes_once_it_is_read_loses_nothing(workshop, new, tmp_path, monkeypatch):
    folder = tmp_path / "camera"
    shutil.copytree(new, folder)
    plain = nodes.judge_parts

    def judge(*given):
        shutil.rmtree(folder)
        return plain(*given)

    monkeypatch.setattr(nodes, "judge_parts", judge)
    table = inspect(workshop, folder, pictures=True)
    judged = table[table["refused"].isna()]
    assert len(judged) == 3
    assert judged["decision"].notna().all()
    for part in judged.itertuples():
        with Image.open(Path(part.pictures) / "overlay.png") as overlay:
            assert overlay.size == (part.width, part.height)


def test_without_a_folder_or_an_inspector_it_takes_one_line(project):
    with pytest.raises(VadlineError, match="no inspector"):
        inspect(project, project.path)
    with pytest.raises(VadlineError, match="no inspector"):
        inspect(project, project.path, bundle="missing.zip")


def test_the_line_itself_does_not_run_where_a_folder_is_inspected(workshop, new):
    with pytest.raises(VadlineError, match="add --pipeline=inspect"):
        workshop.run(env="base", params=for_folder(new))
