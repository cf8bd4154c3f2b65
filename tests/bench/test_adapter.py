"""Both sides of the adapter's benchmark find the same."""

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("anomalib", reason="the extra anomalib is not installed")

from vadline.bench import adapter


def test_the_adapter_and_the_engine_find_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    images = rng.integers(90, 110, size=(14, 64, 64, 3)).astype(np.uint8)
    images[12:, 20:30, 24:34] += 12
    np.save(tmp_path / "images.npy", images)
    part = ["train"] * 8 + ["test"] * 6
    rows = pd.DataFrame({"part": part, "bad": np.arange(14) > 11})
    rows.to_parquet(tmp_path / "rows.parquet")
    found = []
    for side in (adapter.ours, adapter.engine):
        laps = side(tmp_path)
        laps["fit"](0)()
        found.append(laps["score"](0)())
    assert found[0] == pytest.approx(found[1], abs=1e-6)
    assert {path.name for path in tmp_path.iterdir()} == {"images.npy", "rows.parquet"}
