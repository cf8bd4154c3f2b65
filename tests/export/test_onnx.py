"""What onnxruntime says of a photograph is what the detector says."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.inspection.bundles import bundle_around, halves

from vadline.backbones import BackboneParams, build_extractor
from vadline.calibration.outcomes import outcomes
from vadline.detectors import AnomalyMaps, DetectorParams, TrainingSet, load_detector, unfitted
from vadline.errors import VadlineError
from vadline.export import METADATA, export_onnx
from vadline.images.region import Region
from vadline.inspection import Inspector, write_bundle
from vadline.state import ModelState

EXAMPLE = Path(__file__).parents[2] / "docs" / "onnx_inspect.py"
BAD = np.arange(12) >= 9
BANK = {"kind": "patchcore", "coreset_size": 40, "candidate_patches": 500}
SETTINGS = {
    "patchcore": BANK,
    "patchcore_inside": BANK,
    "reweighted": {**BANK, "image_score": "patch", "neighbours": 5},
    "padim": {"kind": "padim", "channels": 20},
    "padim_patch": {"kind": "padim", "channels": 20, "image_score": "patch", "blur_sigma": 0},
    "apc": {**BANK, "encoder": "apc"},
}

INSIDE = ("patchcore_inside", "reweighted", "padim_patch")  # of a region of interest


@pytest.fixture(scope="module")
def images():
    """Return grey noise, bad ones with a bright square at the right."""
    images = np.random.default_rng(0).integers(90, 110, (12, 64, 64, 3), dtype=np.uint8)
    images[BAD, 20:40, 40:60] = 250
    return images


def drawn():
    """Return a region of interest at another size than the photographs', and no rectangle."""
    rows, columns = np.mgrid[:50, :70]
    return (rows - 25) ** 2 + (columns - 40) ** 2 < 24**2


def encoder(params):
    """Return a backbone that is not the pretrained one, as fine-tuning leaves it."""
    if params.encoder != "apc":
        return None
    torch.manual_seed(0)
    body = build_extractor("efficientnet_lite0", params.layers).body
    noise = torch.randn
    return ModelState(
        {
            f"encoder.body.{name}": t * (1 + 0.05 * noise(t.shape))
            if t.is_floating_point() and "var" not in name
            else t
            for name, t in body.state_dict().items()
        }
    )


def packed(name, images, region=None):
    """Return a bundle around one detector, with a threshold among the scores."""
    params = DetectorParams.model_validate(SETTINGS[name])
    params = params.model_copy(update={"backbone": BackboneParams()})
    fitted = unfitted(params, name, encoder(params))
    fitted.fit(TrainingSet(images, np.flatnonzero(~BAD)), 0)
    bundle, _ = bundle_around(fitted, images, BAD, halves(64), region)
    return with_thresholds(bundle, images)


def own_scores(bundle, pixels):
    """Return what the bundle's one detector says of photographs, as they are read."""
    (state,), region = bundle.detectors.values(), bundle.reading.tensors.get("region")
    roi = None if region is None else Region(region.numpy()).at(64, 64)
    return load_detector(state).score(pixels, np.arange(len(pixels)), roi)[1]


def with_thresholds(bundle, pixels):
    """Return the bundle with thresholds between the scores of photographs."""
    scores, (name,) = np.sort(own_scores(bundle, pixels)), bundle.detectors
    own = {"threshold": float(scores[5:7].mean()), "review": float(scores[2:4].mean())}
    return dataclasses.replace(
        bundle, detector_thresholds={name: {**own, "promised": 0.1, "goods": 9}}
    )


