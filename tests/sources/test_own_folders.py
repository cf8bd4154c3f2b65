"""Folders of the user's own: labels, kinds, masks, test parts, and what is left out."""

from __future__ import annotations

import pytest
from tests.sources.folders import FOLDERS
from tests.sources.own_folders import GOOD, TREES, of_names, part, touch

from vadline.errors import VadlineError
from vadline.sources import SourceParams, list_source
from vadline.sources.folder import knows_bads
from vadline.sources.layouts import recognise
from vadline.sources.names import BAD_NAMES, GOOD_NAMES, Names, without_dates

EVERY = TREES | {name: folder.tree for name, folder in FOLDERS.items()}


def source_of(root, **settings):
    return SourceParams(name="folder", root=str(root), **settings)


def meanings(listing, root):
    return {
        record.path.relative_to(root).as_posix(): (
            *(record.label, record.defect),
            record.mask_path and record.mask_path.relative_to(root).as_posix(),
            record.source_split,
        )
        for record in listing.records
    }


@pytest.mark.parametrize("name", EVERY)
def test_every_layout(name, tmp_path):
    tree = EVERY[name]
    root = tree.plant(tmp_path / "parts, ü #1 {x} [y]")
    source = source_of(root, **tree.settings)
    listing = list_source(source)
    assert meanings(listing, root) == tree.parts
    reasons = {x.path.relative_to(root).as_posix(): x.reason for x in listing.left_out}
    assert reasons.keys() == tree.left_out.keys()
    for file, word in tree.left_out.items():
        assert word in reasons[file]
    assert {record.category for record in listing.records} == {root.name}
    ids = [record.image_id for record in listing.records]
    assert ids == sorted(set(ids))
    assert recognise(root, source.names()).name == "folder"
    learnt = any(x[0] == "bad" and x[3] != "test" for x in tree.parts.values())
    assert knows_bads(root, source.names()) == learnt


@pytest.mark.parametrize("good", sorted(GOOD_NAMES))
def test_every_name_of_good_parts(good, tmp_path):
    tree = of_names(good.upper(), "bad")
    root = tree.plant(tmp_path)
    assert meanings(list_source(source_of(root)), root) == tree.parts


@pytest.mark.parametrize("bad", sorted(BAD_NAMES))
def test_every_name_of_bad_parts(bad, tmp_path):
    tree = of_names("good", bad.title())
    root = tree.plant(tmp_path)
    assert meanings(list_source(source_of(root)), root) == tree.parts


@pytest.mark.parametrize(
    "kind",
    [
        "2024a",
        "20245",
        "x-shift",
        "shift",
        "shifts",
        "12",
        "2099-99",
        "1-2-3",
        "datecode",
        "daylight",
    ],
)
def test_what_is_no_date_and_no_shift_is_a_kind(kind):
    assert without_dates((kind, "early")) == (kind,)


def test_folders_of_the_users_may_be_given_whole_and_must_hold_images(tmp_path):
    touch(tmp_path, "a/1.png", "b/2.png", "c/readme.txt")
    given = {"good": [str(tmp_path / "a")], "bad": "b"}
    found = meanings(list_source(source_of(tmp_path, **given)), tmp_path)
    assert found == {"a/1.png": GOOD, "b/2.png": part()}
    for wrong, words in [
        ({"good": "c"}, r"source\.good=c holds no images.*a/, b/, c/"),
        ({"good": "a", "bad": "d"}, r"source\.bad=d holds no images.*a/, b/, c/"),
        ({"good": "../a"}, r"source\.good=\.\./a is no folder below"),
        ({"good": "/a"}, r"source\.good=/a is no folder below"),
        ({"good": "."}, r"source\.good=\. is no folder below"),
    ]:
        with pytest.raises(VadlineError, match=words):
            list_source(source_of(tmp_path, **wrong))


def test_names_are_for_own_folders_only():
    with pytest.raises(ValueError, match=r"source\.good and source\.bad.*leave them out"):
        SourceParams(name="vad", root="x", good="y")


def test_without_good_parts_the_remedy_is_told_in_one_line(tmp_path):
    touch(tmp_path, "bad/1.png", "gute/2.png", "x.txt")
    with pytest.raises(VadlineError, match=r"bad/, gute/, 1 other file.*source\.good=NAME") as told:
        list_source(source_of(tmp_path))
    assert "\n" not in str(told.value)
    assert not knows_bads(tmp_path, Names())
    (tmp_path / "OK").mkdir()
    with pytest.raises(VadlineError, match="OK holds no images"):
        list_source(source_of(tmp_path))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("path,kind\n1.png,x\n", r"no column 'label' \(it has: path, kind\)"),
        ("", "no column 'path'"),
        ("path,label\n1.png,maybe\n", "line 2: label 'maybe'"),
        ("path,label,split\n1.png,ok,dev\n", "line 2: split 'dev'"),
        ("path,label,kind\n1.png,ng,Good\n", "line 2: kind 'Good'"),
        ("path,label\n,ok\n", "line 2: path is empty"),
        ("path,label\n1.png,ok\n1.png,ng\n", "line 3: 1.png stands in the table twice"),
        ("path,label\n1.png,ng\n", "names no good part"),
        ("path,label\n7.png,ok\n", "names no photograph that is there"),
        (b"path,label\n\xff.png,ok\n", "no text in UTF-8"),
    ],
)
def test_a_mistake_in_a_table_is_told_with_its_line(table, words, tmp_path):
    touch(tmp_path, "1.png")
    (tmp_path / "parts.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    with pytest.raises(VadlineError, match=rf"parts\.csv.*{words}"):
        list_source(source_of(tmp_path))


def test_a_table_may_name_files_elsewhere_and_such_as_are_gone(tmp_path):
    root = tmp_path / "parts"
    touch(tmp_path, "elsewhere/1.png", "parts/2.png")
    lines = ["path,label,mask", f"{tmp_path}/elsewhere/1.png,ok,", f"{root}/2.png,ng,gone.bmp"]
    (root / "parts.csv").write_text("\n".join([*lines, "gone.png,ok,"]))
    listing = list_source(source_of(root))
    assert [record.path for record in listing.records] == [
        root / "2.png",
        tmp_path / "elsewhere/1.png",
    ]
    assert [x.path.name for x in listing.left_out] == ["gone.bmp", "gone.png"]
    assert all("not there" in x.reason for x in listing.left_out)


def test_links_that_lead_nowhere_or_round_are_listed(tmp_path):
    touch(tmp_path, "good/1.png")
    (tmp_path / "good/2.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "good/up").symlink_to(tmp_path)
    reasons = {x.path.name: x.reason for x in list_source(source_of(tmp_path)).left_out}
    assert "leads nowhere" in reasons["2.png"]
    assert "lies above" in reasons["up"]
