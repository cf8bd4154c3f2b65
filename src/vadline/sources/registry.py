"""Finds the adapter of a source by the name that the configuration gives."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from pathlib import Path

from vadline.errors import VadlineError
from vadline.sources.manifest import Listing, Record

Adapter = Callable[[Path | None, str | None], Iterable[Record] | Listing]
"""Takes ``source.root``, None where it is not set, and ``source.category``.

A listing also says what is left out, and why.
"""

# Imported when asked for.
SOURCES = {
    "demo": "vadline.sources.demo.adapter:read_demo",
    "vad": "vadline.sources.vad:read_vad",
    "visa": "vadline.sources.visa:read_visa",
    "mvtec": "vadline.sources.mvtec:read_mvtec",
    "mvtec_loco": "vadline.sources.mvtec_loco:read_mvtec_loco",
    "mvtec_ad2": "vadline.sources.mvtec_ad2:read_mvtec_ad2",
    "btad": "vadline.sources.btad:read_btad",
    "ksdd2": "vadline.sources.ksdd2:read_ksdd2",
    "real_iad": "vadline.sources.real_iad:read_real_iad",
    "elpv": "vadline.sources.elpv:read_elpv",
    "mtd": "vadline.sources.mtd:read_mtd",
    "cutpaste": "vadline.sources.cutpaste:read_cutpaste",
    "folder": "vadline.sources.folder:read_folder",
}


def source_adapter(name: str) -> Adapter:
    """Return the function that lists a source's images.

    Parameters
    ----------
    name : str
        A key of ``SOURCES``, or ``package.module:function``.

    Raises
    ------
    VadlineError
        If there is none.
    """
    module, _, function = SOURCES.get(name, name).partition(":")
    if not function.isidentifier() or not all(part.isidentifier() for part in module.split(".")):
        raise VadlineError(
            f"source {name!r} is unknown: choose {', '.join(SOURCES)}, or package.module:function"
            " of your own"
        )
    try:
        found = getattr(importlib.import_module(module), function, None)
    except ModuleNotFoundError as error:
        if not module.startswith(f"{error.name}"):
            raise
        raise VadlineError(
            f"source {name!r}: there is no module {error.name}; put it where Python finds it"
        ) from error
    if not callable(found):
        raise VadlineError(f"source {name!r}: module {module} has no function {function}")
    return found
