"""One door to every source of images."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from vadline.errors import VadlineError
from vadline.sources.elpv import read_elpv
from vadline.sources.folder import read_folder
from vadline.sources.listing import with_unique_ids
from vadline.sources.manifest import Record
from vadline.sources.mtd import read_mtd
from vadline.sources.mvtec import read_mvtec
from vadline.sources.vad import read_vad
from vadline.sources.visa import read_visa

SOURCES = ("demo", "vad", "visa", "mvtec", "elpv", "mtd", "folder")
# Sources of a single product: a category other than their own name is a mistake.
SINGLE_PRODUCT = ("demo", "vad", "mtd")
# The sources that are read from a folder as it is.
ADAPTERS = {
    "vad": read_vad,
    "visa": read_visa,
    "mvtec": read_mvtec,
    "mtd": read_mtd,
    "folder": read_folder,
}


def read_source(
    source: str, root: Path | None, category: str | None = None, **options: Any
) -> list[Record]:
    """List the images of a source; no image is opened.

    Parameters
    ----------
    source : str
        One of ``SOURCES``.
    root : Path or None
        The source's folder, as its publisher lays it out. For ``"demo"`` the folder that the
        images are rendered into; ``"elpv"`` comes with its package and ignores it.
    category : str, optional
        The product; needed by ``"visa"`` and ``"mvtec"``, optional for ``"elpv"`` (``"mono"``,
        ``"poly"``) and for ``"folder"``, where it is only a name.
    **options
        What ``vadline.sources.demo.tree.render_demo`` takes; no other source has options.

    Returns
    -------
    list of Record
        Sorted by ``image_id``, which is unique.

    Raises
    ------
    VadlineError
        If the source, a folder, a file, the category or an option is not there.
    """
    if source not in SOURCES:
        raise VadlineError(f"source.name {source!r} is unknown: choose among {', '.join(SOURCES)}")
    if source in SINGLE_PRODUCT and category not in (None, source):
        raise VadlineError(
            f"source {source} has one product, no category {category!r}: unset source.category"
        )
    if root is None and source != "elpv":
        raise VadlineError(
            f"source {source} needs its folder: set it with --params source.root=/path"
        )
    if source == "demo":
        return with_unique_ids(_render_and_read(Path(root), options))
    if options:
        raise VadlineError(f"source {source} has no option source.{sorted(options)[0]}: remove it")
    arguments = {} if category is None else {"category": category}
    folder = Path(root) if root is not None else None
    read = read_elpv if source == "elpv" else ADAPTERS[source]
    return with_unique_ids(read(folder, **arguments))


def _render_and_read(root: Path, options: dict[str, Any]) -> list[Record]:
    """Render the demo product below ``root`` and read it in VAD's layout."""
    from vadline.sources.demo.tree import render_demo  # its renderer is heavy; others need it not

    known = [
        name
        for name, parameter in inspect.signature(render_demo).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    if unknown := sorted(set(options) - set(known)):
        raise VadlineError(
            f"source demo has no option source.{unknown[0]}: it takes {', '.join(known)}"
        )
    return read_vad(render_demo(root, **options), category="demo")
