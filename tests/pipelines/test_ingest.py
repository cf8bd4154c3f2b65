"""The stage ingest on its own: what its node hands over ends up where it stays."""

from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from PIL import Image

from vadline import io
from vadline.errors import VadlineError
from vadline.images import ImageParams
from vadline.images.region import BLANK
from vadline.pipelines import ingest
from vadline.pipelines.ingest.nodes import ingest_images
from vadline.sources import SourceParams

SIZE = 32


@pytest.fixture
def parts(tmp_path):
    """A folder of four good parts, whose right half does not count."""
    rng = np.random.default_rng(0)
    (tmp_path / "parts/good").mkdir(parents=True)
    for index in range(4):
        pixels = rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"parts/good/{index}.png")
    region = np.zeros((SIZE, SIZE), np.uint8)
    region[:, :16] = 255
    Image.fromarray(region).save(tmp_path / "parts/roi.png")
    return tmp_path / "parts"


def run(source: SourceParams, work: Path, **more) -> DataCatalog:
    images = ImageParams(**{"size": SIZE} | more)
    names = ("images", "masks", "roi")
    catalog = DataCatalog(
        {
            "params:source": MemoryDataset(source, copy_mode="assign"),
            "params:images": MemoryDataset(images, copy_mode="assign"),
            "params:review": MemoryDataset(None),
            "review_folder": io.CheckpointDataset(filepath=str(work / "reviews")),
            "made_folder": io.CheckpointDataset(filepath=str(work / "demo/tree")),
            "ingest_scratch": io.CheckpointDataset(filepath=str(work / ".arrays")),
            "manifest": io.ParquetDataset(filepath=str(work / "manifest.parquet")),
            "ingest_report": io.JSONDataset(filepath=str(work / "report.json")),
            "sixteen_bit_max": io.JSONDataset(filepath=str(work / "sixteen_bit_max.json")),
        }
        | {name: io.NpyDataset(filepath=str(work / f"{name}.npy")) for name in names}
    )
    SequentialRunner().run(ingest.create_pipeline(), catalog)
    return catalog


def test_arrays_are_moved_to_where_they_stay(parts, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in parts.rglob("*")}
    catalog = run(SourceParams(name="folder", root=str(parts)), tmp_path / "work")
    images, roi = catalog.load("images"), catalog.load("roi")
    assert isinstance(images, np.memmap)
    assert images.shape == (4, SIZE, SIZE, 3)
    assert catalog.load("masks").shape == (4, SIZE, SIZE)
    assert roi[:, :16].all()
    assert (images[:, ~roi] == BLANK).all()
    assert catalog.load("manifest")["image_id"].tolist() == [f"good/{i}" for i in range(4)]
    assert not list((tmp_path / "work/.arrays").iterdir())
    assert {path: path.stat().st_mtime_ns for path in parts.rglob("*")} == before


def test_pasted_defects_have_exact_masks_on_tiles_too(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "parts/good").mkdir(parents=True)
    for index in range(6):
        pixels = rng.integers(90, 110, (60, 80, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"parts/good/{index}.png")
    source = SourceParams(name="cutpaste", root=str(tmp_path / "parts"))
    catalog = run(source, tmp_path / "work", size=64, tiles="2x3")
    manifest = catalog.load("manifest")
    assert manifest["defect"].value_counts().to_dict() == {"good": 4, "colour": 1, "near": 1}
    for row, image, mask in zip(
        manifest.itertuples(), *(catalog.load(name) for name in ("images", "masks")), strict=True
    ):
        np.testing.assert_array_equal(image, np.asarray(Image.open(row.path)))
        if row.label == "bad":
            np.testing.assert_array_equal(mask > 0, np.asarray(Image.open(row.mask_path)) > 0)


def test_without_a_region_everything_counts(parts, tmp_path):
    (parts / "roi.png").unlink()
    catalog = run(SourceParams(name="folder", root=str(parts)), tmp_path / "work")
    assert catalog.load("roi").all()
    for row, image in zip(catalog.load("manifest")["path"], catalog.load("images"), strict=True):
        np.testing.assert_array_equal(image, np.asarray(Image.open(row)))


def test_what_a_killed_run_left_is_replaced_and_a_failure_leaves_nothing(parts, tmp_path):
    scratch = tmp_path / "work/.arrays"
    scratch.mkdir(parents=True)
    (scratch / "images.npy").write_bytes(b"half")
    run(SourceParams(name="folder", root=str(parts)), tmp_path / "work")
    assert not list(scratch.iterdir())
    for path in (parts / "good").iterdir():
        path.write_text("no photograph")
    with pytest.raises(VadlineError, match="no image could be read"):
        run(SourceParams(name="folder", root=str(parts)), tmp_path / "work")
    assert not list(scratch.iterdir())


def test_kedro_finds_the_settings_classes():
    hints = get_type_hints(ingest_images)
    assert (hints["source"], hints["images"]) == (SourceParams, ImageParams)


def test_many_files_that_cannot_be_read_take_one_line_of_the_log(parts, tmp_path, caplog):
    for index in range(9):
        (parts / f"good/broken_{index}.png").write_bytes(b"")
    source = SourceParams(name="folder", root=str(parts))
    report = run(source, tmp_path / "work").load("ingest_report")
    assert len(report["refused"]) == 9
    told = [message for message in caplog.messages if message.startswith("Left out")]
    (line,) = told
    assert "Left out 9 files" in line
    assert "broken_0.png" in line


def test_one_file_that_is_left_out_is_told_with_its_reason(parts, tmp_path, caplog):
    (parts / "notes.txt").touch()
    run(SourceParams(name="folder", root=str(parts)), tmp_path / "work")
    assert "Left out 1 file (no photograph, by its suffix); each is in" in caplog.text
