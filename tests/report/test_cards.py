import numpy as np
from tests.report.worlds import decisions, report_data

from vadline.report import ReportSize
from vadline.report.cards import choose, make_cards
from vadline.report.heat import fit_heat
from vadline.report.numbers import completed


def test_good_and_bad_parts_share_the_budget_and_the_wrong_ones_come_first():
    (goods_words, goods), (bads_words, bads) = choose(completed(decisions()), 8)
    assert (goods_words[0][:4], bads_words[0][:3]) == ("Good", "Bad")
    assert (len(goods), len(bads)) == (4, 4)
    assert goods["score"].is_monotonic_decreasing
    assert bads["score"].is_monotonic_increasing
    table = decisions()
    assert goods["score"].max() == table[table["label"] == "good"]["score"].max()
    assert bads["score"].min() == table[table["label"] == "bad"]["score"].min()


def test_what_one_side_does_not_need_the_other_gets():
    (_, goods), (_, bads) = choose(completed(decisions(goods=12, bads=1, test=1)), 8)
    assert (len(goods), len(bads)) == (6, 2)


def test_without_labels_rejected_parts_and_those_that_just_passed():
    table = completed(decisions().assign(label=""))
    (_, rejected), (_, passed) = choose(table, 6)
    assert set(rejected["decision"]) == {"reject"}
    assert set(passed["decision"]) == {"accept"}
    assert passed["score"].max() == table[table["decision"] == "accept"]["score"].max()


def test_parts_without_score_are_not_shown():
    assert choose(completed(decisions().assign(score=np.nan)), 6) == []


def test_what_is_shown_much_smaller_than_it_is_has_a_close_up():
    data, table = report_data(decisions()), completed(decisions())
    heat = fit_heat(table, data.pictures)
    for side, shown in ((8, True), (9, False)):
        groups = make_cards(data, table, heat, (0, 1), ReportSize(cards=4, picture=side))
        cards = [card for group in groups for card in group.cards]
        assert all(bool(card.close_up) == shown for card in cards)
        assert not any(card.wide for card in cards)
