"""Good parts of a folder with defects pasted on some: what lies where, and what is exact."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from vadline.cutpaste import make_parts
from vadline.errors import VadlineError
from vadline.images import ImageParams
from vadline.sources import SourceParams, read_source
from vadline.sources.cutpaste import CutPasteParams
from vadline.sources.layouts import recognise

IMAGES = ImageParams(size=32)
GOODS = 20
PASTES = ("colour", "near", "textured")


@pytest.fixture
def parts(tmp_path):
    """Twenty good parts, and a bad one whose mask is a bar of 4 x 8 pixels."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "parts"
    for kind in ("good", "bad", "masks"):
        (folder / kind).mkdir(parents=True)
    for index in range(GOODS):
        save(folder / f"good/{index}.png", rng.integers(80, 120, (32, 32, 3)))
    save(folder / "bad/0.png", rng.integers(80, 120, (32, 32, 3)))
    mask = np.zeros((32, 32))
    mask[4:8, 4:12] = 255
    save(folder / "masks/0.png", mask)
    return folder


def save(path, pixels):
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)


def made(root, folder, **settings):
    """Make the tree; return its records and the table of its files."""
    params = CutPasteParams.model_validate({"images": 6} | settings)
    source = SourceParams(name="cutpaste", root=str(root), cutpaste=params)
    assert make_parts(source, IMAGES, folder) == folder
    table = pd.read_csv(folder / "cutpaste.csv").set_index("file")
    return read_source(source, folder), table


def pixels(path):
    return np.asarray(Image.open(path)).astype(int)


def test_some_goods_carry_a_defect_and_no_photograph_is_there_twice(parts, tmp_path):
    records, table = made(parts, tmp_path / "made")
    counts = pd.Series([f"{r.source_split} {r.defect}" for r in records]).value_counts().to_dict()
    assert counts == {"train good": 8, "test good": 6, **{f"test {p}": 2 for p in PASTES}}
    assert table["made_of"].is_unique
    assert {r.category for r in records} == {"parts"}
    assert recognise(tmp_path / "made").name == "mvtec"  # for whatever else reads that


def test_masks_are_exact(parts, tmp_path):
    records, table = made(parts, tmp_path / "made")
    for record in (r for r in records if r.label == "bad"):
        row = table.loc[record.path.relative_to(tmp_path / "made").as_posix()]
        changed = (pixels(record.path) != pixels(parts / f"{row['made_of']}.png")).any(axis=-1)
        mask = pixels(record.mask_path) > 0
        assert not (changed & ~mask).any()
        assert changed.sum() >= 0.9 * mask.sum()
        assert mask.mean() == pytest.approx(row["share"])


def test_few_shot_learns_from_sixteen_or_so(parts, tmp_path):
    records, _ = made(parts, tmp_path / "made", shots=5)
    assert sum(r.source_split == "train" for r in records) == 5


def test_own_test_goods_are_tested_on(parts, tmp_path):
    (parts / "test").mkdir()
    (parts / "good").rename(parts / "keep")
    for place, names in {"test/good": range(4), "good": range(4, GOODS)}.items():
        (parts / place).mkdir(parents=True, exist_ok=True)
        for name in names:
            (parts / f"keep/{name}.png").rename(parts / f"{place}/{name}.png")
    records, table = made(parts, tmp_path / "made")
    tested = table["made_of"][[name.startswith("test/good") for name in table.index]]
    assert set(tested) == {f"test/good/{i}" for i in range(4)}
    assert sum(r.source_split == "train" for r in records) == 10


def test_shapes_are_those_of_the_bads_or_of_a_folder_of_masks(parts, tmp_path):
    def boxes(records):
        shapes = [np.argwhere(pixels(r.mask_path)) for r in records if r.label == "bad"]
        return [sorted(np.ptp(shape, axis=0) + 1) for shape in shapes]

    wide = {"defects": {"sizes": [0.1, 0.13]}}
    bars, _ = made(parts, tmp_path / "bars", **wide)
    assert all(long > 1.6 * short for short, long in boxes(bars))
    masks = tmp_path / "masks"
    masks.mkdir()
    square = np.zeros((90, 60))
    square[10:40, 10:40] = 1
    save(masks / "a.png", square)
    squares, _ = made(parts, tmp_path / "squares", shapes=str(masks), **wide)
    assert all(long <= short + 1 for short, long in boxes(squares))


def test_what_is_outside_of_the_region_of_interest_carries_nothing(parts, tmp_path):
    region = np.zeros((32, 32))
    region[:, :16] = 255
    save(parts / "roi.png", region)
    records, _ = made(parts, tmp_path / "made")
    assert not any(pixels(r.mask_path)[:, 16:].any() for r in records if r.label == "bad")


