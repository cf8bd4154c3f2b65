"""A folder that always shows the newest, whatever happens on the way."""

import os
import shutil

import pytest

from vadline.run.publishing import link, publish, share


def forbid(*args, **kwargs):
    raise OSError("not on this disk")


@pytest.fixture(params=[True, False], ids=["links", "copies"])
def shelf(request, tmp_path, monkeypatch):
    """Return what publishes files of a version, with links and without."""
    if not request.param:
        monkeypatch.setattr(os, "symlink", forbid)
        monkeypatch.setattr(os, "link", forbid)
    return Shelf(tmp_path / "project", linked=request.param)


class Shelf:
    def __init__(self, root, linked):
        self.root, self.linked = root, linked
        self.place, self.store = root / "results/demo/all", root / "data/demo/all/.results"

    def version(self, name, text):
        path = self.root / "data/demo/all" / name / text / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def show(self, *names, text, keep=(), then=None):
        def fill(folder):
            for name in names:
                link(self.version(name.replace("/", "_"), text), folder / name)
            if then:
                then(folder)

        publish(self.place, self.store, lambda name: name in keep, fill)

    def shown(self):
        files = [path for path in self.place.resolve().rglob("*") if not path.is_dir()]
        return {str(p.relative_to(self.place.resolve())): p.read_text() for p in files}


def test_the_newest_stands_there_and_what_is_stale_is_gone(shelf):
    shelf.show("a.csv", "tables/b.csv", text="first")
    assert shelf.shown() == {"a.csv": "first", "tables/b.csv": "first"}
    shelf.show("a.csv", "figures/c.html", text="second")
    assert shelf.shown() == {"a.csv": "second", "figures/c.html": "second"}
    assert len(list(shelf.store.iterdir())) == 1
    assert [path.name for path in shelf.place.parent.iterdir()] == ["all"]


def test_links_are_relative_so_that_a_project_can_move(shelf):
    shelf.show("a.csv", text="first")
    assert (shelf.place / "a.csv").is_symlink() == shelf.linked
    moved = shelf.root.with_name("moved")
    shelf.root.rename(moved)
    assert (moved / "results/demo/all/a.csv").read_text() == "first"


def test_what_fails_leaves_the_former_folder_untouched(shelf):
    shelf.show("a.csv", text="first")

    def fail(folder):
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        shelf.show("a.csv", "b.csv", text="second", then=fail)
    assert shelf.shown() == {"a.csv": "first"}
    assert len(list(shelf.store.iterdir())) == 1


def test_entries_are_kept_by_name_unless_their_file_is_gone(shelf):
    shelf.show("old.csv", "gone.csv", "stale.csv", text="first")
    if shelf.linked:
        (shelf.root / "data/demo/all/gone.csv/first/gone.csv").unlink()
    shelf.show("a.csv", text="second", keep={"old.csv", "gone.csv"})
    kept = {"a.csv": "second", "old.csv": "first"}
    assert shelf.shown() == kept | ({} if shelf.linked else {"gone.csv": "first"})


def test_a_shared_file_outlives_its_replacement(shelf):
    picture = shelf.version("mask.png", "first")
    publish(shelf.place, shelf.store, lambda _: False, lambda to: share(picture, to / "mask.png"))
    picture.unlink()
    picture.write_text("second")
    assert shelf.shown() == {"mask.png": "first"}


def test_a_folder_of_copies_gives_way_to_a_link(shelf, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(os, "symlink", forbid)
        shelf.show("a.csv", text="first")
    assert not shelf.place.is_symlink()
    shelf.show("b.csv", text="second", keep={"a.csv"})
    assert shelf.shown() == {"a.csv": "first", "b.csv": "second"}
    assert shelf.place.is_symlink() == shelf.linked


def test_without_its_data_the_folder_starts_anew(shelf):
    shelf.show("a.csv", "b.csv", text="first")
    shutil.rmtree(shelf.root / "data")
    shelf.show("a.csv", text="second", keep={"b.csv"})
    kept = {"a.csv": "second"} | ({} if shelf.linked else {"b.csv": "first"})
    assert shelf.shown() == kept


def test_what_a_killed_run_has_left_is_cleared_away(shelf):
    shelf.show("a.csv", text="first")
    (shelf.store / "1").mkdir()
    (shelf.place.parent / ".all.new").mkdir()
    shelf.show("a.csv", text="second")
    assert shelf.shown() == {"a.csv": "second"}
    assert len(list(shelf.store.iterdir())) == 1
    assert [path.name for path in shelf.place.parent.iterdir()] == ["all"]
