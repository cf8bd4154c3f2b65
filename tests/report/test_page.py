"""The page: what it says is what the decisions say, and nothing in it reaches out or breaks out."""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from tests.report.worlds import NASTY, decisions, report_data, script_data, sections, tables

from vadline.report import Pictures, ReportData, ReportSize, render_report

LOADS = ("src", "href", "srcset", "data", "action", "poster", "background")


class Elements(HTMLParser):
    """Collects the elements of a page, as a browser would see them."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def page():
    data = report_data(decisions(), tables=tables(), settings={"seed": "0"}, notes=["A note."])
    return render_report(data)


def test_all_sections_are_there_in_this_order(page):
    assert sections(page) == ["threshold", "parts", "all", "defects", "numbers", "how"]
    for words in ("demo/tiny", "1 May 2026", "At most 20.0\u00a0% can be promised.", "A note."):
        assert words in page


def test_nothing_is_loaded_from_anywhere(page):
    for tag, attributes in Elements(page).found:
        assert tag not in {"link", "iframe", "object", "embed", "base"}
        for name in LOADS:
            value = attributes.get(name) or ""
            assert value == "" or value.startswith(("data:image/jpeg;base64,", "#")), (tag, value)
    style = re.search(r"<style>(.*?)</style>", page, re.S).group(1)
    assert not re.search(r"url\(|@import|@font-face", style)
    assert not re.search(r"\bfetch\(|XMLHttpRequest|WebSocket|import\(", page)
    assert "default-src 'none'" in page


def test_counts_and_confusions_are_those_of_the_decisions(page):
    table = decisions()
    for decision in ("accept", "review", "reject", "undecided"):
        (count,) = re.findall(rf'data-count="{decision}">(\d+)<', page)
        assert int(count) == (table["decision"] == decision).sum()
    data = script_data(page)
    assert [group["name"] for group in data["groups"]] == ["training", "test"]
    for group in data["groups"]:
        mine = table[table["part"] == group["name"]]
        rejected = mine["decision"] == "reject"
        for label in ("good", "bad"):
            assert group[f"{label}s"] == (mine["label"] == label).sum()
        assert group["goods_rejected"] == (rejected & (mine["label"] == "good")).sum() > 0
        assert group["bads_caught"] == (rejected & (mine["label"] == "bad")).sum() > 0


def test_the_script_gets_scores_whole(page):
    data, table = script_data(page), decisions().set_index("image_id")
    assert data["threshold"] == table["threshold"].iloc[0]
    assert {part["id"]: part["score"] for part in data["parts"]} == table["score"].to_dict()
    at_limit = [part["score"] for part in data["parts"]].count(data["threshold"])
    assert at_limit == 1  # the k-th good part, which is not rejected


@pytest.mark.skipif(shutil.which("node") is None, reason="no JavaScript outside of browsers")
def test_the_script_counts_as_the_decisions_do(page, tmp_path):
    (script,) = re.findall(r"<script>\n(.*?)</script>", page, re.S)
    (text,) = re.findall(r'id="report-data">(.*?)</script>', page)
    (count,) = re.findall(r"function countAt.*?\n}\n", script, re.S)
    (tmp_path / "whole.js").write_text(script, encoding="utf-8")
    subprocess.run(["node", "--check", str(tmp_path / "whole.js")], check=True)
    asked = f"{count}; const r = {text}; for (const g of r.groups) {{"
    asked += "const f = countAt(r.parts, g.name, r.threshold); console.log(f.goods_rejected,"
    asked += "f.goods_passed, f.bads_caught, f.bads_missed)}"
    answer = subprocess.run(["node", "-e", asked], check=True, capture_output=True, text=True)
    expected = []
    for g in script_data(page)["groups"]:
        goods = g["goods_rejected"], g["goods"] - g["goods_rejected"]
        expected.append((*goods, g["bads_caught"], g["bads"] - g["bads_caught"]))
    assert [tuple(map(int, line.split())) for line in answer.stdout.splitlines()] == expected


def test_names_cannot_break_out():
    table = decisions()
    table.loc[[0, 13], "image_id"] = [NASTY, "x" + NASTY]
    table["path"], table["reason"] = NASTY, NASTY
    table["defect"] = np.where(table["label"] == "bad", NASTY, "good")
    data = report_data(table, tables=tables(), settings={NASTY: NASTY}, notes=[NASTY])
    page = render_report(data)
    elements = Elements(page)
    assert not [tag for tag, attributes in elements.found if "onerror" in attributes]
    assert [tag for tag, _ in elements.found].count("script") == 2
    assert NASTY not in page
    assert NASTY in {part["id"] for part in script_data(page)["parts"]}
    assert NASTY in {attributes.get("data-id") for _, attributes in elements.found}


def test_without_labels_what_needs_them_vanishes():
    table = decisions().drop(columns=["label", "defect", "part", "promised"])
    page = render_report(report_data(table))
    assert sections(page) == ["parts", "all", "defects"]  # the places of what is rejected
    assert "nobody has labelled them" in page
    assert "truly" not in page.split("<script")[0]
    assert "Rejected parts with the highest scores" in page
    assert 'class="kinds"' not in page
    unknown = render_report(report_data(decisions().assign(label=np.nan, defect="")))
    assert sections(unknown) == ["parts", "all", "defects"]


def test_some_labels_may_be_missing():
    table = decisions()
    table.loc[::3, "label"] = None
    page = render_report(report_data(table))
    assert "without a label" in page
    group = script_data(page)["groups"][0]
    known = table[table["part"] == "training"]["label"].value_counts()
    assert (group["goods"], group["bads"]) == (known["good"], known["bad"])


def test_without_bads_goods_alone_are_counted():
    page = render_report(report_data(decisions(bads=0)))
    assert "threshold" in sections(page)
    assert "good parts rejected" in page
    assert "bad parts caught" not in page
    assert "NaN" not in page


def test_where_no_bad_part_is_known_nothing_is_called_the_probability_of_being_bad():
    for is_rank, words in (
        (False, "probability of being bad"),
        (True, "good parts that score lower"),
    ):
        page = render_report(report_data(decisions(), is_rank=is_rank))
        assert f"{words} " in page  # on cards
        assert f">{words.capitalize()}<" in page  # above the table
        assert ("robability of being bad" in page) != is_rank
        assert script_data(page)["is_rank"] == is_rank


def test_without_masks_maps_goods_or_parts():
    assert "White outline" not in render_report(report_data(decisions(), masks=False))
    data = report_data(decisions(), masks=False, goods=None)
    bare = ReportData("x", "today", data.decisions, Pictures(data.pictures.photograph))
    page = render_report(bare)
    assert "nearest good" not in page
    assert "what looks odd" not in page
    assert sections(render_report(report_data(decisions().head(0)))) == ["all"]


def test_parts_without_score_are_undecided():
    table = decisions()
    table.loc[[0, 14], ["score", "probability"]] = np.nan
    table.loc[[0, 14], "decision"] = "undecided"
    page = render_report(report_data(table))
    assert 'data-count="undecided">2<' in page
    assert script_data(page)["parts"][-1]["score"] is None
    refused = table.assign(decision=table["decision"].replace("undecided", None))
    assert 'data-count="undecided">2<' in render_report(report_data(refused))
    nothing = table.assign(threshold=np.nan, decision="undecided", promised=np.nan)
    assert "threshold" not in sections(render_report(report_data(nothing)))


def test_parts_for_review_are_counted_and_their_threshold_is_drawn():
    table = decisions()
    table.loc[[2, 3], "decision"] = "review"
    page = render_report(report_data(table, review_threshold=0.5))
    assert 'data-count="review">2<' in page
    assert script_data(page)["review"] == 0.5
    assert script_data(render_report(report_data(table)))["review"] is None


def test_a_changed_light_is_a_warning():
    words = "18 of 18 parts look unlike the training photographs"
    page = render_report(report_data(decisions(), drift=words, drifted=True))
    assert re.search(rf'<p class="warning" role="alert">.*?{words}', page, re.S)
    assert 'class="warning"' not in render_report(report_data(decisions()))


def test_reasons_are_shown_where_there_are_any():
    assert 'class="reason"' not in render_report(report_data(decisions()))
    page = render_report(report_data(decisions().assign(reason="odd at the upper left")))
    assert page.count('class="reason">odd at the upper left') == len(decisions())


def test_tables_are_in_per_cent_with_a_dash_for_what_is_not_known(page):
    assert re.search(r"patchcore</th><td>94.4</td><td>–</td><td>12</td>", page)
    assert re.search(r"5 %</th><td>2.00</td><td>25.0</td>", page)


def test_it_stays_small_with_many_parts():
    many = pd.concat([decisions()] * 24, ignore_index=True).head(600)
    many["image_id"] += "/" + many.index.astype(str)
    many["row"] = many.index
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (8, 512, 512, 3), np.uint8)  # nothing is larger as JPEG
    pictures = Pictures(lambda row: noise[row % 8], lambda row: np.full((4, 4), 0.5, np.float32))
    page = render_report(ReportData("x", "today", many, pictures))
    assert page.count("<article") == 60
    assert len(page.encode()) < 20e6
    few = render_report(report_data(many), ReportSize(cards=5, thumbnails=7))
    assert few.count("<article") == 5
    assert sum(bool(part["picture"]) for part in script_data(few)["parts"]) == 7
    assert "parts" not in sections(render_report(report_data(many), ReportSize(cards=0)))


def test_it_fits_a_phone(page):
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert "@media (max-width: 760px)" in page
    bare = re.sub(r'<div class="wide">.*?</div>', "", page, flags=re.S)
    assert "<table" in bare
    assert 'class="numbers"' not in bare  # wide tables scroll inside of themselves
