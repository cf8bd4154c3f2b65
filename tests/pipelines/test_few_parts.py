"""The line on a folder with next to nothing in it, of a 12-bit camera."""

import logging

import numpy as np
import pytest
from PIL import Image

from vadline.errors import VadlineError
from vadline.inspection import Inspector

SMALL = {
    "images": {"size": 64},
    "line": {"detectors": "patchcore", "refined": []},
    "segad": {"segments": {"kind": "whole"}, "forest": {"trees": 5}},
}


@pytest.fixture
def parts(project):
    """Return a folder of two good parts and no bad ones."""
    root = project.path / "parts"
    (root / "good").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for index in range(2):
        values = rng.integers(500, 4000, (40, 40)).astype(np.uint16)
        Image.fromarray(values).save(root / f"good/{index}.png")
    return root


def run(project, parts, **kwargs):
    params = SMALL | {"source": {"root": str(parts)}}
    project.run(env="folder", params=params, **kwargs)
    return {"env": "folder", "params": params}


def test_two_good_parts_get_what_they_can_promise_and_twelve_bits_their_range(
    project, parts, caplog
):
    given = run(project, parts)
    decisions = project.load("decisions", **given)
    assert decisions["promised"].tolist() == pytest.approx([1 / 3] * 2)
    images = project.load("images", **given)
    assert images.max() > 200
    (path,) = project.path.glob("data/06_models/*/*/inspector.zip/*/inspector.zip")
    inspector = Inspector.load(path)
    assert inspector.bundle.reading.config["sixteen_bit_max"] == 4095
    pixels, _ = inspector.read(parts / "good/0.png")
    np.testing.assert_array_equal(pixels, images[0])

    with caplog.at_level(logging.WARNING):
        (parts / "good/2.png").write_bytes((parts / "good/0.png").read_bytes())
        run(project, parts, only_missing_outputs=True, tags=["ingest"])
    assert "1 file is new" in caplog.text
    assert "without --only-missing-outputs" in caplog.text


def test_one_good_part_is_told_that_it_takes_two(project, parts):
    (parts / "good/1.png").unlink()
    with pytest.raises(VadlineError, match=r"1 different good image .*2 are the least.*add good"):
        run(project, parts, tags=["ingest", "split"])
