"""Any model of anomalib's through the adapter, against anomalib's own Engine."""

import logging
import os
import random
import sys

import numpy as np
import pytest
import torch

pytest.importorskip("anomalib", reason="the extra anomalib is not installed")

from anomalib.data import ImageBatch
from anomalib.engine import Engine
from lightning.pytorch import LightningDataModule
from pydantic import ValidationError

from vadline.backbones import BackboneParams
from vadline.detectors import DetectorParams, TrainingSet, detector_class, load_detector
from vadline.detectors.anomalib.adapter import AnomalibDetector, AnomalibParams
from vadline.detectors.anomalib.models import build_model
from vadline.detectors.anomalib.store_data import as_input, collate, hold_out
from vadline.detectors.anomalib.training import isolated
from vadline.errors import VadlineError
from vadline.state import ModelState

SIZE = 64
RANDOM_RESNET = BackboneParams(name="resnet18", weights="random")
BUNDLED = BackboneParams()
ODD = 11


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    made = rng.integers(90, 110, size=(12, SIZE, SIZE, 3)).astype(np.uint8)
    made[ODD, 20:36, 24:40] = 255
    return made


def fitted(images, model, backbone=RANDOM_RESNET, seed=3, **settings):
    settings = {"epochs": 1, "steps": 2, "train_batch": 4} | settings
    params = AnomalibParams(model=model, **settings)
    detector = AnomalibDetector.build(params, backbone, model)
    return detector.fit(TrainingSet(images, np.arange(10)), seed)


def reloaded(detector):
    state = detector.state()
    copies = {name: value.clone() for name, value in state.tensors.items()}
    return load_detector(ModelState(copies, state.config))


