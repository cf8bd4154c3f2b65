"""Figures on pages that open without a network."""

import re

import plotly.graph_objects as go

from vadline.figures import whole_page

FIGURE = go.Figure().add_scatter(x=[1], y=[2], name="</script><b>")


def test_a_figure_s_own_words_end_no_script():
    assert whole_page({"x": FIGURE}, "x").count("</script>") == 1


def test_a_page_of_many_figures_has_plotly_once_and_names_each():
    one, two = whole_page({"a": FIGURE}, "One"), whole_page({"a": FIGURE, "<b>": FIGURE}, "Both")
    assert re.findall('<section id="([^"]*)"', two) == ["a", "&lt;b&gt;"]
    assert re.findall('<a href="#([^"]*)"', two) == ["a", "&lt;b&gt;"]
    assert "<nav>" not in one
    assert len(two) - len(one) < 0.01 * len(one)
