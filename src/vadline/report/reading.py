"""Reads pictures of parts back out of a report, which keeps them as they were when it was made."""

from __future__ import annotations

import json
from collections.abc import Collection
from html.parser import HTMLParser

PHOTOGRAPH, ODD, THUMBNAIL = "photograph", "what looks odd", "thumbnail"


def pictures_in(page: str, names: Collection[str]) -> dict[str, dict[str, str]]:
    """Find pictures of parts in a report.

    Parameters
    ----------
    page : str
        HTML, as :func:`vadline.report.render_report` writes it.
    names : collection of str
        The parts' image_ids.

    Returns
    -------
    dict of str to dict
        For each part that the report shows, pictures as data URIs by what they show:
        ``photograph`` and ``what looks odd`` of those that it shows large, ``thumbnail`` of others.
    """
    reader = _Reader(set(names))
    reader.feed(page)
    return reader.found


class _Reader(HTMLParser):
    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._names = names
        self._part = self._picture = self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._open = tag
        if tag == "article":
            self._part = given.get("data-id", "")
        elif tag == "img":
            self._picture = given.get("src", "")
        elif tag == "script":
            self._open = given.get("id", "")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""
        if tag == "article":
            self._part = ""

    def handle_data(self, data: str) -> None:
        if self._open == "figcaption" and self._part in self._names:
            self._keep(self._part, data, self._picture)
        elif self._open == "report-data":
            for part in json.loads(data)["parts"]:
                if part["id"] in self._names and part["picture"]:
                    self._keep(part["id"], THUMBNAIL, part["picture"])

    def _keep(self, part: str, what: str, picture: str) -> None:
        if what in (PHOTOGRAPH, ODD, THUMBNAIL) and picture.startswith("data:image/"):
            self.found.setdefault(part, {})[what] = picture
