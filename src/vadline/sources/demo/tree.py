"""The demo product: a rendered kin of VAD's piezo part, laid out on disk as VAD is."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from threadpoolctl import threadpool_limits

from vadline.errors import VadlineError
from vadline.progress import progress
from vadline.sources.demo.defects import DEFECT_KINDS, UNSEEN_KINDS, apply_defect, defect_mask
from vadline.sources.demo.params import DemoParams
from vadline.sources.demo.part import sample_part
from vadline.sources.demo.render import draw_base, draw_picture
from vadline.sources.whole_tree import whole_tree

__all__ = ["DEFECT_KINDS", "MIN_SIZE", "UNSEEN_KINDS", "render_demo", "render_part"]

MIN_SIZE = 128
RENDERER = 1
"""Raised whenever the pictures change, so that an older tree is not taken for a current one."""
LOW_SHOT_DRAWS = 5
LOW_SHOT_MOST = 100

_FOLDERS = ("train/good", "train/bad", "test/good", "test/bad", "test/bad_unseen_defects")
_COUNTS = ("train_good", "train_bad", "test_good", "test_bad", "test_unseen")
_SEEN_KINDS = tuple(kind for kind in DEFECT_KINDS if kind not in UNSEEN_KINDS)


def render_part(
    seed: int, index: int, size: int = 256, defect: str | None = None, stream: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Render one part; the same arguments give the same bytes.

    Parameters
    ----------
    seed, stream, index : int
        Name the part: a part with a defect is the good part of the same name in everything else,
        sensor noise included.
    size : int
        Side of the picture in pixels, at least ``MIN_SIZE``.
    defect : str, optional
        One of ``DEFECT_KINDS``; a good part without.

    Returns
    -------
    image : uint8 (size, size, 3)
    mask : uint8 {0, 1} (size, size)
        What the defect visibly changes; where something moved, both its old and its new place.

    Raises
    ------
    VadlineError
        On an unknown defect or too small a size.
    """
    if size < MIN_SIZE:
        raise VadlineError(f"size is {size}: the demo product needs at least {MIN_SIZE} pixels")
    if defect is not None and defect not in DEFECT_KINDS:
        raise VadlineError(f"unknown defect {defect!r}: choose one of {', '.join(DEFECT_KINDS)}")
    streams = np.random.default_rng((seed, stream, index)).spawn(3)
    part = sample_part(streams[0])
    base = draw_base(part, size)
    picture = draw_picture(part, base)
    mask = np.zeros((size, size), np.uint8)
    if defect is not None:
        good, picture = picture, draw_picture(apply_defect(part, defect, streams[1]), base)
        mask = defect_mask(good, picture)
    grain = streams[2].standard_normal(picture.shape, dtype=np.float32)
    image = np.clip(np.rint(picture + np.float32(part.sensor_noise) * grain), 0, 255)
    return image.astype(np.uint8), mask


@dataclass(frozen=True)
class _Job:
    stream: int
    folder: str
    index: int
    defect: str | None

    @property
    def name(self) -> str:
        return f"{self.index:04d}.png"


def _jobs(counts: tuple[int, ...]) -> Iterator[_Job]:
    """Yield the files to render; a file's kind hangs on its index alone, not on the counts."""
    for stream, (folder, count) in enumerate(zip(_FOLDERS, counts, strict=True)):
        kinds: tuple[str | None, ...] = _SEEN_KINDS
        if folder.endswith("good"):
            kinds = (None,)
        elif folder.endswith("unseen_defects"):
            kinds = UNSEEN_KINDS
        for index in range(count):
            yield _Job(stream, folder, index, kinds[index % len(kinds)])


def _render_file(tree: Path, job: _Job, size: int, seed: int) -> None:
    image, mask = render_part(seed, job.index, size, job.defect, job.stream)
    Image.fromarray(image).save(tree / job.folder / job.name, compress_level=3)
    if job.defect is not None:
        Image.fromarray(mask * np.uint8(255)).save(
            tree / "ground_truth" / job.folder / job.name, compress_level=3
        )


def _render_files(tree: Path, jobs: list[_Job], size: int, seed: int) -> None:
    # Threads, not processes: numpy lets go of the lock, and a caller's script needs no main guard.
    # BLAS keeps to one thread in each: its own, on such small products, only spin.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        pending = [pool.submit(_render_file, tree, job, size, seed) for job in jobs]
        try:
            for done in progress(as_completed(pending), total=len(jobs), desc="demo", unit="part"):
                done.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _write_tables(tree: Path, jobs: list[_Job], train_bad: int, seed: int) -> None:
    with (tree / "defects.csv").open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("file", "defect"))
        table.writerows((f"{job.folder}/{job.name}", job.defect) for job in jobs if job.defect)
    shots = min(LOW_SHOT_MOST, max(1, train_bad // 2), train_bad)
    draws = {}
    for key in range(LOW_SHOT_DRAWS):
        rng = np.random.default_rng((seed, len(_FOLDERS), key))
        chosen = np.sort(rng.choice(train_bad, shots, replace=False))
        draws[str(key)] = [f"{index:04d}.png" for index in chosen]
    (tree / "low_shot_train.json").write_text(json.dumps(draws, indent=1) + "\n")


def render_demo(root: Path, params: DemoParams, size: int) -> Path:
    """Render the demo product's data set into ``root``, unless this very one is there.

    The layout is VAD's: ``train/{good,bad}``, ``test/{good,bad,bad_unseen_defects}`` and
    ``low_shot_train.json`` (five draws of half of ``train/bad``, by file name); beside it pixel
    masks under ``ground_truth/<same path>`` (0 and 255), ``defects.csv`` (file, defect) and
    ``demo.json``, the arguments. File ``i`` of a folder does not depend on the counts. The tree
    appears under ``root`` only when it is whole.

    Raises
    ------
    VadlineError
        Where ``root`` holds something else, or the size is too small.
    """
    counts = tuple(getattr(params, name) for name in _COUNTS)
    arguments = dict(zip(_FOLDERS, counts, strict=True))
    arguments.update(size=size, seed=params.seed, renderer=RENDERER)
    with whole_tree(root, "demo", arguments) as tree:
        if tree is not None:
            jobs = list(_jobs(counts))
            for folder in _FOLDERS:
                (tree / folder).mkdir(parents=True)
                if "bad" in folder:
                    (tree / "ground_truth" / folder).mkdir(parents=True)
            _render_files(tree, jobs, size, params.seed)
            _write_tables(tree, jobs, params.train_bad, params.seed)
    return root
