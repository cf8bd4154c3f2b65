"""The settings of the session at hand.

Kedro builds pipelines and catalog without showing them the parameters; the hooks put them here
before.
"""

from __future__ import annotations

from vadline.config.inspecting import inspected_product
from vadline.config.line import Line
from vadline.config.parsing import parse
from vadline.config.tree import Parameters

_current: list[tuple[Parameters, tuple[str, str]]] = []


def use(parameters: Parameters) -> None:
    """Set what pipelines and catalog are built for from now on.

    Raises
    ------
    VadlineError
        If a folder is to be inspected by a file that is no inspector.
    """
    _current[:] = [(parameters, inspected_product(parameters))]


def current() -> Parameters:
    """Return the settings that a Kedro session has read; the defaults until one has."""
    if not _current:
        use(parse({}))
    return _current[0][0]


def current_line() -> Line:
    """Return the line that pipelines are built for."""
    return current().shape()


def workspace() -> str:
    """Return the product's folder below each of ``data/*``: ``<source>/<category>``."""
    return "/".join(_product())


def product() -> str:
    """Return the last part of :func:`workspace`, the product's own name."""
    return _product()[1]


def bundle() -> str:
    """Return the file of the inspector that the pipeline inspect uses."""
    return current().inspect.bundle or "inspector.zip"


def _product() -> tuple[str, str]:
    current()
    return _current[0][1]
