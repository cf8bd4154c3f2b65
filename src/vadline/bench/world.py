"""The photographs that both sides get, and how long reading them takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from PIL import Image

from vadline.bench.measure import Lap
from vadline.images import ingest
from vadline.images.masks import mask_files
from vadline.images.params import ImageParams
from vadline.sources.manifest import Record

_TEST_SHARE = 0.25


def read_images(records: Sequence[Record], size: int, folder: Path) -> None:
    """Read a source's photographs once, for every side to map into memory.

    Training goods and test images are those of the source's own split (MTD's official one); where
    it has none, a quarter of the goods, drawn with seed 0, and all bads are tested on.

    Parameters
    ----------
    folder : Path
        Gets ``images.npy`` (uint8, N x size x size x 3) and ``rows.parquet`` (``part``: train,
        test or neither; ``bad``).
    """
    manifest = ingest(records, ImageParams(size=size), folder).manifest
    bad = (manifest["label"] == "bad").to_numpy()
    if (manifest["source_split"] == "train").any():
        part = manifest["source_split"].where(~bad | (manifest["source_split"] == "test"), "")
    else:
        drawn = np.random.default_rng(0).random(len(bad)) < _TEST_SHARE
        part = pd.Series(np.where(bad | drawn, "test", "train"))
    pd.DataFrame({"part": part.to_numpy(), "bad": bad}).to_parquet(folder / "rows.parquet")


def our_reading(records: Sequence[Record], size: int) -> dict[str, Lap]:
    """Read as the line does: hash, decode, resize and store images and masks, in parallel."""

    def read(seed: int) -> Callable[[], dict[str, float]]:
        with TemporaryDirectory() as scratch:
            found = len(ingest(records, ImageParams(size=size), Path(scratch)).manifest)
        return lambda: {"images": found}

    return {"": read}


def plain_reading(records: Sequence[Record], size: int) -> dict[str, Lap]:
    """Decode and resize images and masks with Pillow, one after another; store nothing."""

    def read(seed: int) -> Callable[[], dict[str, float]]:
        for record in records:
            with Image.open(record.path) as picture:
                np.asarray(picture.convert("RGB").resize((size, size), Image.Resampling.BILINEAR))
            for file in mask_files(record.mask_path) if record.mask_path is not None else ():
                with Image.open(file) as picture:
                    np.asarray(picture.resize((size, size), Image.Resampling.NEAREST))
        return lambda: {"images": len(records)}

    return {"": read}
