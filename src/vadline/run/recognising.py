"""Where only ``source.root`` is given: the layout's own settings, as if its ``--env`` had been."""

from __future__ import annotations

import copy
import logging
from pathlib import Path
from typing import Any

from kedro.config import AbstractConfigLoader, MissingConfigException
from pydantic import ValidationError

from vadline.run.tracking import flatten
from vadline.sources import SourceParams
from vadline.sources.layouts import Layout, recognise

logger = logging.getLogger(__name__)


def recognised(raw: dict[str, Any], loader: AbstractConfigLoader) -> dict[str, Any]:
    """Fill in the source's name where it is not given, and what ``conf/<name>`` says for it.

    Parameters
    ----------
    raw : dict
        The parameters as Kedro has merged them; returned as they are where ``source.name`` is
        given or ``source.root`` is not.

    Returns
    -------
    dict
        Of ``conf/base``, then ``conf/<name>``, then the environment at hand, then ``--params``.

    Raises
    ------
    VadlineError
        If the folder has no layout that is known.
    """
    given = raw.get("source")
    if not isinstance(given, dict) or given.get("name") or not given.get("root"):
        return raw
    try:
        source = SourceParams.model_validate(given | {"name": "folder"})
    except ValidationError:  # the check of all parameters tells what is wrong
        return raw
    layout = recognise(Path(str(source.folder)), source.names())
    own = _own(layout, loader)
    whole = copy.deepcopy(raw)
    if own:
        whole = _merged(_loaded(loader, env=layout.name), _loaded(loader, base_env=layout.name))
    found = layout.source(Path(str(source.root)), given.get("category"))
    whole["source"] = whole.get("source", {}) | found
    _tell(source, layout, own, whole)
    return whole


def _own(layout: Layout, loader: AbstractConfigLoader) -> dict[str, Any]:
    """Return what the environment of a layout says itself."""
    alone = _loaded(loader, base_env=layout.name, env=layout.name, runtime_params={})
    return {key: value for key, value in alone.items() if key != "source"}


def _loaded(loader: AbstractConfigLoader, **changed: Any) -> dict[str, Any]:
    """Return the parameters that a loader with other environments gives; {} where it has none."""
    other = copy.copy(loader)
    other.__dict__.update(changed)
    try:
        return dict(other["parameters"])
    except MissingConfigException:
        return {}


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Lay mappings over each other, key by key, as Kedro's soft merge does."""
    both = below | above
    for key in below.keys() & above.keys():
        if isinstance(below[key], dict) and isinstance(above[key], dict):
            both[key] = _merged(below[key], above[key])
    return both


def _tell(source: SourceParams, layout: Layout, own: dict[str, Any], whole: dict[str, Any]) -> None:
    """Say in one line what was recognised and which settings that brings."""
    settings = ", ".join(f"{k}={v}" for k, v in flatten(own) if _at(whole, k) == v)
    product = f", source.category={layout.category}" if layout.category else ""
    logger.info(
        "%s is %s: read as with --env=%s (%s)",
        source.root,
        layout.shown,
        layout.name,
        f"source.name={layout.name}{product}{', ' if settings else ''}{settings}",
    )


def _at(tree: Any, path: str) -> Any:
    for key in path.split("."):
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree
