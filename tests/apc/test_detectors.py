"""The heads of a fine-tuned network as detectors, and beside a memory bank."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.apc.test_training import learnt, settings
from torch.nn import functional as F

from vadline.apc import train_apc
from vadline.apc.detectors import APCCls, APCSegm, ClsParams, SegmParams
from vadline.apc.fused import APCFused, FusedParams
from vadline.apc.network import network_from
from vadline.backbones import BackboneParams
from vadline.detectors import DetectorParams, PatchCoreParams
from vadline.detectors.patchcore import PatchCore
from vadline.errors import VadlineError
from vadline.state import ModelState

BACKBONE = BackboneParams(name="mobilenetv3_small_050", weights="random")
GOODS, ALL = np.arange(8), np.arange(11)


@pytest.fixture(scope="module")
def network():
    return train_apc(learnt(), settings(2), 0).network


@pytest.fixture(scope="module")
def goods():
    return learnt().without(learnt().bad)


def outputs(network, images):
    """What the network says, each image by itself."""
    whole = network_from(network)
    with torch.no_grad():
        return whole(whole.encoder.normalise(torch.from_numpy(images)))


def test_the_classification_is_its_logit_in_standard_deviations_of_goods(network, goods):
    detector = APCCls.build(ClsParams(), BACKBONE, "cls", network).fit(goods)
    images = goods.images
    logits = outputs(network, images).cls.numpy()
    expected = (logits - logits[GOODS].mean()) / logits[GOODS].std()
    maps, scores = detector.score(images, ALL)
    np.testing.assert_allclose(scores, expected, atol=1e-3)
    assert maps.shape == (11, 1, 1)  # one place of 32 pixels: its own logit is the image's


def test_the_segmentation_is_the_logarithm_of_its_probability(network, goods):
    detector = APCSegm.build(SegmParams(), BACKBONE, "segm", network).fit(goods)
    images = goods.images
    logs = (torch.sigmoid(outputs(network, images).segm) + 1e-4).log()
    fields = F.avg_pool2d(logs[:, None], 4)[:, 0].numpy()
    expected = (fields - fields[GOODS].mean()) / fields[GOODS].std()
    np.testing.assert_allclose(detector.score(images, ALL)[0], expected, atol=1e-3)


@pytest.mark.parametrize("bank", ["pretrained", "apc"])
def test_without_weights_the_heads_leave_the_bank_as_it_is(network, goods, bank):
    plain = {"coreset_size": 30, "layers": (2, 3)}
    none = FusedParams(**plain, weight_cls=0, weight_segm=0, bank=bank)
    fused = APCFused.build(none, BACKBONE, "fused", network).fit(goods)
    own = network if bank == "apc" else None
    alone = PatchCore.build(PatchCoreParams(**plain), BACKBONE, "bank", own).fit(goods)
    assert torch.equal(fused.bank_, alone.bank_)
    scores, expected = (each.score(goods.images, ALL)[1] for each in (fused, alone))
    np.testing.assert_allclose(scores, expected, rtol=1e-6)


@pytest.mark.parametrize(("auroc", "trust"), [(None, 1.0), (0.75, 0.5), (0.4, 0.0)])
def test_the_heads_add_to_the_bank_by_their_weights(network, goods, auroc, trust):
    worth = {} if auroc is None else {"held_out_auroc": auroc}
    network = ModelState(network.tensors, {**network.config, **worth})
    images, plain = goods.images, {"coreset_size": 30}
    params = FusedParams(**plain, weight_cls=2.0, weight_segm=0)
    fused = APCFused.build(params, BACKBONE, "fused", network).fit(goods)
    without = params.model_copy(update={"weight_cls": 0.0})
    bank = APCFused.build(without, BACKBONE, "fused", network).fit(goods)
    cls = APCCls.build(ClsParams(), BACKBONE, "cls", network).fit(goods)
    added = fused.score(images, ALL)[1] - bank.score(images, ALL)[1]
    expected = 2 * trust * float(fused.spread_) * cls.score(images, ALL)[1]
    np.testing.assert_allclose(added, expected, atol=1e-3)
    assert np.array_equal(fused.score(images, ALL)[0], bank.score(images, ALL)[0])


@pytest.mark.parametrize("kind", ["apc_cls", "apc_segm", "apc_fused"])
def test_without_its_head_it_says_which_setting_gives_one(kind):
    params = DetectorParams.model_validate({"kind": kind})
    recon = train_apc(learnt(), settings(1, tasks=("recon",)), 0).network
    cls = {"apc_cls": APCCls, "apc_segm": APCSegm, "apc_fused": APCFused}[kind]
    with pytest.raises(VadlineError, match=r"x asks .*apc\.tasks lacks"):
        cls.build(params, BACKBONE, "x", recon)
    with pytest.raises(VadlineError, match="none was fine-tuned"):
        cls.build(params, BACKBONE, "x")
