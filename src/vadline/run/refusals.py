"""What a disk refuses, whoever was writing, in one line."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator

_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)
# What is written by Rust or SQLite fails with words alone.
_SAYS_FULL = ("No space left on device", "Disk quota exceeded", "database or disk is full")
_SAYS_CLOSED = ("Read-only file system", "readonly database", "unable to open database file")
_PLACE = re.compile(r"filepath=(?:\w+\()?'?([^',)]+)")


def refused_by_disk(error: BaseException) -> str | None:
    """Tell what the disk refused and what helps; None if it is not the disk's doing.

    Parameters
    ----------
    error : BaseException
        It, or one of its causes, is looked at: what the system said, or what a library wrote of it.
    """
    chain = list(causes(error))
    if any(_is(each, _FULL, _SAYS_FULL) for each in chain):
        return (
            f"the disk is full{_place(chain)}: free some space, and the same command with "
            "--only-missing-outputs goes on from there"
        )
    if any(_is(each, _CLOSED, _SAYS_CLOSED) for each in chain):
        return (
            f"nothing can be written here{_place(chain)}: mend the permissions or the disk, or run "
            "in a copy of the project that is yours"
        )
    return None


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Walk from an error to what it came of."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is(error: BaseException, numbers: tuple[int, ...], words: tuple[str, ...]) -> bool:
    told = " ".join(str(error).split())
    return (isinstance(error, OSError) and error.errno in numbers) or any(w in told for w in words)


def _place(chain: list[BaseException]) -> str:
    for each in chain:
        if name := getattr(each, "filename", None):
            return f" ({name})"
        if found := _PLACE.search(" ".join(str(each).split())):
            return f" ({found[1].replace(' ', '')})"
    return ""
