"""What a person sees first in kedro-viz."""

import webbrowser

import pytest

from vadline.errors import VadlineError
from vadline.run.viewing import check_root, open_on_boxes


class Browser:
    def __init__(self):
        self.opened = []

    def open(self, url, new=0, autoraise=True):
        self.opened.append((url, new))
        return True


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """Leave the process's own browsers as they are."""
    monkeypatch.setattr(webbrowser, "_browsers", {})
    monkeypatch.setattr(webbrowser, "_tryorder", [])


def test_the_usual_browser_opens_on_the_boxes():
    usual = Browser()
    webbrowser.register("usual", None, usual)
    open_on_boxes()
    assert webbrowser.open_new("http://127.0.0.1:4141/")
    assert usual.opened == [("http://127.0.0.1:4141/?types=nodes", 1)]


def test_where_there_is_no_browser_nothing_opens():
    open_on_boxes()
    assert not webbrowser.open_new("http://127.0.0.1:4141/")


def test_a_folder_that_is_gone_is_named_and_one_that_is_there_is_not(tmp_path):
    with pytest.raises(VadlineError, match=r"gone.*--params source\.root"):
        check_root({"source": {"root": str(tmp_path / "parts")}})
    for params in ({}, {"source": {"root": str(tmp_path)}}, {"source": {"name": "demo"}}):
        check_root(params)
