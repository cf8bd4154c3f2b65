"""What differs between two runs, and pictures read back out of reports."""

import numpy as np
import pandas as pd
from tests.report.worlds import NASTY, decisions, report_data

from vadline.report import (
    ReportSize,
    RunResult,
    compare_tables,
    decided_table,
    disagreements,
    render_comparison,
    render_report,
    warnings,
)
from vadline.report.reading import pictures_in


def run(name="a", table=None, product="demo/tiny", **tables):
    return RunResult(name, "today", product, "", {}, tables, table)


def test_better_is_lower_where_it_should_be_and_counts_are_neither():
    columns = {"row": ["apc"], "fpr_at_95tpr": [0.5], "image_auroc": [0.5], "bads": [3.0]}
    first = run(detection=pd.DataFrame(columns))
    second = run(detection=pd.DataFrame(columns | {k: [0.25] for k in list(columns)[1:3]}))
    (table,) = compare_tables(first, second)
    ((_, cells),) = table.rows
    assert [cell.verdict for cell in cells] == ["better", "worse", ""]
    assert [cell.difference for cell in cells] == ["−25.0", "−25.0", ""]


def test_a_row_of_one_run_alone_is_kept():
    one = pd.DataFrame({"row": ["apc"], "iou": [0.5]})
    two = pd.DataFrame({"row": ["apc", "new"], "iou": [0.5, 0.7]})
    (table,) = compare_tables(run(refinement=one), run(refinement=two))
    (_, (_, (cell,))) = table.rows
    assert (cell.before, cell.after, cell.difference) == ("–", "70.0", "")


def test_decisions_are_summed_up_by_part():
    table = pd.DataFrame(
        {
            "part": ["training"] * 3 + ["test"] * 2,
            "label": ["good", "good", "bad", "bad", "bad"],
            "decision": ["reject", "accept", "reject", "review", "reject"],
        }
    )
    told = decided_table(table)
    assert list(told.index) == ["test", "training"]
    assert told.loc["training"].to_list() == [1.0, 0.5, 0.0, 3.0]
    assert told.loc["test", ["bads_caught", "for_review", "parts"]].to_list() == [0.5, 0.5, 2.0]
    assert np.isnan(told.loc["test", "goods_rejected"])


def test_only_parts_that_both_have_judged_can_disagree():
    table = decisions()
    other = table.iloc[1:].reset_index(drop=True)
    other.loc[3, "decision"] = "review"
    found = disagreements(run(table=table), run(table=other))
    assert found["image_id"].to_list() == [other.loc[3, "image_id"]]
    assert found["decision_second"].to_list() == ["review"]


def test_a_report_gives_its_pictures_back():
    table = decisions()
    table.loc[0, "image_id"] = NASTY
    page = render_report(report_data(table), ReportSize(cards=4))
    found = pictures_in(page, {NASTY, table["image_id"][5], "nobody"})
    assert set(found) == {NASTY, table["image_id"][5]}
    for pictures in found.values():
        assert all(picture.startswith("data:image/jpeg;base64,") for picture in pictures.values())
        assert "thumbnail" in pictures
    everything = pictures_in(render_report(report_data(table)), set(table["image_id"]))
    assert any({"photograph", "what looks odd"} <= set(of) for of in everything.values())


def test_names_from_files_stay_text_on_the_page():
    table = decisions()
    table.loc[0, "image_id"] = NASTY
    other = table.copy()
    other.loc[0, "decision"] = "review"
    page = render_comparison(run("<b>a", table), run("c", other))
    assert "<script" not in page
    assert 'onerror=alert(1)>"' not in page
    assert "<b>a" not in page.replace("<b>&lt;b&gt;a", "")


def test_another_product_or_other_photographs_are_said():
    one = RunResult("a", "", "demo/x", photographs="1")
    assert warnings(one, one) == []
    (said,) = warnings(one, RunResult("b", "", "demo/x", photographs="2"))
    assert "different photographs" in said
    (said,) = warnings(one, RunResult("b", "", "mtd/x", photographs="2"))
    assert "different products" in said
