"""How kedro-viz opens: on what ran last, and on its boxes alone."""

from __future__ import annotations

import contextlib
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vadline.errors import VadlineError

BOXES = "?types=nodes"
"""What kedro-viz's address ends in to show no datasets: nine boxes rather than 130 small names."""


class _OnBoxes:
    """A browser that asks another one for the boxes."""

    def __init__(self, usual: webbrowser.BaseBrowser) -> None:
        self._usual = usual

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        return self._usual.open(f"{url}{BOXES}", new, autoraise)


def open_on_boxes() -> None:
    """Let this process's browser open kedro-viz on the boxes, which takes no address itself."""
    with contextlib.suppress(webbrowser.Error):  # there is none
        browser: Any = _OnBoxes(webbrowser.get())
        webbrowser.register("boxes", None, browser, preferred=True)


def check_root(params: Mapping[str, Any]) -> None:
    """Check that the folder of the last run is still there.

    Raises
    ------
    VadlineError
        If not: kedro-viz's server would fail, minutes later and at length.
    """
    source = params.get("source")
    root = source.get("root") if isinstance(source, Mapping) else None
    if root and not Path(str(root)).expanduser().exists():
        raise VadlineError(
            f"the folder that the last run has read, {root}, is gone: name another one, "
            "vadline viz --params source.root=FOLDER"
        )
