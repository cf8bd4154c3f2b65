"""The whole line on a tiny demo: what it leaves, and that it can be killed, resumed, repeated."""

import pkgutil
import re
from collections import Counter

import mlflow
import numpy as np
import pandas as pd
import pytest
from kedro.framework.project import pipelines
from kedro.runner import ParallelRunner, ThreadRunner

from vadline.metrics import without_kinds
from vadline.run.tracking import compared

STAGES = (
    "ingest",
    "split",
    "apc_finetune",
    "memory_bank",
    "score_maps",
    "segad_features",
    "brf_train",
    "f2pad_refine",
    "evaluate",
)


def test_the_registry_has_nine_stages_that_add_up_to_the_line(finished):
    finished.load("split")
    alone = {"inspect", "segad_ablation", "apc_ablation", "segad_visa", "f2pad_benchmark"}
    assert set(pipelines) == {*STAGES, *alone, "segad_vad", "__default__"}
    nodes = set().union(*(pipelines[stage].nodes for stage in STAGES))
    assert set(pipelines["segad_vad"].nodes) == nodes == set(pipelines["__default__"].nodes)
    for stage in STAGES:
        assert all(stage in node.tags for node in pipelines[stage].nodes)


def test_each_table_has_a_row_for_each_part_of_the_line(finished):
    tables = finished.tables()
    detection = tables["detection"].set_index("row")
    assert detection.index.tolist() == ["patchcore", "apc", "probe", "mean"]
    assert detection["goods"].tolist()[:3] == [24, 24, 24]  # all that there are
    assert detection["bads"].tolist()[:3] == [0, 10, 10]
    assert tables["segad"]["row"].tolist() == ["patchcore", "apc", "all_ad", "segad_safe"]
    assert without_kinds(tables["refinement"].set_index("row")).index.tolist() == ["patchcore"]
    scores = detection.drop(columns=["goods", "bads"])
    assert (scores.isna() | (scores >= 0) & (scores <= 1)).all(axis=None)
    assert scores.loc["mean", "image_auroc"] >= 0
    assert len(tables["thresholds"]) >= 9


def test_every_part_gets_a_decision_training_parts_by_models_that_have_not_seen_them(finished):
    decisions, split = finished.load("decisions"), finished.load("split")
    assert set(decisions["image_id"]) == set(split["image_id"])
    parts = decisions.set_index("image_id")["part"].reindex(split["image_id"])
    assert ((parts == "test").to_numpy() == split["test"].to_numpy()).all()
    called = decisions["decision"] == "reject"
    assert (called == (decisions["score"] > decisions["threshold"])).all()
    assert decisions["probability"].between(0, 1).all()
    assert (decisions["promised"] == 0.05).all()
    goods = decisions.query("part == 'training' and label == 'good'")
    assert (goods["decision"] == "reject").sum() <= 1  # of 24, at 5 %


def test_every_part_has_a_map(finished):
    for name in ("patchcore", "apc"):
        assert np.isfinite(finished.load(f"{name}.anomaly_maps").grid).all()


def test_under_holdout_detectors_never_score_what_they_learnt_from(project):
    project.run(params={"split": {"scheme": "holdout"}}, tags=["ingest", "split"])
    project.run(
        params={"split": {"scheme": "holdout"}, "line": {"detectors": "patchcore"}},
        only_missing_outputs=True,
    )
    maps, split = project.load("patchcore.anomaly_maps").grid, project.load("split")
    assert np.isnan(maps[split["detector"].to_numpy()]).all()
    assert np.isfinite(maps[split["test"].to_numpy()]).all()
    decisions = project.load("decisions")
    assert set(decisions["image_id"]) == set(split.loc[split["test"], "image_id"])


def test_mlflow_has_one_run_with_every_cell_tag_parameter_and_picture(finished):
    runs = finished.mlflow_runs()
    assert len(runs) == 1
    (run,) = runs.to_dict("records")
    for name, whole in finished.tables().items():
        table = compared(name, whole.set_index("row"))
        assert len(table)
        for row in table.itertuples():
            for column, value in row._asdict().items():
                if column != "Index" and not np.isnan(value):
                    assert run[f"metrics.{name}/{row.Index}/{column}"] == pytest.approx(value)
    for tag in ("source", "category", "protocol", "seed", "backbone", "code_version"):
        assert run[f"tags.{tag}"]
    assert len(run["tags.manifest_hash"]) == 16
    assert run["params.f2pad.max_images"] == "2"
    assert run["params.split.scheme"] == "cross_fit"
    client = mlflow.MlflowClient()
    figures = {f.path for f in client.list_artifacts(run["run_id"], "figures")}
    pictures = {"figures.html", "patchcore_gallery.png", "segments.png", "description.jpg"}
    assert figures == {f"figures/{name}" for name in pictures}
    assert len(client.get_metric_history(run["run_id"], "training/apc/loss")) == 2


