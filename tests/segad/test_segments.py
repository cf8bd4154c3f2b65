from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vadline.defects.synthetic import OUTSIDE
from vadline.errors import VadlineError
from vadline.segad import (
    SegmentParams,
    grid_segments,
    load_segments,
    make_segments,
    vad_segments,
)
from vadline.sources.demo.geometry import GEOMETRY


def name_at(point, size=512):
    labels, names = vad_segments((size, size))
    return names[labels[int(point[1] * size), int(point[0] * size)]]


def test_vad_has_its_seven_segments_at_any_size():
    for size in [(64, 64), (256, 256), (120, 200)]:
        labels, names = vad_segments(size)
        assert labels.shape == size
        assert labels.dtype == np.uint8
        assert len(names) == len(set(names)) == 7
        assert np.bincount(labels.ravel(), minlength=7).min() > 0.02 * labels.size


def test_vad_segments_lie_on_the_demo_product():
    g = GEOMETRY
    assert name_at((0.02, 0.02)) == "background"
    for centre in g.dot_centres:
        assert name_at(centre) == "solder_dots"
    for pin in [*g.pins, *g.pin_feet]:
        assert name_at(np.clip(np.mean(pin, axis=0), 0, 0.999)) == "pins"
    for wire in g.wires:
        assert {name_at(point) for point in wire[2:-1]} == {"wires"}
    assert name_at(g.spot_centre) == "piezo_middle"


def test_vad_circles_agree_with_the_demo_product():
    (x, y), g = GEOMETRY.disc_centre, GEOMETRY
    between = (g.electrode_radius + g.disc_radius) / 2
    ring = (g.disc_radius + g.ring_outer_radius) / 2
    for angle in np.linspace(0, np.pi, 7):  # the upper half; dots may lie on top
        direction = np.array([np.cos(angle), -np.sin(angle)])
        assert name_at((x, y) + between * direction) in ("piezo_border", "solder_dots")
        assert name_at((x, y) + ring * direction) == "outer_half_circle"
    assert name_at((x - between, y)) == "piezo_border"
    assert name_at((x - g.electrode_radius + 0.02, y)) == "piezo_middle"


def test_dots_and_pins_keep_room_for_the_pose():
    angles = np.linspace(0, 2 * np.pi, 12)
    for (x, y), radius in zip(GEOMETRY.dot_centres, GEOMETRY.dot_radii, strict=True):
        rim = [(x + radius * np.cos(a), y + radius * np.sin(a)) for a in angles]
        assert {name_at(point) for point in rim} == {"solder_dots"}


def test_grid_cells_are_of_almost_equal_size():
    labels, names = grid_segments((100, 70), 3, 4)
    counts = np.bincount(labels.ravel())
    assert len(counts) == len(names) == 12
    assert counts.max() - counts.min() <= 2 * (34 + 18)
    assert names[labels[0, -1]] == "cell_0_3"
    assert names[labels[-1, 0]] == "cell_2_0"


def test_a_label_picture_gives_a_segment_per_grey(tmp_path):
    greys = np.repeat(np.array([[0, 7], [200, 7]], np.uint8), 10, 0).repeat(10, 1)
    Image.fromarray(greys).save(tmp_path / "labels.png")
    labels, names = load_segments(tmp_path / "labels.png", (40, 60))
    assert names == ("segment_0", "segment_7", "segment_200")
    assert labels.shape == (40, 60)
    assert labels[0, 0] == 0
    assert labels[0, -1] == labels[-1, -1] == 1
    assert labels[-1, 0] == 2


def test_a_sixteen_bit_label_picture_is_read(tmp_path):
    Image.fromarray(np.array([[0, 1000]], np.uint16)).save(tmp_path / "deep.png")
    assert load_segments(tmp_path / "deep.png", 8)[1] == ("segment_0", "segment_1000")


def test_unusable_pictures_are_refused_by_name(tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    Image.new("RGB", (4, 4)).save(tmp_path / "colour.png")
    ramp = np.arange(100, dtype=np.uint8)[None]
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)).save(
        tmp_path / "whole.png"
    )
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:300])
    for name in ("missing", "text", "colour", "ramp", "cut"):
        with pytest.raises(VadlineError, match=f"{name}.png") as caught:
            load_segments(tmp_path / f"{name}.png", 16)
        assert "\n" not in str(caught.value)


def test_the_dispatcher_makes_each_kind(tmp_path):
    Image.new("L", (4, 4), 9).save(tmp_path / "one.png")
    png = {"kind": "png", "path": tmp_path / "one.png"}
    assert make_segments(SegmentParams(kind="vad"), 64)[0].shape == (64, 64)
    assert len(make_segments(SegmentParams(kind="grid", rows=2, cols=5), 64)[1]) == 10
    assert make_segments(SegmentParams(kind="whole"), (5, 6))[1] == ("whole",)
    assert make_segments(SegmentParams(**png), 8)[1] == ("segment_9",)
    with pytest.raises(VadlineError, match="segments"):
        make_segments(SegmentParams(kind="grid", rows=9, cols=9), 64)
    for wrong in ({"kind": "sam"}, {"kind": "png"}):
        with pytest.raises(ValueError, match="validation error"):
            SegmentParams(**wrong)


@pytest.mark.parametrize("kind", ["vad", "grid", "whole"])
def test_what_lies_outside_of_the_region_belongs_to_no_segment(kind):
    params, roi = SegmentParams(kind=kind), np.zeros((64, 48), bool)
    roi[30:50, 5:40] = True
    everywhere, names = make_segments(params, (64, 48))
    labels, same = make_segments(params, (64, 48), roi)
    assert same == names
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels[roi], everywhere[roi])
    assert (labels[~roi] == OUTSIDE).all()
    whole = make_segments(params, (64, 48), np.ones_like(roi))[0]
    np.testing.assert_array_equal(whole, everywhere)
    with pytest.raises(VadlineError, match="region of interest"):
        make_segments(params, 64, roi)
