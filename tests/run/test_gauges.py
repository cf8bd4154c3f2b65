"""Gauges: forward passes of the extractor and nothing else, and memory that was freed again."""

import threading
import time

import pytest
import torch
from tests.run.memory import touch_200_mb
from torch import nn

from vadline.backbones import FeatureExtractor
from vadline.run.gauges import ForwardClock, peak_memory_mb, reset_peak_memory


class Slow(nn.Module):
    """A network that takes its time."""

    def forward(self, x):
        time.sleep(0.05)
        return [x]


class Failing(nn.Module):
    def forward(self, x):
        raise RuntimeError("out of memory")


def extractor(body):
    return FeatureExtractor(body, (2,), (3,), (8,), (0.5,) * 3, (0.5,) * 3)


X = torch.zeros(1, 3, 8, 8)


@pytest.fixture
def clock():
    clock = ForwardClock()
    clock.start()
    yield clock
    clock.stop()


def wall_seconds(function, *args):
    start = time.perf_counter()
    function(*args)
    return time.perf_counter() - start


def test_the_clock_counts_the_extractor_s_forward_passes_only(clock):
    net = extractor(Slow())
    took = wall_seconds(net, X) + wall_seconds(net, X)
    Slow()(X)
    time.sleep(0.05)
    assert 0.1 <= clock.stop() <= took


def test_a_stopped_clock_counts_no_more(clock):
    net = extractor(Slow())
    net(X)
    counted = clock.stop()
    net(X)
    assert clock.stop() == counted > 0


def test_an_extractor_within_an_extractor_counts_once(clock):
    took = wall_seconds(extractor(extractor(Slow())), X)
    assert 0.05 <= clock.stop() <= took


def test_a_failed_forward_pass_leaves_the_clock_in_order(clock):
    with pytest.raises(RuntimeError, match="out of memory"):
        extractor(Failing())(X)
    before = time.perf_counter()
    extractor(Slow())(X)
    time.sleep(0.05)
    extractor(Slow())(X)
    assert 0.1 <= clock.stop() <= time.perf_counter() - before - 0.05


def test_another_thread_s_forward_passes_are_not_ours(clock):
    thread = threading.Thread(target=extractor(Slow()), args=(X,))
    thread.start()
    thread.join()
    assert clock.stop() == 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_clock_counts_what_a_gpu_takes_later(clock):
    class Busy(nn.Module):
        def forward(self, x):
            for _ in range(50):
                x = x @ x
            return [x]

    net = extractor(Busy()).cuda()
    x = torch.zeros(1, 3, 4096, 4096, device="cuda")
    begin = time.perf_counter()
    net(x)
    torch.cuda.synchronize()
    took = time.perf_counter() - begin
    assert 0.5 * took < clock.stop() <= took


def test_peak_memory_notices_an_array_that_was_freed(peaks_fall):
    before = peak_memory_mb()
    touch_200_mb()
    assert peak_memory_mb() > before + 100


def test_peak_memory_falls_when_reset(peaks_fall):
    touch_200_mb()
    high = peak_memory_mb()
    reset_peak_memory()
    assert peak_memory_mb() < high - 150
