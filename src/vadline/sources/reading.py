"""One door to every source of images."""

from __future__ import annotations

from pathlib import Path

from vadline.errors import VadlineError
from vadline.sources.folder import list_folder
from vadline.sources.listing import with_unique_ids
from vadline.sources.manifest import Listing, Record
from vadline.sources.params import SourceParams
from vadline.sources.registry import source_adapter


def read_source(source: SourceParams, made: Path | None = None, size: int = 256) -> list[Record]:
    """List the images of a source; see `list_source`."""
    return list_source(source, made, size).records


def list_source(source: SourceParams, made: Path | None = None, size: int = 256) -> Listing:
    """List the images of a source, and what it leaves out; no image is opened.

    Parameters
    ----------
    made : Path, optional
        Where the demo is rendered, or was, and where `vadline.cutpaste` has made its tree; no
        other source needs it.
    size : int
        Side of the demo's pictures in pixels.

    Returns
    -------
    Listing
        Records are sorted by ``image_id``, which is unique. What is left out is known of the
        user's own folders, and of sources that say it.

    Raises
    ------
    VadlineError
        If the source, a folder, a file or the category is not there, or a source of the user's
        own gives anything but records.
    """
    root = source.folder
    if source.name == "demo":
        root = _render(source, made, size)
    elif source.is_made:
        root = made
    if source.name == "folder":
        listing = list_folder(root, source.category, source.names())
    else:
        category = source.product()[1] if source.name == "cutpaste" else source.category
        found = source_adapter(source.name)(root, category)
        listing = found if isinstance(found, Listing) else Listing(list(found))
    for record in listing.records:
        if not isinstance(record, Record):
            raise VadlineError(
                f"source {source.name!r} lists {type(record).__name__} objects: it must list"
                " vadline.sources.Record"
            )
    return Listing(with_unique_ids(listing.records), listing.left_out)


def _render(source: SourceParams, folder: Path | None, size: int) -> Path:
    """Render the demo product, unless it stands there already."""
    from vadline.sources.demo.tree import render_demo  # the renderer is heavy; others need it not

    if folder is None:
        raise VadlineError("source demo is rendered: give read_source a folder `made` to put it in")
    return render_demo(folder, source.demo, size)