@pytest.mark.parametrize("name", SETTINGS)
def test_scores_maps_and_decisions_are_the_detectors_own(name, images, tmp_path):
    ort = pytest.importorskip("onnxruntime")
    region = drawn() if name in INSIDE else None
    bundle = packed(name, images, region)
    export_onnx(bundle, tmp_path / "new" / "x.onnx", name)
    roi = None if region is None else Region(region).at(64, 64)
    detector = load_detector(bundle.detectors[name])
    grid, scores = detector.score(images, np.arange(12), roi)
    maps = AnomalyMaps(grid, 64, detector.params.blur_sigma).pixels(np.arange(12))
    session = ort.InferenceSession(tmp_path / "new" / "x.onnx")
    for rows in (np.arange(1), np.arange(9, 12), np.arange(12)):
        found, score = session.run(["anomaly_map", "score"], {"images": images[rows]})
        assert found.dtype == score.dtype == np.float32
        np.testing.assert_allclose(score, scores[rows], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(found, maps[rows], rtol=1e-4, atol=1e-3)
    rules = json.loads(session.get_modelmeta().custom_metadata_map[METADATA])
    np.testing.assert_array_equal(
        outcomes(score, rules["threshold"], rules["review"]),
        outcomes(scores, *(bundle.detector_thresholds[name][k] for k in ("threshold", "review"))),
    )
    assert (rules["region"] is None) == (region is None)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["x.onnx"]


@pytest.mark.parametrize("name", ["patchcore", "padim_patch"])
def test_a_whole_set_up_says_what_the_inspector_says(name, images, tmp_path):
    ort = pytest.importorskip("onnxruntime")
    bundle = packed(name, images, drawn() if name in INSIDE else None)
    export_onnx(bundle, tmp_path / "x.onnx")
    new = images[::-1, :, ::-1].copy()  # trees split at the very values of what they learnt from
    told = Inspector(bundle).judge(new).table
    session = ort.InferenceSession(tmp_path / "x.onnx")
    for rows in (np.arange(1), np.arange(12)):
        (score,) = session.run(["score"], {"images": new[rows]})
        # Of a detector's score, which the blend divides by the few good parts' narrow spread.
        np.testing.assert_allclose(score, told["score"].iloc[rows], rtol=1e-4, atol=1e-3)
    rules = json.loads(session.get_modelmeta().custom_metadata_map[METADATA])
    assert (rules["decides"], rules["goods"]) == ("one", 9)
    said = outcomes(score, rules["threshold"], rules["review"])
    np.testing.assert_array_equal(said, told["decision"])


def photographs(folder, images):
    """Write files of every form that the example reads, and some that it does not."""
    large = Image.fromarray(images[10]).resize((300, 200))
    grey = np.asarray(large.convert("L"))
    large.save(folder / "a.png")
    large.resize((900, 700)).save(folder / "b.jpg", quality=90)
    turned = Image.Exif()
    turned[274] = 6
    large.save(folder / "c.jpg", exif=turned)
    Image.fromarray(grey.astype(np.uint16) * 16).save(folder / "d.png")
    Image.fromarray(grey.astype(np.float32) / 255).save(folder / "e.tiff")
    clear = large.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(large.size))
    clear.save(folder / "f.png")
    large.quantize(16).save(folder / "g.png")
    Image.fromarray(images[0]).save(folder / "h.bmp")
    Image.fromarray(images[0]).convert("1").save(folder / "i.png")
    (folder / "j.png").touch()
    (folder / "k.jpg").write_bytes((folder / "b.jpg").read_bytes()[:3000])
    return sorted(folder.iterdir())


@pytest.mark.parametrize("region", [None, drawn()], ids=["whole", "region"])
def test_the_example_reads_and_decides_alike_without_torch(images, tmp_path, region):
    pytest.importorskip("onnxruntime")
    bundle = packed("patchcore", images, region)
    rules = {**bundle.reading.config, "sixteen_bit_max": 4095}
    bundle = dataclasses.replace(bundle, reading=dataclasses.replace(bundle.reading, config=rules))
    (tmp_path / "parts").mkdir()
    files, inspector = photographs(tmp_path / "parts", images), Inspector(bundle)
    refused = [result.refused is not None for result in inspector.inspect(files)]
    assert refused == [False] * 9 + [True] * 2
    pixels = np.stack([inspector.read(path)[0] for path in files[:9]])
    bundle = with_thresholds(bundle, pixels)
    export_onnx(bundle, tmp_path / "x.onnx", "patchcore")
    without = "import sys, runpy; sys.modules |= dict.fromkeys(('torch', 'vadline', 'pandas'));"
    code = f"{without} sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code, EXAMPLE, tmp_path / "x.onnx", *files],
        capture_output=True,
        text=True,
        check=True,
    )
    said = [line.split("\t") for line in done.stdout.splitlines()]
    assert [Path(row[2]) for row in said] == files
    scores = own_scores(bundle, pixels)
    np.testing.assert_allclose([float(row[1]) for row in said[:9]], scores, rtol=1e-4)
    own = bundle.detector_thresholds["patchcore"]
    expected = outcomes(scores, own["threshold"], own["review"]).tolist()
    assert [row[0] for row in said] == [*expected, "undecided", "undecided"]
    assert set(expected) == {"accept", "review", "reject"}


