"""What kedro-viz opens on."""

import pytest

from vadline.config.last_run import last_run, note_run


def test_the_last_run_is_what_was_noted_last(tmp_path):
    assert last_run(tmp_path) == {}
    note_run(tmp_path, None, {"seed": 1})
    note_run(tmp_path, "folder", {"source": {"root": "a, b"}})
    assert last_run(tmp_path) == {"env": "folder", "params": {"source": {"root": "a, b"}}}


@pytest.mark.parametrize("text", ["", "[]", '{"env": null}', "\x00"])
def test_what_no_run_has_written_is_none(tmp_path, text):
    note_run(tmp_path, None, None)
    (tmp_path / ".viz/last_run.json").write_text(text)
    assert last_run(tmp_path) == {}
