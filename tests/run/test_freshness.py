"""What a changed setting makes anew: what follows from it, and no more."""

import numpy as np
import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from PIL import Image

import vadline
from vadline.run.freshness import decisive, made_of, outputs_after
from vadline.segad import ForestParams


def digests(project, params=None):
    """Return what the line's outputs are made of, and the line itself; nothing runs."""
    bootstrap_project(project.path)
    with KedroSession.create(project.path, env="test", runtime_params=params) as session:
        catalog = session.load_context().catalog
        line = pipelines["segad_vad"]
        return made_of(line, catalog), line


def stale_nodes(project, params):
    before, line = digests(project)
    after, _ = digests(project, params)
    outputs = outputs_after(line, {name for name in after if after[name] != before[name]})
    return {node.name: node.tags for node in line.nodes if outputs & set(node.outputs)}


@pytest.mark.parametrize(
    "params",
    [
        {"images": {"workers": 1}},
        {"segad": {"forest": {"n_jobs": 2}}},
        {"detectors": {"padim": {"kind": "padim"}}, "line": {"detectors": "patchcore apc"}},
    ],
)
def test_what_changes_no_result_makes_nothing_stale(finished, params):
    assert stale_nodes(finished, params) == {}


def test_the_gallery_s_size_solves_nothing_again(finished):
    stale = stale_nodes(finished, {"decide": {"gallery": 2}})
    assert set(stale) == {
        f"evaluate.figures.{do}_gallery_patchcore" for do in ("choose_for", "draw")
    }


def test_another_side_of_pixels_writes_tables_and_inspector_and_draws_nothing(finished):
    stale = stale_nodes(finished, {"images": {"mm_per_pixel": 0.1}})
    tables, packed = ("add_defects", "tabulate_defects"), ("pack_reading", "pack_inspector")
    assert set(stale) == {
        *(f"evaluate.{name}" for name in tables),
        *(f"evaluate.inspector.{name}" for name in packed),
    }


def test_other_trees_grow_forests_judge_and_mark_anew_and_no_more(finished):
    stale = stale_nodes(finished, {"segad": {"forest": {"trees": 3}}})
    setups = ("patchcore", "apc", "all_ad", "segad_safe")
    assert {f"brf_train.grow_forest_{name}" for name in setups} <= set(stale)
    assert set().union(*stale.values()) == {"brf_train", "f2pad_refine", "evaluate"}


def test_another_rate_decides_anew_but_fits_and_scores_nothing(finished):
    stale = stale_nodes(finished, {"decide": {"false_reject_rate": 0.1}})
    refined = {f"f2pad_refine.patchcore.{name}" for name in ("choose_parts", "refine_masks")}
    assert {"evaluate.decide", *refined} <= set(stale)
    trained = {name for name, stages in stale.items() if "brf_train" in stages}
    assert trained == {"brf_train.calibrate_scores"}
    assert set().union(*stale.values()) == {"brf_train", "f2pad_refine", "evaluate"}


def test_one_detector_s_settings_leave_the_other_alone(finished):
    stale = stale_nodes(finished, {"detectors": {"apc": {"coreset_size": 50}}})
    assert {"memory_bank.apc.fit", "score_maps.apc.score_folds"} <= set(stale)
    # What the line rejects is marked anew, whichever detector changed its mind.
    learnt = {name for name, stages in stale.items() if not stages & {"f2pad_refine", "evaluate"}}
    assert not any("patchcore." in name or "finetune" in name for name in learnt)


def test_code_of_another_release_is_not_taken_for_this_one_s(finished, monkeypatch):
    before, line = digests(finished)
    monkeypatch.setattr(vadline, "__version__", "0.0.0")
    after, _ = digests(finished)
    assert {name for name in after if after[name] != before[name]} == line.all_outputs()


def test_only_what_counts_is_digested():
    trees = decisive({"forest": ForestParams(n_jobs=7), "names": ("a", 1)})
    assert "n_jobs" not in trees["forest"]
    assert trees["forest"]["max_depth"] == ForestParams().max_depth
    assert trees["names"] == ["a", 1]


def test_another_region_and_a_photograph_under_its_old_name_are_told_of(project, caplog):
    folder = project.path / "parts/good"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)

    def photograph(name):
        Image.fromarray(rng.integers(0, 255, (40, 40, 3), dtype=np.uint8)).save(folder / name)

    def told(**kwargs):
        caplog.clear()
        params = {"source": {"root": "parts"}, "images": {"size": 32}}
        project.run(env="folder", params=params, tags=["ingest"], **kwargs)
        return [each.getMessage() for each in caplog.records if "since the photo" in each.msg]

    for name in ("0.png", "1.png"):
        photograph(name)
    region = np.zeros((40, 40), np.uint8)
    region[:20] = 255
    Image.fromarray(region).save(project.path / "parts/roi.png")
    assert told() == told(only_missing_outputs=True) == []
    photograph("1.png")
    Image.fromarray(255 - region).save(project.path / "parts/roi.png")
    (line,) = told(only_missing_outputs=True)
    assert line.startswith("2 files are changed (parts/good/1.png, ...)")
    assert line.endswith("run again without --only-missing-outputs")
    assert told() == told(only_missing_outputs=True) == []
    (project.path / "parts/roi.png").unlink()
    (line,) = told(only_missing_outputs=True)
    assert line.startswith("1 file is changed (parts/roi.png)")
