"""Reverse distillation of ResNets, as anomalib's, and of any other teacher."""

import numpy as np
import pytest
import torch

pytest.importorskip("anomalib", reason="the extra anomalib is not installed")

from anomalib.models.image.reverse_distillation.anomaly_map import AnomalyMapGenerationMode
from anomalib.models.image.reverse_distillation.torch_model import ReverseDistillationModel

from vadline.backbones import BackboneParams, build_extractor
from vadline.detectors import TrainingSet, load_detector, upsample_and_blur
from vadline.detectors.anomalib.own_models import Teacher
from vadline.detectors.anomalib.rd4ad import RD4AD, BackboneReverse, RD4ADParams
from vadline.state import ModelState

QUICK = RD4ADParams(steps=3, train_batch=4)


def pictures(size):
    rng = np.random.default_rng(0)
    made = rng.integers(90, 110, size=(12, size, size, 3)).astype(np.uint8)
    made[11, 20:36, 24:40] = 255
    return made


@pytest.mark.parametrize(
    ("backbone", "weights", "size"),
    [
        ("efficientnet_lite0", None, 64),
        ("efficientnet_lite0", None, 72),
        ("resnet18", "random", 64),
    ],
)
def test_it_trains_marks_the_bad_part_and_comes_back_bit_for_bit(backbone, weights, size):
    images, before = pictures(size), torch.get_rng_state()
    detector = RD4AD.build(QUICK, BackboneParams(name=backbone, weights=weights), "rd")
    detector.fit(TrainingSet(images, np.arange(10)), 1)
    assert torch.equal(torch.get_rng_state(), before)
    maps, scores = detector.score(images, np.arange(12))
    assert maps.shape == (12, size // 4, size // 4)
    assert scores.argmax() == 11
    state = detector.state()
    again = load_detector(ModelState(dict(state.tensors), state.config))
    np.testing.assert_array_equal(again.score(images, np.arange(12))[0], maps)


def test_a_resnet_gives_anomalibs_map_before_its_blur():
    size, x = (64, 64), torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    teacher = Teacher(build_extractor("resnet18", (1, 2, 3), "random"))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = ReverseDistillationModel(
            "resnet18", size, ["layer1", "layer2", "layer3"], AnomalyMapGenerationMode.ADD, False
        ).eval()
        ours = BackboneReverse(teacher, "resnet18", size).eval()
    theirs.encoder.feature_extractor.load_state_dict(teacher.extractor.body.state_dict())
    trained = {k: v for k, v in theirs.state_dict().items() if k.startswith(("bottle", "decoder"))}
    assert set(trained) <= set(ours.state_dict())
    ours.load_state_dict(trained, strict=False)
    with torch.no_grad():
        mine, wanted = ours(x).anomaly_map[:, 0], theirs(x).anomaly_map[:, 0]
        blurred = upsample_and_blur(mine.numpy(), 64, 4.0)
        fine = ours.anomaly_map_generator
        fine.image_size, fine.sigma, fine.kernel_size = size, 4, 33
        torch.testing.assert_close(ours(x).anomaly_map[:, 0], wanted)
    # The two differ in how they treat borders only: reflected there, replicated here.
    assert np.abs(blurred - wanted.numpy()).mean() < 0.05 * wanted.mean()


def test_the_teacher_is_not_trained():
    detector = RD4AD.build(QUICK, BackboneParams(), "rd").fit(
        TrainingSet(pictures(64), np.arange(10))
    )
    plain = build_extractor(layers=(1, 2, 3)).body.state_dict()
    kept = detector.module_.model.encoder.teacher.extractor.body.state_dict()
    assert all(torch.equal(kept[name], value) for name, value in plain.items())
