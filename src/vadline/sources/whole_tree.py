"""Trees that are made: whole, or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vadline.errors import VadlineError


@contextmanager
def whole_tree(root: Path, what: str, arguments: Mapping[str, Any]) -> Iterator[Path | None]:
    """Give an empty folder, which becomes ``root`` at the end of the block.

    Its arguments lie in it as ``<what>.json``.

    Yields
    ------
    Path or None
        None where ``root`` is this very tree already.

    Raises
    ------
    VadlineError
        Where ``root`` holds something else than such a tree.
    """
    told = f"{what}.json"
    content = json.dumps(arguments, indent=1) + "\n"
    if _is_current(root, what, content):
        yield None
        return
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{root.name}.", dir=root.parent) as scratch:
        tree = Path(scratch) / "tree"
        tree.mkdir()
        yield tree
        (tree / told).write_text(content, encoding="utf-8")
        if root.exists():  # a full folder is not replaced
            os.replace(root, Path(scratch) / "old")
        os.replace(tree, root)


def _is_current(root: Path, what: str, content: str) -> bool:
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return False
    try:
        return json.loads((root / f"{what}.json").read_text("utf-8")) == json.loads(content)
    except (OSError, ValueError):
        raise VadlineError(
            f"{root} exists and is no {what} tree: move it away, and it is made anew"
        ) from None