class PlainData(LightningDataModule):
    """What the Engine is given: batches of the same images, in order."""

    def __init__(self, images):
        super().__init__()
        self.images, self.name, self.category = images, "plain", "plain"
        self.train_batch_size = 4

    def train_dataloader(self):
        return self._loader(range(10))

    def predict_dataloader(self):
        return self._loader(range(12))

    def _loader(self, rows):
        photographs = [torch.from_numpy(self.images[row]) for row in rows]
        return torch.utils.data.DataLoader(photographs, batch_size=4, collate_fn=collate)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("Padim", {"n_features": 20}),
        ("Patchcore", {"coreset_sampling_ratio": 1.0, "layers": ["blocks.2", "blocks.4"]}),
    ],
)
def test_maps_and_scores_are_those_of_anomalibs_engine(images, tmp_path, model, options):
    ours = fitted(images, model, BUNDLED, options=options)
    maps, scores = ours.score(images, np.arange(12))
    with isolated(3):
        theirs = build_model(model, options, (SIZE, SIZE), BUNDLED, pretrained=True)
        engine = Engine(
            default_root_dir=tmp_path,
            accelerator="cpu",
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        data = PlainData(images)
        engine.fit(theirs, train_dataloaders=data.train_dataloader())
        predicted = engine.predict(theirs, dataloaders=data.predict_dataloader())
    their_maps = torch.cat([batch.anomaly_map.flatten(0, -3) for batch in predicted]).numpy()
    their_scores = torch.cat([batch.pred_score.flatten() for batch in predicted]).numpy()
    np.testing.assert_allclose(maps, their_maps, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(scores, their_scores, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("model", "backbone", "options"),
    [
        ("padim", RANDOM_RESNET, {}),
        ("Padim", BUNDLED, {"n_features": 30}),
        ("Dfm", BUNDLED, {}),
        ("Stfpm", BUNDLED, {}),
        ("Cfa", RANDOM_RESNET, {}),
        ("Patchcore", RANDOM_RESNET, {}),
        ("Fastflow", RANDOM_RESNET, {"flow_steps": 2}),
        ("reverse_distillation", RANDOM_RESNET, {}),
        ("Dfkde", RANDOM_RESNET, {"n_pca_components": 4}),
        ("Ganomaly", BUNDLED, {}),
    ],
)
def test_any_model_trains_scores_and_comes_back_bit_for_bit(images, model, backbone, options):
    detector = fitted(images, model, backbone, options=options)
    maps, scores = detector.score(images, np.array([0, 9, ODD]))
    assert maps.dtype == np.float32
    assert maps.ndim == 3
    assert scores.dtype == np.float64
    assert scores.shape == (3,)
    assert np.isfinite(maps).all()
    assert scores.argmax() == 2
    again, same = reloaded(detector).score(images, np.array([0, 9, ODD]))
    np.testing.assert_array_equal(again, maps)
    np.testing.assert_array_equal(same, scores)


def test_a_reloaded_model_can_be_saved_again(images):
    detector = fitted(images, "Dfm")
    first, second = detector.state(), reloaded(detector).state()
    assert second.config == first.config
    assert second.tensors.keys() == first.tensors.keys()


def test_one_seed_gives_one_model_and_no_trace_is_left(images, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    environment, level = dict(os.environ), logging.getLogger("lightning.pytorch").level
    torch.manual_seed(5)
    random.seed(5)
    expected, rolled = torch.get_rng_state(), random.getstate()
    numpy_before = np.random.get_state()[1].copy()  # noqa: NPY002
    one = fitted(images, "Stfpm", seed=1).score(images, np.arange(12))[0]
    assert torch.equal(torch.get_rng_state(), expected)
    assert random.getstate() == rolled
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002
    assert dict(os.environ) == environment
    assert logging.getLogger("lightning.pytorch").level == level
    assert list(tmp_path.iterdir()) == []
    np.random.seed(11)  # noqa: NPY002
    np.testing.assert_array_equal(
        fitted(images, "Stfpm", seed=1).score(images, np.arange(12))[0], one
    )
    assert not np.array_equal(fitted(images, "Stfpm", seed=2).score(images, np.arange(12))[0], one)


def test_a_models_teacher_gets_the_weights_of_the_file(images, tmp_path):
    import timm

    with torch.random.fork_rng():
        torch.manual_seed(7)
        network = timm.create_model("resnet18", pretrained=False)
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    backbone = BackboneParams(name="resnet18", weights=str(tmp_path / "weights.pth"))
    teacher = fitted(images, "Stfpm", backbone).module_.model.teacher_model.feature_extractor
    assert torch.equal(teacher.conv1.weight, network.conv1.weight)
    torchvision_s = fitted(images, "Cfa", backbone).module_.model.feature_extractor
    assert torch.equal(torchvision_s.conv1.weight, network.conv1.weight)


def test_the_bundled_backbone_sees_pixels_as_it_was_trained(images):
    detector = fitted(images, "Padim", BUNDLED, options={"n_features": 5})
    x = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, SIZE, SIZE, 3)
    seen = detector.module_.pre_processor.transform(as_input(x))
    assert seen[0].unique().tolist() == [-1]
    assert seen[1].unique().tolist() == [1]


def test_a_model_without_maps_gives_its_score_as_a_map_of_one_pixel(images):
    maps, scores = fitted(images, "Dfkde", options={"n_pca_components": 4}).score(
        images, np.arange(3)
    )
    assert maps.shape == (3, 1, 1)
    np.testing.assert_allclose(maps.ravel(), scores)


def test_map_stride_averages_pixels(images):
    settings = {"options": {"n_features": 20}, "backbone": BUNDLED}
    whole = fitted(images, "Padim", **settings).score(images, np.array([ODD]))[0]
    small = fitted(images, "Padim", map_stride=4, **settings).score(images, np.array([ODD]))[0]
    plain = whole.reshape(1, SIZE // 4, 4, SIZE // 4, 4).mean(axis=(2, 4))
    np.testing.assert_allclose(small, plain, rtol=1e-5)


def test_the_image_score_may_be_the_highest_of_the_map(images):
    detector = fitted(images, "Dfm", BUNDLED, image_score="patch")
    maps, scores = detector.score(images, np.arange(4))
    np.testing.assert_allclose(scores, maps.max(axis=(1, 2)))


def test_the_region_of_interest_limits_the_map(images):
    roi = np.zeros((SIZE, SIZE), bool)
    roi[:, : SIZE // 4] = True  # the odd square lies in its other half
    detector = fitted(images, "Padim", map_stride=2)
    maps, scores = detector.score(images, np.array([ODD]), roi)
    assert (maps[0, :, SIZE // 8 :] == 0).all()
    everywhere = detector.score(images, np.array([ODD]))
    assert maps.max() <= scores[0] < everywhere[1][0]  # the model's own score, of the inside


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"model": "padimm"}, "Padim"),
        ({"model": "Padim", "options": {"n_feature": 3}}, "n_features"),
        ({"model": "Padim", "options": {"backbone": "resnet18"}}, "backbone"),
        ({"model": "Stfpm", "epochs": None}, "epochs or steps"),
    ],
)
def test_a_wrong_setting_is_named(settings, said):
    with pytest.raises(ValidationError, match=said):
        DetectorParams.model_validate({"kind": "anomalib", **settings})


@pytest.mark.parametrize(
    ("model", "backbone", "said"),
    [
        ("Fastflow", BUNDLED, "not supported"),
        ("Padim", BUNDLED, "n_features"),
        ("Draem", BUNDLED, "options.dtd_dir"),
        ("EfficientAd", BUNDLED, "options.imagenet_dir"),
    ],
)
def test_what_cannot_be_built_ends_in_one_line(
    images, tmp_path, monkeypatch, model, backbone, said
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(VadlineError, match=said) as told:
        fitted(images, model, backbone)
    assert "\n" not in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_weights_that_cannot_be_downloaded_end_in_one_line(images, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(VadlineError, match=r"resnet26d.*cannot be downloaded"):
        fitted(images, "Padim", BackboneParams(name="resnet26d"), options={"n_features": 9})


def test_no_images_or_images_of_another_size_are_refused(images):
    detector = AnomalibDetector.build(AnomalibParams(model="Dfm"), BUNDLED, "dfm")
    with pytest.raises(VadlineError, match="no good image"):
        detector.fit(TrainingSet(images, np.array([], np.int64)))
    with pytest.raises(VadlineError, match=r"images\.size"):
        fitted(images, "Dfm").score(np.zeros((1, 32, 32, 3), np.uint8), np.array([0]))


def test_another_network_than_the_saved_one_is_told(images):
    state = fitted(images, "Dfm").state()
    tensors = {k: v for k, v in state.tensors.items() if "pca_model.mean" not in k}
    with pytest.raises(VadlineError, match="installed anomalib"):
        load_detector(ModelState(tensors, state.config))


def test_a_missing_extra_is_told_in_one_line(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("vadline.detectors.anomalib")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(VadlineError, match=r'pip install "vadline\[anomalib\]"'):
        detector_class("fastflow")


@pytest.mark.parametrize(
    ("share", "learnt", "held"), [(0, 10, 10), (0.1, 9, 1), (0.01, 9, 1), (0.99, 1, 9)]
)
def test_goods_are_held_out_apart_from_what_is_learnt(share, learnt, held):
    one, other = hold_out(np.arange(10), share)
    assert (len(one), len(other)) == (learnt, held)
    if share:
        np.testing.assert_array_equal(np.union1d(one, other), np.arange(10))


def test_batches_are_anomalibs_own():
    batch = collate([torch.zeros(8, 6, 3, dtype=torch.uint8)] * 2)
    assert isinstance(batch, ImageBatch)
    assert batch.image.shape == (2, 3, 8, 6)
    assert not batch.gt_label.any()
