"""A folder that always shows the newest: filled out of sight, and then replaced whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path


def publish(
    place: Path, store: Path, keep: Callable[[str], bool], fill: Callable[[Path], None]
) -> None:
    """Replace a folder by a new one, at once; what fails leaves the former one alone.

    Parameters
    ----------
    place : Path
        Where people look. It becomes a relative symbolic link into ``store``, or where there are
        none a folder of copies.
    store : Path
        Where the new folder is filled; the former ones in it go.
    keep : callable
        Whether the new folder keeps an entry of the former one, by its name. What its file has
        left goes all the same.
    fill : callable
        Writes into the new folder, with :func:`link` and :func:`share` among others.
    """
    fresh = store / str(time.time_ns())
    fresh.mkdir(parents=True)
    try:
        _carry_over(place, fresh, keep)
        fill(fresh)
        _show(place, fresh)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    for other in store.iterdir():
        if other != fresh:
            shutil.rmtree(other, ignore_errors=True)


def link(source: Path, target: Path) -> None:
    """Make ``target`` a relative link to a file that never changes, or a copy of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.symlink(_relative(source, target.parent), target)
    except (OSError, ValueError):  # Windows without the right to; another drive
        shutil.copy2(source, target)


def share(source: Path, target: Path) -> None:
    """Make ``target`` the same file as one that may later be replaced by another, or a copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _carry_over(place: Path, fresh: Path, keep: Callable[[str], bool]) -> None:
    former = place.resolve()
    for path in sorted(former.rglob("*")):
        name = path.relative_to(former)
        if path.is_file() and keep(name.parts[0]):
            (link if path.is_symlink() else share)(path.resolve(), fresh / name)


def _show(place: Path, fresh: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    new, old = (place.with_name(f".{place.name}.{which}") for which in ("new", "old"))
    _remove(new)
    try:
        os.symlink(_relative(fresh, place.parent), new, target_is_directory=True)
    except (OSError, ValueError):
        shutil.copytree(fresh, new)
    if place.is_symlink() and new.is_symlink():
        os.replace(new, place)
        return
    _remove(old)
    if place.exists():  # a folder is not replaced in one step
        place.rename(old)
    new.rename(place)
    _remove(old)


def _relative(source: Path, folder: Path) -> str:
    return os.path.relpath(source.absolute(), folder.resolve())


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    else:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(path)
