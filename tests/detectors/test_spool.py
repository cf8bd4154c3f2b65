"""Features on disk come back as they were, up to half precision."""

import numpy as np
import pytest
import torch

from vadline.detectors import spool as module
from vadline.detectors.spool import PatchSpool, SpooledBlocks
from vadline.errors import VadlineError

CPU = torch.device("cpu")


@pytest.fixture
def rows():
    return torch.from_numpy(np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32))


@pytest.fixture
def spool(rows):
    spool = PatchSpool(7, 50, CPU)
    for part in rows.split(11):
        spool.append(part)
    return spool


def test_pieces_are_the_rows_in_order(spool, rows):
    assert len(spool) == 50
    pieces = list(spool.split(16))
    assert [len(p) for p in pieces] == [16, 16, 16, 2]
    torch.testing.assert_close(torch.cat(pieces), rows.half().float(), rtol=0, atol=0)


def test_chosen_rows_come_in_the_order_asked_for(spool, rows):
    wanted = torch.tensor([49, 0, 7, 7, 20])
    torch.testing.assert_close(spool[wanted], rows[wanted].half().float(), rtol=0, atol=0)
    assert spool[wanted[:0]].shape == (0, 7)


def test_blocks_read_as_rows_of_their_own(spool, rows):
    blocks = SpooledBlocks(spool, 5, np.array([0, 3, 4, 9]), 3)
    plain = rows.half().float().view(10, 5, 7)[[0, 3, 4, 9], :3].flatten(0, 1)
    assert len(blocks) == 12
    pieces = list(blocks.split(5))
    assert [len(p) for p in pieces] == [5, 5, 2]
    torch.testing.assert_close(torch.cat(pieces), plain, rtol=0, atol=0)
    wanted = torch.tensor([11, 0, 4, 4])
    torch.testing.assert_close(blocks[wanted], plain[wanted], rtol=0, atol=0)


@pytest.mark.parametrize("value", [1e5, float("nan"), float("inf")])
def test_what_half_precision_cannot_hold_is_one_line(spool, value):
    with pytest.raises(VadlineError, match=r"backbone\.weights"):
        spool.append(torch.full((1, 7), value))


def test_a_small_disk_is_told_before_the_work(monkeypatch):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10}))
    with pytest.raises(VadlineError, match="TMPDIR"):
        PatchSpool(7, 50, CPU)