def test_a_run_profiles_each_of_its_stages(finished):
    profile = finished.load("stage_profile").set_index("stage")
    assert sorted(profile.index) == sorted(STAGES)
    assert (profile.index[0], profile.index[-1]) == ("ingest", "evaluate")
    assert profile["seconds"].between(0, 600, inclusive="neither").all()
    assert profile["peak_memory_mb"].between(50, 50_000).all()
    looks = profile["backbone_share"].dropna()
    looking = {"apc_finetune", "memory_bank", "score_maps", "segad_features", "f2pad_refine"}
    assert looking == set(looks.index)
    assert looks.between(0, 1, inclusive="neither").all()
    (run,) = finished.mlflow_runs().to_dict("records")
    assert run["metrics.time/ingest/seconds"] == profile.loc["ingest", "seconds"]


def test_one_seed_gives_one_result_under_every_runner(finished, project):
    for runner in (ThreadRunner(), ParallelRunner(max_workers=2)):
        project.run(runner=runner)
        project.has_the_tables_of(finished)
        assert project.results().keys() == finished.results().keys()
        assert project.results()["decisions.csv"] == finished.results()["decisions.csv"]
        assert project.load("stage_profile")["stage"].nunique() == len(STAGES)
    assert len(project.mlflow_runs()) == 2


FOLDS = "vadline.detectors.cross_fit:_FinishedFolds.save"
EPOCHS = "vadline.apc.training:train_one_epoch"
KILLS = [
    # Where the run is killed, at which call, and what was finished before.
    ("vadline.pipelines.split.nodes:make_split", 1, "02_intermediate/{}/manifest.parquet"),
    (EPOCHS, 2, "02_intermediate/{}/images.npy"),
    (
        *("vadline.pipelines.score_maps.nodes:cross_fit", 1),
        "06_models/{}/patchcore.safetensors/*/*",
    ),
    (FOLDS, 2, "06_models/{}/patchcore.safetensors/*/*"),  # the second fold of one detector,
    (FOLDS, 2, "06_models/{}/patchcore.safetensors/*/*"),  # and of the other
    (
        *("vadline.pipelines.score_maps.nodes:scored_rows", 1),
        "07_model_output/{}/*/fold_scores.parquet",
    ),
    (
        *("vadline.pipelines.evaluate.tables:segad_table", 1),
        "07_model_output/{}/segad_scores.parquet",
    ),
    (
        *("vadline.pipelines.f2pad_refine.nodes:refine", 1),
        "06_models/{}/patchcore_mask_threshold.json/*/*",
    ),
]


def test_a_run_killed_again_and_again_repeats_nothing_that_was_done(finished, project, monkeypatch):
    ended = Counter()

    def trap(patch, path, last):
        """Count the calls that end; kill the run at the last one."""
        plain, calls = pkgutil.resolve_name(path), []

        def call(*args, **kwargs):
            calls.append(1)
            if len(calls) == last:
                raise project.Killed
            found = plain(*args, **kwargs)
            ended[path] += 1
            return found

        owner, name = re.fullmatch("(.*)[.:](.*)", path).groups()
        patch.setattr(pkgutil.resolve_name(owner), name, call)

    before = {}
    for victim, last, place in KILLS:
        with monkeypatch.context() as patch:
            for path in {EPOCHS, FOLDS, victim}:
                trap(patch, path, last if path == victim else None)
            project.is_killed(only_missing_outputs=True)
        assert project.results() == {}
        done = [*project.path.glob(f"data/{place.format('demo/test')}")]
        assert done
        before |= {path: path.stat().st_mtime_ns for path in done}
    for path in (EPOCHS, FOLDS):
        trap(monkeypatch, path, None)
    project.run(only_missing_outputs=True)
    assert before == {done: done.stat().st_mtime_ns for done in before}
    # Two epochs of the final encoder and of two folds'; two folds each of two detectors.
    assert (ended[EPOCHS], ended[FOLDS]) == (2 * 3, 2 * 2)
    project.has_the_tables_of(finished)


