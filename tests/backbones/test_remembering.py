"""Feature maps are computed once for all runs that look at the same photographs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vadline.backbones import FOLDER, build_extractor, remembering, without_memory


@pytest.fixture
def extractor():
    return build_extractor(layers=(2, 3)).folded()


@pytest.fixture
def batch(extractor):
    images = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)
    return extractor.normalise(torch.from_numpy(images))


def saved(folder):
    return list(folder.rglob("*.npz"))


@torch.no_grad()
def test_what_one_has_left_the_next_is_given(extractor, batch, tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    plain = extractor(batch)
    first = remembering(extractor, begin=True)(batch)
    assert len(saved(tmp_path)) == 3
    second = remembering(build_extractor(layers=(2, 3)).folded())
    monkeypatch.setattr(second.body, "body", None)  # it need not look
    for one, other, own in zip(first, second(batch[[2, 0]]), plain, strict=True):
        torch.testing.assert_close(one, own)
        assert torch.equal(other, one[[2, 0]])


@torch.no_grad()
def test_a_tuned_network_and_made_up_images_leave_nothing(extractor, batch, tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    assert remembering(extractor) is extractor
    with without_memory():
        remembering(extractor, begin=True)(batch)
    with torch.enable_grad():
        remembering(extractor, begin=True)(batch)
    assert not saved(tmp_path)
    monkeypatch.delenv(FOLDER)
    assert remembering(extractor, begin=True) is extractor
