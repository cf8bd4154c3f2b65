"""What is packed comes back, once, whole, and without a pickle."""

import dataclasses
import json
import zipfile

import numpy as np
import pytest
import torch
from tests.inspection.bundles import bundle_around, halves

from vadline.backbones import BackboneParams
from vadline.detectors import DetectorParams, TrainingSet, unfitted
from vadline.errors import VadlineError
from vadline.inspection import Inspector, made_by, read_bundle, write_bundle

BAD = np.arange(12) >= 9


@pytest.fixture(scope="module")
def images():
    """Return grey noise, bad ones with a bright square at the right."""
    images = np.random.default_rng(0).integers(90, 110, (12, 64, 64, 3), dtype=np.uint8)
    images[BAD, 20:40, 40:60] = 250
    return images


@pytest.fixture(scope="module")
def fitted(images):
    """Return a detector that has learnt from the good ones."""
    params = DetectorParams.model_validate(
        {"kind": "patchcore", "coreset_size": 50, "candidate_patches": 500}
    ).model_copy(update={"backbone": BackboneParams()})
    return unfitted(params, "patchcore").fit(TrainingSet(images, np.flatnonzero(~BAD)), 0)


@pytest.fixture(scope="module")
def packed(fitted, images, tmp_path_factory):
    """Return a bundle's file, and what was packed."""
    path = tmp_path_factory.mktemp("bundle") / "inspector.zip"
    bundle, _ = bundle_around(fitted, images, BAD, halves(64))
    write_bundle(bundle, path)
    return path, bundle


@pytest.mark.parametrize("per_part", [False, True], ids=["static", "foreground"])
def test_scores_decisions_and_reasons_are_those_of_before(fitted, images, tmp_path, per_part):
    segments = np.ones((64, 64), np.uint8) if per_part else halves(64)
    bundle, scores = bundle_around(fitted, images, BAD, segments, per_part=per_part)
    write_bundle(bundle, tmp_path / "inspector.zip")
    inspector = Inspector.load(tmp_path / "inspector.zip")
    alone = [inspector.judge(image[None]).table["score"].iloc[0] for image in images[6:]]
    np.testing.assert_allclose(alone, scores[6:], atol=1e-6)
    judged = inspector.judge(images).table
    np.testing.assert_allclose(judged["score"], scores, atol=1e-6)
    assert (judged["decision"].to_numpy()[BAD] == "reject").all()
    assert all("patchcore in right" in reason for reason in judged["reason"].to_numpy()[BAD])
    assert not judged["unlike_training"].to_numpy()[~BAD].any()


def test_whatever_a_photograph_is_given_as_it_is_the_same(packed, images, tmp_path):
    from PIL import Image

    inspector, path = Inspector.load(packed[0]), tmp_path / "part.png"
    Image.fromarray(images[10]).save(path)
    results = inspector.inspect([path, str(path), path.read_bytes(), images[10]])
    assert [r.name for r in results] == [str(path), str(path), "2", "3"]
    assert len({r.score for r in results}) == 1
    assert {r.decision for r in results} == {"reject"}


def test_what_is_no_photograph_is_a_result_with_a_reason(packed, images):
    inspector = Inspector.load(packed[0])
    given = [b"", images[0], np.zeros((4, 4, 2), np.uint8), "missing.png", images[0].astype(float)]
    results = inspector.inspect(given)
    assert [r.refused is None for r in results] == [False, True, False, False, False]
    assert [r.decision == "undecided" for r in results] == [True, False, True, True, True]
    assert "missing" not in results[3].refused  # the name is beside it
    assert np.isnan(results[0].score)


def test_alike_tensors_stand_there_once(packed):
    path, bundle = packed
    twice = {**bundle.detectors, "again": bundle.detectors["patchcore"]}
    double = path.with_name("double.zip")
    write_bundle(bundle.__class__(**{**vars(bundle), "detectors": twice}), double)
    assert double.stat().st_size < 1.05 * path.stat().st_size
    back = read_bundle(double).detectors["again"]
    for name, tensor in bundle.detectors["patchcore"].tensors.items():
        assert torch.equal(back.tensors[name], tensor)


def test_it_is_tensors_trees_json_and_words(packed):
    with zipfile.ZipFile(packed[0]) as file:
        names = file.namelist()
        json.loads(file.read("inspector.json"))
    assert names == ["inspector.json", "tensors.safetensors", "forest.ubj", "MODEL_CARD.md"]
    assert made_by(packed[0])["category"] == "parts"


def test_thresholds_of_single_detectors_come_back_and_older_bundles_have_none(packed, tmp_path):
    known = {"patchcore": {"threshold": 2.5, "review": None, "promised": 0.1, "goods": 9}}
    path = tmp_path / "new.zip"
    write_bundle(dataclasses.replace(packed[1], detector_thresholds=known), path)
    assert read_bundle(path).detector_thresholds == known
    with zipfile.ZipFile(path) as new, zipfile.ZipFile(tmp_path / "old.zip", "w") as old:
        for name in new.namelist():
            data = new.read(name)
            if name == "inspector.json":
                settings = json.loads(data)
                del settings["detector_thresholds"]
                data = json.dumps(settings)
            old.writestr(name, data)
    assert read_bundle(tmp_path / "old.zip").detector_thresholds == {}


@pytest.mark.parametrize("read", [read_bundle, made_by])
def test_what_is_no_inspector_is_one_line_that_names_it(packed, tmp_path, read):
    with pytest.raises(VadlineError, match=r"no inspector .*none.zip"):
        read(tmp_path / "none.zip")
    cut = tmp_path / "cut.zip"
    cut.write_bytes(packed[0].read_bytes()[:1000])
    with pytest.raises(VadlineError, match=r"cut.zip is no inspector"):
        read(cut)
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as file:
        file.writestr("inspector.json", json.dumps({"format": "later"}))
    with pytest.raises(VadlineError, match="has the format later"):
        read(other)
