"""Which inspector a run of the pipeline inspect uses, and whose product it is."""

from __future__ import annotations

from pathlib import Path

from vadline.config.tree import Parameters
from vadline.errors import VadlineError
from vadline.inspection import made_by

_BUNDLES = "inspector.zip/*/inspector.zip"


def with_inspector(parameters: Parameters, project: Path) -> Parameters:
    """Fill in ``inspect.bundle`` where a folder is to be inspected.

    Parameters
    ----------
    project : Path
        Below whose ``data`` runs have left inspectors.

    Raises
    ------
    VadlineError
        If there is no inspector.
    """
    inspect = parameters.inspect
    if inspect.folder is None:
        return parameters
    if inspect.bundle is None:
        source = parameters.source
        named = source.name != "demo" or source.category is not None
        newest = newest_inspector(project, "/".join(source.product()) if named else None)
    else:
        newest = Path(inspect.bundle).expanduser().absolute()
    chosen = inspect.model_copy(update={"bundle": str(newest)})
    return parameters.model_copy(update={"inspect": chosen})


def newest_inspector(project: Path, product: str | None = None) -> Path:
    """Find the inspector that a run below ``project`` has left last, of a product or of all.

    Raises
    ------
    VadlineError
        If there is none.
    """
    found = (project / "data" / "06_models").glob(f"{product or '*/*'}/{_BUNDLES}")
    newest = max(found, key=lambda path: path.parent.name, default=None)
    if newest is None:
        of = f" of {product}" if product else ""
        raise VadlineError(
            f"there is no inspector{of} yet: make one with kedro run --pipeline=segad_vad, or "
            "name its file with --bundle, or inspect.bundle"
        )
    return newest


def inspected_product(parameters: Parameters) -> tuple[str, str]:
    """Return source and category of the product at hand: the inspector's, or the line's own."""
    bundle = parameters.inspect.bundle
    if parameters.inspect.folder is None or bundle is None:
        return parameters.source.product()
    maker = made_by(Path(bundle))
    return maker["source"], maker["category"]
