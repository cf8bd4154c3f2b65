"""Arrays that are written row by row, and disks that are full."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest

from vadline.errors import VadlineError
from vadline.images.rows import explained, row_files


def write(files, rows):
    with row_files(files) as opened:
        for file in opened:
            for row in rows:
                file.append(row)


@pytest.mark.parametrize("count", [0, 1, 11])
@pytest.mark.parametrize("shape", [(4, 4, 3), (5,), ()])
def test_the_file_is_a_valid_array_of_as_many_rows_as_were_written(tmp_path, count, shape):
    array = np.random.default_rng(0).integers(0, 256, (count, *shape), np.uint8)
    write({tmp_path / "a.npy": shape}, map(np.asarray, array))
    found = np.load(tmp_path / "a.npy", mmap_mode="r" if count else None)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, array)
    header = (tmp_path / "a.npy").stat().st_size - array.size
    assert header % 64 == 0


def test_the_header_keeps_its_length(tmp_path):
    with row_files({tmp_path / "a.npy": (1,)}) as (file,):
        file.append(np.array([7], np.uint8))
        file.rows = 10**15
        file._write_header()
        file.rows = 1
    assert np.load(tmp_path / "a.npy").tolist() == [[7]]


def test_a_row_of_another_shape_or_type_is_a_bug(tmp_path):
    for row in (np.zeros((2, 3), np.uint8), np.zeros(2, np.int16)):
        with pytest.raises(ValueError, match="a row is"):
            write({tmp_path / "a.npy": (2,)}, [row])


def test_after_an_error_no_file_is_left(tmp_path):
    files = {tmp_path / "a.npy": (2,), tmp_path / "b.npy": (2,)}

    def rows():
        yield np.zeros(2, np.uint8)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(files, rows())
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize("row_bytes", [8, 1_000_000])  # found out at the end, and at once
def test_a_full_disk_is_told_in_one_line(tmp_path, monkeypatch, row_bytes):
    """Let the second file's disk be the device that is always full."""
    path_open = type(tmp_path).open

    def open_full(path, mode):
        return path_open(tmp_path / "full" if path.name == "b.npy" else path, mode)

    (tmp_path / "full").symlink_to("/dev/full")
    monkeypatch.setattr(type(tmp_path), "open", open_full)
    files = {tmp_path / "a.npy": (row_bytes,), tmp_path / "b.npy": (row_bytes,)}
    with pytest.raises(VadlineError, match=f"folder {tmp_path} is full: free some space"):
        write(files, [np.zeros(row_bytes, np.uint8)])
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_any_other_refusal_names_the_folder_too(tmp_path):
    with pytest.raises(VadlineError, match=rf"{tmp_path}/none cannot be written to \(No such"):
        write({tmp_path / "none/a.npy": (2,)}, [])
    with pytest.raises(VadlineError, match="is full"), explained(tmp_path):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")
