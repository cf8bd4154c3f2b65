"""Writing an array to its file row by row, before it is known how many rows it will have."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadline.errors import VadlineError

_FULL = (errno.ENOSPC, errno.EDQUOT)


class RowFile:
    """A ``.npy`` file of uint8 that is written row after row; see `row_files`.

    Parameters
    ----------
    path : Path
        Replaced if it is there; arrays mapped from an earlier file keep what they map.

    Raises
    ------
    VadlineError
        Here and by every method, if the file cannot be written or the disk is full.
    """

    def __init__(self, path: Path, row_shape: tuple[int, ...]) -> None:
        self.path = path
        self.rows = 0
        self._row_shape = row_shape
        with explained(path.parent):
            path.unlink(missing_ok=True)
            self._file = path.open("wb")
        self._write_header()

    def append(self, row: NDArray[np.uint8]) -> None:
        """Write the next row, of shape ``row_shape``."""
        if row.shape != self._row_shape or row.dtype != np.uint8:
            raise ValueError(f"a row is {self._row_shape} uint8, not {row.shape} {row.dtype}")
        with explained(self.path.parent):
            self._file.write(np.ascontiguousarray(row).data)
        self.rows += 1

    def finish(self) -> None:
        """Write how many rows there are, and close the file."""
        self._write_header()
        with explained(self.path.parent):
            self._file.close()  # what is still buffered may not fit

    def discard(self) -> None:
        """Close and remove the file, finished or not."""
        with suppress(OSError):  # as the disk is full, for example
            self._file.close()
        self.path.unlink(missing_ok=True)

    def _write_header(self) -> None:
        """Write the header, whose length NumPy keeps however many rows there are."""
        header = {"descr": "|u1", "fortran_order": False, "shape": (self.rows, *self._row_shape)}
        with explained(self.path.parent):
            self._file.seek(0)
            np.lib.format.write_array_header_1_0(self._file, header)


@contextmanager
def row_files(files: dict[Path, tuple[int, ...]]) -> Iterator[list[RowFile]]:
    """Open files to write rows to: on leaving all are finished, or after an error none is there.

    ``files`` gives the shape of each file's rows.

    Raises
    ------
    VadlineError
        If one cannot be written.
    """
    with ExitStack() as on_error:
        opened = []
        for path, row_shape in files.items():
            opened.append(RowFile(path, row_shape))
            on_error.callback(opened[-1].discard)
        yield opened
        for file in opened:
            file.finish()
        on_error.pop_all()


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn a refusal to write to a folder into a line for the user.

    Raises
    ------
    VadlineError
        For any OSError inside.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            why, remedy = "is full", "free some space or lower images.size"
        else:
            why, remedy = f"cannot be written to ({error.strerror})", "mend its permissions or disk"
        raise VadlineError(f"folder {folder} {why}: {remedy}") from error
