"""Detectors are found by their kind, and what is missing is named."""

import sys

import pytest

from vadline.detectors import PatchCore, detector_class
from vadline.errors import VadlineError


def test_a_class_of_ones_own_is_found_by_its_module():
    assert detector_class("vadline.detectors.patchcore:PatchCore") is PatchCore


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("patchcor", ["patchcor", "padim"]),
        ("no_such_module:Thing", ["no_such_module"]),
        ("vadline.detectors.patchcore:Thing", ["vadline.detectors.patchcore", "Thing"]),
    ],
)
def test_a_kind_that_there_is_not_is_named(kind, words):
    with pytest.raises(VadlineError) as caught:
        detector_class(kind)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize("kind", ["fastflow", "rd4ad", "efficientad", "anomalib"])
def test_an_extra_that_is_missing_is_named_with_its_command(kind, monkeypatch):
    monkeypatch.setitem(sys.modules, "anomalib", None)
    for name in [name for name in sys.modules if name.startswith("vadline.detectors.anomalib")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(VadlineError, match=r"pip install .*vadline\[anomalib\]"):
        detector_class(kind)


def test_the_line_itself_does_not_import_the_extra(tmp_path):
    import subprocess

    code = "import sys, vadline.settings; sys.exit('anomalib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == 0
