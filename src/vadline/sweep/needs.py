"""What cells need is there, or it is told once, before any of them runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import chdir
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException, OmegaConfigLoader
from pydantic import BaseModel

from vadline.config.parsing import parse
from vadline.config.tree import Parameters
from vadline.errors import VadlineError
from vadline.run.recognising import recognised
from vadline.sources.params import MADE
from vadline.sweep.plan import Cell, Plan

_OWN_PHOTOGRAPHS = {None, *MADE}


def require(plan: Plan, project: Path, cells: Collection[Cell]) -> None:
    """Check the settings of cells, and that photographs and files are where these say.

    Parameters
    ----------
    cells : collection of Cell
        Of the plan, those that are to be run. Seeds need nothing of their own: one is looked at.

    Raises
    ------
    VadlineError
        A line for each product of the plan that lacks something, which ends with what it needs.
    """
    left, lines = {cell.name for cell in cells}, list[str]()
    for name, product in plan.products.items():
        own = plan.model_copy(update={"products": {name: product}}).cells()
        one = {(cell.product, cell.arm): cell for cell in own if cell.name in left}
        with chdir(project):  # where relative paths begin
            told = dict.fromkeys(what for cell in one.values() for what in _missing(cell))
        if told:
            needs = f"; it needs {product.needs}" if product.needs else ""
            lines.append(f"{name}: {'; '.join(each.rstrip('.') for each in told)}{needs}")
    if lines:
        raise VadlineError("\n".join(lines))


def loader_of(cell: Cell, conf: Path) -> OmegaConfigLoader:
    """Return what merges a cell's parameters as Kedro does."""
    return OmegaConfigLoader(
        str(conf),
        env=cell.env,
        runtime_params=cell.params,
        base_env="base",
        default_run_env="local",
        merge_strategy={"parameters": "soft"},
    )


def _missing(cell: Cell) -> Iterator[str]:
    """Say what a cell lacks."""
    loader = loader_of(cell, Path("conf"))
    try:
        raw = loader["parameters"]
        photographs = list(_missing_photographs(cell, raw))
        yield from photographs
        if photographs and not raw["source"].get("name"):
            return  # which would be found out by looking at them
        for path in _files(_used(parse(raw if photographs else recognised(raw, loader)))):
            if not path.expanduser().exists():
                yield f"{path} is not there"
    except MissingConfigException:
        yield f"conf/ has no environment {cell.env}"
    except VadlineError as error:
        yield str(error)


def _missing_photographs(cell: Cell, raw: dict[str, Any]) -> Iterator[str]:
    section = "source" if cell.takes_photographs else "segad_visa"
    source, root = raw["source"].get("name"), raw.get(section, {}).get("root")
    if root is not None:
        if not Path(root).expanduser().is_dir():
            yield f"{section}.root={root} is not there"
    elif section != "source":
        yield f"{section}.root is not set"
    elif source == "elpv":
        if find_spec("elpv_dataset") is None:
            yield "the package elpv-dataset is not there"
    elif source not in _OWN_PHOTOGRAPHS and ":" not in source:
        yield "source.root is not set"


def _used(parameters: Parameters) -> Parameters:
    """Leave out the detectors that the run does not have."""
    names = {*parameters.line.detectors, *parameters.f2pad_benchmark.detectors}
    kept = {name: own for name, own in parameters.detectors.items() if name in names}
    return parameters.model_copy(update={"detectors": kept})


def _files(settings: Any) -> Iterator[Path]:
    if isinstance(settings, Path):
        yield settings
    elif isinstance(settings, BaseModel):
        for name in type(settings).model_fields:
            yield from _files(getattr(settings, name))
    elif isinstance(settings, dict):
        for each in settings.values():
            yield from _files(each)