def test_is_made_once_and_anew_when_anything_changes(parts, tmp_path):
    folder = tmp_path / "made"
    made(parts, folder)
    (folder / "kept").touch()
    made(parts, folder)
    assert (folder / "kept").exists()
    made(parts, folder, seed=1)
    assert not (folder / "kept").exists()
    (folder / "kept").touch()
    (parts / "good/0.png").unlink()
    made(parts, folder, seed=1)
    assert not (folder / "kept").exists()
    (folder / "kept").touch()
    save(parts / "roi.png", np.full((32, 32), 255))
    made(parts, folder, seed=1)
    assert not (folder / "kept").exists()
    assert json.loads((folder / "cutpaste.json").read_text())["cutpaste"]["seed"] == 1
    assert not list(tmp_path.glob(".made*"))


def test_depends_on_the_seed_alone(parts, tmp_path):
    def content(folder):
        return {p.name: p.read_bytes() for p in folder.rglob("*.png")}

    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        made(parts, tmp_path / name, seed=seed)
    assert content(tmp_path / "a") == content(tmp_path / "b") != content(tmp_path / "c")


def test_a_source_can_be_named_and_the_demo_is_the_default(parts):
    source = SourceParams(name="cutpaste", root=str(parts))
    assert source.product() == ("cutpaste", "parts")
    assert source.base().name == "folder"
    assert SourceParams(name="cutpaste").base().name == "demo"
    assert SourceParams(name="cutpaste").product() == ("cutpaste", "demo")
    named = SourceParams(name="cutpaste", root="/x", cutpaste=CutPasteParams(of="mtd"))
    assert (named.base().name, named.base().root) == ("mtd", "/x")


def test_mistakes_are_told_in_one_line(parts, tmp_path):
    with pytest.raises(VadlineError, match=r"takes 19 good parts .* there are 20: .*lower"):
        made(parts, tmp_path / "made", shots=19)
    with pytest.raises(VadlineError, match="masks"):
        made(parts, tmp_path / "made", shapes=str(tmp_path / "nowhere"))
    save(parts / "masks/0.png", np.eye(32)[:3])
    with pytest.raises(VadlineError, match="no mask that marks at least 20"):
        made(parts, tmp_path / "made", shapes=str(parts / "masks"))
    source = SourceParams(name="cutpaste", root=str(parts), cutpaste=CutPasteParams(of="nothing"))
    with pytest.raises(VadlineError, match="the good parts of cutpaste: source 'nothing' is unkn"):
        source.base()
    with pytest.raises(ValueError, match="of=demo renders its own parts: leave out"):
        SourceParams(name="cutpaste", root=str(parts), cutpaste=CutPasteParams(of="demo"))
    (parts / "masks/b.png").write_bytes(b"no image")
    with pytest.raises(VadlineError, match=r"shapes: .*b\.png: the mask cannot be read"):
        made(parts, tmp_path / "made", shapes=str(parts / "masks"))
    (parts / "masks/b.png").unlink()
    with pytest.raises(ValueError, match="name another one"):
        CutPasteParams(of="cutpaste")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").touch()
    with pytest.raises(VadlineError, match="is no cutpaste tree"):
        made(parts, tmp_path / "full")


def test_copies_of_one_part_stay_together(parts, tmp_path, caplog):
    for index in range(GOODS // 2):  # each is there twice
        (parts / f"good/{index}.png").write_bytes((parts / f"good/{index + 10}.png").read_bytes())
    _, table = made(parts, tmp_path / "made")
    side = {name: name.rsplit("/", 1)[0] for name in table.index}
    things = [int(name.rsplit("/", 1)[1]) % 10 for name in table["made_of"]]
    sides = pd.DataFrame({"side": side.values(), "thing": things})
    sides["side"] = sides["side"].str.replace("(colour|near|textured)", "carries", regex=True)
    assert (sides.groupby("thing")["side"].nunique() == 1).all()


def test_no_copy_of_what_is_tested_on_is_learnt_from(parts, tmp_path):
    (parts / "test/good").mkdir(parents=True)
    near = pixels(parts / "good/3.png")
    near[0, 0] += 1  # saved anew, say
    save(parts / "test/good/copy.png", near)
    _, table = made(parts, tmp_path / "made")
    assert "test/good/copy" in set(table["made_of"])
    assert "good/3" not in set(table["made_of"])


def test_goods_that_are_all_copies_are_told(parts, tmp_path):
    for index in range(GOODS):
        (parts / f"good/{index}.png").write_bytes((parts / "good/0.png").read_bytes())
    with pytest.raises(VadlineError, match="most of which are copies: add photographs of other"):
        made(parts, tmp_path / "made")
