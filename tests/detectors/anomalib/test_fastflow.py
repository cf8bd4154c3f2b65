"""FastFlow on any backbone."""

import numpy as np
import pytest
import torch

pytest.importorskip("anomalib", reason="the extra anomalib is not installed")

from anomalib.models.image.fastflow import FastflowModel

from vadline.backbones import BackboneParams, build_extractor
from vadline.detectors import TrainingSet
from vadline.detectors.anomalib.fastflow import BackboneFlow, FastFlow, FastFlowParams
from vadline.detectors.anomalib.own_models import Teacher
from vadline.errors import VadlineError
from vadline.state import ModelState

SIZE = 64
QUICK = FastFlowParams(steps=4, train_batch=4, flow_steps=2)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    made = rng.integers(90, 110, size=(12, SIZE, SIZE, 3)).astype(np.uint8)
    made[11, 20:36, 24:40] = 255
    return made


@pytest.fixture(scope="module")
def detector(images):
    return FastFlow.build(QUICK, BackboneParams(), "flow").fit(TrainingSet(images, np.arange(10)))


def test_the_bad_part_scores_highest_and_where_it_is_bad(detector, images):
    maps, scores = detector.score(images, np.arange(12))
    assert maps.shape == (12, SIZE // 4, SIZE // 4)
    assert scores.argmax() == 11
    row, column = np.unravel_index(maps[11].argmax(), maps[11].shape)
    assert 3 <= row <= 10
    assert 4 <= column <= 11


def test_the_backbone_stays_as_it_was(detector):
    plain = build_extractor(layers=(1, 2, 3)).body.state_dict()
    trained = detector.module_.model.feature_extractor.extractor.body.state_dict()
    assert all(torch.equal(trained[name], value) for name, value in plain.items())


def test_a_resnets_flow_is_anomalibs_own():
    size, x = (
        (SIZE, SIZE),
        torch.randn(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)),
    )
    teacher = Teacher(build_extractor("resnet18", (1, 2, 3), "random"))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = FastflowModel(size, "resnet18", pre_trained=False, flow_steps=2).eval()
        ours = BackboneFlow(teacher, size, QUICK).eval()
    theirs.feature_extractor.load_state_dict(teacher.extractor.body.state_dict())
    flows = {k: v for k, v in theirs.state_dict().items() if not k.startswith("feature")}
    ours.load_state_dict(flows, strict=False)
    ours.anomaly_map_generator.input_size = size
    with torch.no_grad():
        torch.testing.assert_close(ours(x).anomaly_map, theirs(x).anomaly_map, rtol=1e-4, atol=1e-5)


def test_fine_tuned_weights_of_the_backbone_are_used(images):
    tuned = {k: v + 0.01 for k, v in build_extractor(layers=(1, 2, 3)).body.state_dict().items()}
    network = ModelState({f"encoder.body.{name}": value for name, value in tuned.items()})
    detector = FastFlow.build(QUICK, BackboneParams(), "flow", network)
    used = detector.teacher(pretrained=True).extractor.body.state_dict()
    assert torch.equal(used["conv_stem.weight"], tuned["conv_stem.weight"])


def test_a_loss_that_is_not_finite_is_told(images):
    params = QUICK.model_copy(update={"lr": 1e30, "steps": 20})
    with pytest.raises(VadlineError, match="lower lr"):
        FastFlow.build(params, BackboneParams(), "flow").fit(TrainingSet(images, np.arange(10)))
