"""The rendered demo product as a source."""

from __future__ import annotations

from pathlib import Path

from vadline.sources.manifest import Record
from vadline.sources.vad import read_layout


def read_demo(root: Path | None, category: str | None = None) -> list[Record]:
    """Read what `vadline.sources.demo.tree.render_demo` put into ``root``, laid out as VAD is."""
    return read_layout(root, category or "demo")