def test_a_killed_second_run_does_not_end_with_the_first_one_s_tables(project, monkeypatch):
    fast = {"line": {"detectors": ["patchcore"], "setups": ["patchcore"], "refined": []}}
    fast |= {"decide": {"setup": "patchcore"}}
    project.run(params=fast)
    first, shown = project.load("split", params=fast), project.results()

    def kill(*args, **kwargs):
        raise project.Killed

    other = fast | {"seed": 1}
    with monkeypatch.context() as patch:
        patch.setattr("vadline.pipelines.split.nodes.make_split", kill)
        project.is_killed(params=other)
    assert project.results() == shown
    project.run(params=other, only_missing_outputs=True)
    assert project.results()["report.html"] != shown["report.html"]
    assert not project.load("split", params=other).equals(first)
    assert len(list(project.path.glob("data/08_reporting/demo/test/segad.csv/*"))) == 2


def test_resuming_with_another_parameter_makes_anew_what_it_leads_to(project):
    fast = {"line": {"detectors": ["patchcore"], "setups": ["patchcore"], "refined": []}}
    fast |= {"decide": {"setup": "patchcore"}}
    project.run(params=fast)
    store = project.path / "data/02_intermediate/demo/test/images.npy"
    bank = project.path / "data/07_model_output/demo/test/patchcore/anomaly_maps.npy"
    before = store.stat().st_mtime_ns, bank.stat().st_mtime_ns
    project.run(params=fast | {"seed": 3}, only_missing_outputs=True)
    assert store.stat().st_mtime_ns == before[0]
    assert bank.stat().st_mtime_ns > before[1]


def test_one_class_training_makes_its_own_defects(project):
    params = {"split": {"protocol": "one_class"}}
    project.run(params=params)
    synthetic = project.load("synthetic", params=params)
    assert set(synthetic.table["role"]) == {"finetune", "forest"}
    assert not project.load("split", params=params).query("label == 'bad' and forest").size
    assert project.tables()["segad"]["image_auroc"].between(0, 1).all()


def test_a_stage_is_a_namespace_and_a_detector_is_one_in_it(finished):
    finished.load("split")
    banks = {node.namespace for node in pipelines["memory_bank"].nodes}
    assert banks == {"memory_bank.patchcore", "memory_bank.apc"}
    line = pipelines["segad_vad"]
    assert {node.namespace.split(".")[0] for node in line.nodes} == {
        *("ingest", "split", "apc_finetune", "memory_bank", "score_maps"),
        *("segad_features", "brf_train", "f2pad_refine", "evaluate"),
    }
    assert all(node.tags == {node.namespace.split(".")[0]} for node in line.nodes)
    assert {"images", "patchcore.model", "decisions"} <= line.all_outputs()
    assert pd.Series([n.name for n in line.nodes]).is_unique


def test_a_line_that_rejects_nothing_still_shows_its_parts(project, monkeypatch):
    monkeypatch.setattr(
        "vadline.pipelines.f2pad_refine.nodes.rows_to_refine",
        lambda *args: np.empty(0, np.int64),
    )
    project.run()
    assert project.tables()["refinement"]["images"].tolist() == [0]
    (gallery,) = project.path.glob("data/08_reporting/demo/test/figures/patchcore_gallery.png/*/*")
    assert gallery.stat().st_size > 10_000


SMALL = {"line": {"detectors": ["patchcore"], "setups": ["patchcore"], "refined": []}}
SMALL |= {"decide": {"setup": "patchcore"}}


def test_a_stage_run_alone_makes_stale_what_follows_it(project):
    project.run(params=SMALL)
    other = SMALL | {"seed": 3}
    project.run(params=other, tags=["split"])
    project.run(params=other, only_missing_outputs=True)
    resumed = project.tables(params=other)
    project.run(params=other)
    for name, table in project.tables(params=other).items():
        pd.testing.assert_frame_equal(resumed[name], table)


def test_resuming_a_longer_or_a_shorter_line_fills_its_tables(project):
    longer = {
        "line": {"detectors": ["patchcore"], "setups": ["patchcore"], "refined": ["patchcore"]}
    } | {"decide": {"setup": "patchcore"}}
    for params, refined in ((SMALL, []), (longer, ["patchcore"]), (SMALL, [])):
        project.run(params=params, only_missing_outputs=True)
        rows = project.load("refinement", params=params).set_index("row")
        assert without_kinds(rows).index.tolist() == refined
