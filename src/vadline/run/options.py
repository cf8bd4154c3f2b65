"""What is given with ``--params``: folders and files may have any name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
from kedro.framework.cli.utils import _split_params
from omegaconf import OmegaConf

from vadline.config.tree import Parameters

# Taken as they are: of all others Kedro makes numbers, lists, mappings, true and null.
_TEXTS = (
    *("source.root", "source.good", "source.bad", "source.category", "review"),
    *("inspect.folder", "inspect.bundle", "backbone.weights", "source.cutpaste.shapes"),
)
_KEY = re.compile(r"\s*([\w.]+)\s*=")


def read_params(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Read the option ``--params`` as Kedro does, but for texts, which stay as they are.

    A comma belongs to a text unless what follows is another ``key=value``; and even then if only
    with it there is such a file or folder.

    Returns
    -------
    dict
        The parameters, nested.
    """
    if not isinstance(value, str):
        return _split_params(context, option, value)
    texts: dict[str, str] = {}
    others: list[str] = []
    last: str | None = None
    for item in value.split(","):
        key = _key(item)
        if last is not None and (key is None or _goes_on(texts[last], item, key)):
            texts[last] += f",{item}"
        elif key in _TEXTS and item.partition("=")[2].strip() not in ("", "null"):
            last = str(key)
            texts[last] = item.partition("=")[2]
        else:
            last = None
            others.append(item)
    given = OmegaConf.create(_split_params(context, option, ",".join(others)))
    for key, text in texts.items():
        OmegaConf.update(given, key, literal(text.strip()))
    return OmegaConf.to_container(given)


def literal(text: str) -> str:
    """Write a text so that OmegaConf does not look for what ``${...}`` stands for."""
    return text.replace("${", "\\${")


def _key(item: str) -> str | None:
    found = _KEY.match(item)
    return found[1] if found else None


def _goes_on(text: str, item: str, key: str) -> bool:
    """Tell whether a text goes on with what looks like another parameter."""
    if key.partition(".")[0] in Parameters.model_fields:
        return False
    return not Path(text).exists() and Path(f"{text},{item}").exists()
