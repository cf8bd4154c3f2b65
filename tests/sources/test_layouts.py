"""A folder's layout is recognised by its files."""

from __future__ import annotations

import pytest
from tests.sources.own_folders import PRODUCTS, PUBLISHED, mvtec, mvtec_loco, touch, vad

from vadline.errors import VadlineError
from vadline.sources import SourceParams, read_source
from vadline.sources.layouts import recognise


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_layouts_are_recognised_and_read(name, tmp_path):
    PUBLISHED[name](tmp_path)
    found = recognise(tmp_path)
    assert (found.name, found.root, found.category) == (name, tmp_path, None)
    product = PRODUCTS.get(name)
    assert read_source(SourceParams(name=name, root=str(tmp_path), category=product))


@pytest.mark.parametrize(
    ("name", "product"), [each for each in PRODUCTS.items() if each[0] != "real_iad"]
)
def test_one_product_of_several_is_recognised_as_that(name, product, tmp_path, monkeypatch):
    PUBLISHED[name](tmp_path)
    monkeypatch.chdir(tmp_path / product)
    (tmp_path / "link").symlink_to(tmp_path / product)
    for root in (tmp_path / product, type(tmp_path)("."), tmp_path / "link"):
        found = recognise(root)
        assert (found.name, found.root, found.category) == (name, tmp_path, product)


def test_a_kind_that_is_called_as_bad_parts_are_is_mvtec_s_where_masks_tell(tmp_path):
    mvtec(tmp_path, "toothbrush", "defective")
    assert recognise(tmp_path / "toothbrush").name == "mvtec"
    assert recognise(tmp_path).name == "mvtec"


@pytest.mark.parametrize(
    ("folder", "product"), [("Teile, ü (1)", "Teile_ ü _1_"), ("a.", "a"), ("(.", "_")]
)
def test_a_product_in_mvtec_s_layout_may_have_any_name(folder, product, tmp_path):
    mvtec(tmp_path, folder)
    found = recognise(tmp_path / folder)
    assert (found.root, found.category) == (tmp_path / folder, product)
    source = SourceParams(name="mvtec", root=str(found.root), category=product)
    assert source.product() == ("mvtec", product)
    kinds = [(record.defect, record.category) for record in read_source(source)]
    assert kinds == [("good", product), ("thread", product), ("good", product)]


def test_photographs_and_masks_that_are_no_numbers_are_not_ksdd2(tmp_path):
    touch(tmp_path, "train/bolt_1.png", "train/bolt_1_GT.png", "test/bolt_2.png")
    assert recognise(tmp_path).name == "folder"


def test_of_products_of_two_layouts_the_user_has_to_choose(tmp_path):
    mvtec(tmp_path)
    mvtec_loco(tmp_path)
    with pytest.raises(VadlineError, match=r"pushpins is MVTec LOCO AD, so set source\.root to it"):
        recognise(tmp_path)
    assert recognise(tmp_path / "screw").name == "mvtec"


def test_real_iads_lists_may_lie_in_the_folder_that_their_archive_makes(tmp_path):
    PUBLISHED["real_iad"](tmp_path)
    (tmp_path / "realiad_jsons").mkdir()
    (tmp_path / "realiad_jsons_sv").rename(tmp_path / "realiad_jsons/realiad_jsons_sv")
    assert recognise(tmp_path).name == "real_iad"


def test_train_and_test_of_good_and_bad_are_the_users_own(tmp_path):
    touch(tmp_path, "train/good/1.png", "train/bad/1.png", "test/good/1.png", "test/bad/1.png")
    assert recognise(tmp_path).name == "folder"
    (tmp_path / "low_shot_train.json").write_text("{}")
    assert recognise(tmp_path).name == "vad"


def test_parts_that_are_sorted_beside_an_archive_of_mvtec_s_layout_are_the_users_own(tmp_path):
    touch(tmp_path, "OK/1.png")
    mvtec(tmp_path / "archive")
    mvtec(tmp_path, "old")
    assert recognise(tmp_path).name == "folder"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ((), ["holds: nothing", "good/", "source.good=NAME", "parts.csv"]),
        (("x.txt", "bad/1.png"), ["bad/", "1 other file", "good/"]),
        (
            ("bolts/good/1.png", "nuts/good/1.png"),
            ["bolts/, nuts/", "bolts is a folder of your own"],
        ),
    ],
)
def test_a_folder_that_is_none_of_them_says_what_it_holds_and_what_would_do(files, words, tmp_path):
    touch(tmp_path, *files)
    with pytest.raises(VadlineError) as told:
        recognise(tmp_path)
    for word in [f"source.root={tmp_path}", *words]:
        assert word in str(told.value)
    assert "\n" not in str(told.value)


def test_a_published_layout_one_folder_below_is_pointed_to(tmp_path):
    vad(tmp_path / "VAD")
    with pytest.raises(VadlineError, match=r"VAD is VAD, so set source\.root to it"):
        recognise(tmp_path)


def test_a_date_that_leads_to_itself_is_looked_into_once(tmp_path):
    (tmp_path / "2024").symlink_to(tmp_path)
    with pytest.raises(VadlineError, match="no layout that is known"):
        recognise(tmp_path)
    (tmp_path / "good").mkdir()
    assert recognise(tmp_path).name == "folder"  # whose reader says that good/ is empty


def test_no_folder_is_told_as_by_every_source(tmp_path):
    with pytest.raises(VadlineError, match="nowhere does not exist"):
        recognise(tmp_path / "nowhere")
