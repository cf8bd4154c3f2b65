"""The newest results of a product where people look: ``results/<source>/<category>``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from vadline.figures import whole_page
from vadline.run.publishing import link, publish, share
from vadline.run.terminal import tell_where, tell_wrong
from vadline.sources.manifest import BAD

logger = logging.getLogger(__name__)

_INSPECTED = ("inspection.csv", "inspection.html", "inspected")
_PROFILES = ("stage_profile", "detector_profile")  # no node's output
_PICTURES = {
    "drawn_parts": ("parts_folder", "parts"),
    "inspection": ("inspected_parts", "inspected"),
}
"""Tables whose column ``pictures`` names a part's folder, with the folder of all of them."""


class ResultsHooks:
    """Show what a run has left where people look, once it has ended well.

    The catalog says of a dataset, as ``results`` in its metadata, in which folder it is shown. A
    run that decides shows all of the line anew, and leaves what was inspected; any other run
    changes its own alone.
    """

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Replace the folder, then say which decisions were wrong and where everything is."""
        made = pipeline.all_outputs()
        if "results_folder" not in catalog:
            return
        decides, inspects = "decisions" in made, "inspection" in made
        if decides:
            made = made | pipelines["__default__"].all_outputs() | set(_PROFILES)
        shown = {name: folder for name in sorted(made) if (folder := _shown(catalog, name))}
        if not shown:
            return

        def keep(name: str) -> bool:
            return (name in _INSPECTED) != inspects if decides or inspects else True

        place = catalog.load("results_folder")
        try:
            publish(
                place,
                catalog.load("results_store"),
                keep,
                lambda folder: _fill(folder, shown, catalog),
            )
        except OSError as error:
            logger.warning("%s could not be renewed: %s; all is in data/08_reporting", place, error)
            return
        if decides and catalog.exists("wrong_decisions"):
            wrong, drawn = catalog.load("wrong_decisions"), catalog["parts_folder"]._filepath
            bads = bool((catalog.load("decisions")["label"] == BAD).any())
            tell_wrong(wrong, place, drawn, bads)
        if decides or inspects:
            tell_where(place)


def _shown(catalog: CatalogProtocol, name: str) -> str | None:
    """Return the folder that a dataset is shown in; None if it is not, or is not there."""
    if name not in catalog:
        return None
    dataset: Any = catalog.get(name)
    folder = (getattr(dataset, "metadata", None) or {}).get("results")
    return folder if folder is not None and dataset.exists() else None


def _fill(folder: Path, shown: dict[str, str], catalog: CatalogProtocol) -> None:
    for name, where in shown.items():
        dataset: Any = catalog.get(name)
        path = Path(dataset._get_load_path())
        if where == "figures" and path.suffix == ".json":
            page = folder / where / f"{path.stem}.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(whole_page({path.stem: dataset.load()}, path.stem), encoding="utf-8")
        else:
            link(path, folder / where / path.name)
    for name, (pictures, where) in _PICTURES.items():
        if name in shown or (name == "drawn_parts" and "decisions" in shown):
            _show_pictures(catalog, name, catalog[pictures]._filepath, folder / where)


def _show_pictures(catalog: CatalogProtocol, name: str, below: Path, where: Path) -> None:
    if not catalog.exists(name):
        return
    for part in map(Path, catalog.load(name)["pictures"].dropna()):
        if part.is_relative_to(below):
            for picture in sorted(part.glob("*.png")):
                share(picture, where / picture.relative_to(below))