def test_the_example_is_as_long_as_promised():
    assert len(EXAMPLE.read_text().splitlines()) <= 60


def test_what_cannot_be_exported_is_one_line(images, tmp_path):
    bundle = packed("patchcore", images)
    state, out = bundle.detectors["patchcore"], tmp_path / "x.onnx"
    flow = dataclasses.replace(
        state, config={**state.config, "params": {**state.config["params"], "kind": "cflow"}}
    )
    both = dataclasses.replace(bundle, detectors={"patchcore": state, "flow": flow, "b": state})
    wide = {**bundle.setup, "name": "two", "detectors": ["patchcore"], "classifier": "flow"}
    untold = {"patchcore": {**bundle.detector_thresholds["patchcore"], "goods": 0}}
    for given, name, words in [
        (both, "flow", r"flow is of kind cflow, .* patchcore and padim; choose patchcore, b"),
        (dataclasses.replace(both, setup=wide), None, "set-up two needs flow: flow is of kind"),
        (both, "x", "no detector 'x'"),
        (both, "b", "does not know the threshold of b alone"),
        (tmp_path / "none.zip", None, "there is no inspector"),
        (dataclasses.replace(bundle, detectors={"flow": flow}), "flow", "none that can"),
        (dataclasses.replace(bundle, detector_thresholds=untold), "patchcore", "no good part"),
    ]:
        with pytest.raises(VadlineError, match=words):
            export_onnx(given, out, name)
    assert not out.exists()


def test_a_foreground_is_not_exported_unless_the_part_as_a_whole_decides(images, tmp_path):
    ort = pytest.importorskip("onnxruntime")
    params = DetectorParams.model_validate({**BANK, "backbone": {}})
    fitted = unfitted(params, "patchcore").fit(TrainingSet(images, np.flatnonzero(~BAD)), 0)
    filled, out = np.ones((64, 64), np.uint8), tmp_path / "x.onnx"
    bundle, _ = bundle_around(fitted, images, BAD, filled, per_part=True)
    with pytest.raises(VadlineError, match=r"set-up one looks at .* --detector, or let segad_safe"):
        export_onnx(bundle, out)
    bundle, _ = bundle_around(fitted, images, BAD, filled, probe=True, per_part=True)
    export_onnx(bundle, out)
    new = images[::-1, :, ::-1].copy()
    (found,) = ort.InferenceSession(out).run(["score"], {"images": new})
    np.testing.assert_allclose(found, Inspector(bundle).judge(new).table["score"], 1e-4, 1e-3)


def test_a_missing_package_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(VadlineError, match=r"needs onnx.*vadline\[onnx\]"):
        export_onnx(tmp_path / "inspector.zip", tmp_path / "x.onnx")


def test_the_command_writes_the_newest_inspector(images, tmp_path, monkeypatch, capsys):
    pytest.importorskip("onnxruntime")
    from vadline.__main__ import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.kedro]\n")
    below = tmp_path / "data/06_models/folder/parts/inspector.zip/2026/inspector.zip"
    below.parent.mkdir(parents=True)
    write_bundle(packed("patchcore", images), below)
    for arguments, code in [(["x.onnx"], 0), (["y.onnx", "--detector=z"], 1)]:
        with pytest.raises(SystemExit) as ended:
            main(["export", *arguments])
        assert ended.value.code == code
    assert (tmp_path / "x.onnx").stat().st_size > 1e6
    assert not (tmp_path / "y.onnx").exists()
    assert "vadline: this inspector has no detector 'z'" in capsys.readouterr().err
