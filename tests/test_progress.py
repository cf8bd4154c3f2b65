"""Bars that leave no line behind, in a log file above all."""

import time

import pytest

from vadline import progress as bars


@pytest.fixture
def log(capsys, monkeypatch):
    monkeypatch.setattr(bars, "_IN_A_LOG", bars._IN_A_LOG | {"delay": 0.02, "mininterval": 0})
    return lambda: capsys.readouterr().err


def test_a_quick_bar_is_not_seen_in_a_log(capsys):
    for _ in bars.progress(range(3), desc="quick"):
        pass
    assert "quick" not in capsys.readouterr().err


def test_bars_within_bars_add_no_line_to_a_log(log):
    for _ in bars.progress(range(3), desc="outer"):
        for _ in bars.progress(range(3), desc="inner"):
            time.sleep(0.03)
    written = log()
    assert "outer" in written
    assert "inner" in written
    assert "\n" not in written
