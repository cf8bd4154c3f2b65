"""Folders that are reached through symbolic links."""

from __future__ import annotations

from pathlib import Path

import pytest

from vadline.errors import VadlineError
from vadline.sources.listing import list_folders, list_images


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in list_images(folder)]


def test_linked_folders_are_read_at_any_depth_under_their_own_names(tmp_path):
    touch(tmp_path / "disk/a/1.png", tmp_path / "disk/b/deep/2.png", tmp_path / "more/3.png")
    (tmp_path / "disk/b/again").symlink_to(tmp_path / "more")
    root = tmp_path / "root"
    root.mkdir()
    for kind in "ab":
        (root / kind).symlink_to(tmp_path / "disk" / kind)
    assert names(root) == ["a/1.png", "b/again/3.png", "b/deep/2.png"]
    assert list_folders(root) == ["a", "b"]
    (tmp_path / "link").symlink_to(root)
    assert names(tmp_path / "link") == names(root)


def test_loops_end_and_bring_in_nothing_from_beside(tmp_path):
    touch(tmp_path / "good/1.png", tmp_path / "good/deep/2.png", tmp_path / "bad/3.png")
    (tmp_path / "good/deep/up").symlink_to(tmp_path / "good")
    (tmp_path / "good/higher").symlink_to(tmp_path)
    (tmp_path / "good/itself").symlink_to(tmp_path / "good/itself")
    (tmp_path / "good/nowhere.png").symlink_to(tmp_path / "nowhere.png")
    assert names(tmp_path / "good") == ["1.png", "deep/2.png"]


def test_a_folder_reached_twice_counts_once_under_its_own_name(tmp_path):
    touch(tmp_path / "z/1.png", tmp_path / "other/2.png")
    for link in ("a", "b"):
        (tmp_path / link).symlink_to(tmp_path / "z")
    assert names(tmp_path) == ["other/2.png", "z/1.png"]


def test_hidden_links_stay_hidden(tmp_path):
    touch(tmp_path / "disk/1.png", tmp_path / "root/2.png")
    (tmp_path / "root/.thumbs").symlink_to(tmp_path / "disk")
    assert names(tmp_path / "root") == ["2.png"]


def test_a_folder_that_cannot_be_opened_is_named(tmp_path, monkeypatch):
    touch(tmp_path / "closed/1.png")

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(VadlineError, match=rf"{tmp_path} cannot be read \(Permission denied\)"):
        list_images(tmp_path)
