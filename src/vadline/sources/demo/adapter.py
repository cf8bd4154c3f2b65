"""The rendered demo product as a source."""

from __future__ import annotations

from pathlib import Path

from vadline.sources.manifest import Record
from vadline.sources.vad import read_layout


def read_demo(root: Path | None, category: str | None = None) -> list[Record]:
    """Read the demo product, which is laid out as VAD is; nothing is rendered here.

    Parameters
    ----------
    root : Path
        Where `vadline.sources.demo.tree.render_demo` has put it.
    category : str, optional
        The product's name in the manifest, ``"demo"`` by default.

    Returns
    -------
    list of Record

    Raises
    ------
    VadlineError
        As `vadline.sources.vad.read_layout`.
    """
    return read_layout(root, category or "demo")
