"""``python -m vadline.bench``: measure, print and keep one table."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from pydantic import ValidationError
from rich.console import Console

from vadline.bench import adapter, coreset, patchcore, pixels, world
from vadline.bench.measure import Case, compare
from vadline.bench.promises import measure_promises, summarise_promises
from vadline.bench.report import as_markdown, as_table, scaling_figure, side_by_side
from vadline.bench.whole_line import profile_line
from vadline.errors import VadlineError
from vadline.images import ImageParams, ingest
from vadline.sources import SOURCES, Record, SourceParams, read_source

PARTS = (
    "reading",
    "coreset",
    "patchcore",
    "chosen",
    "adapter",
    "pixels",
    "statistics",
    "scaling",
    "line",
    "gpu",
)
PROMISES = "promises"
"""Takes hours, so only where asked for."""


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m vadline.bench", description=__doc__)
    add = parser.add_argument
    read = [name for name in SOURCES if name != "cutpaste"]
    add("--source", choices=read, default="demo", help="where the photographs come from")
    add("--root", type=Path, help="the source's folder; the demo renders its own")
    add("--category", help="product, for mvtec and visa")
    add("--size", type=int, default=256, help="side of the images in pixels")
    add("--bank", type=int, default=1000, help="patches in the memory bank")
    add("--maps", type=int, default=2000, help="anomaly maps for the pixel metrics")
    add(
        "--growing",
        type=int,
        nargs="+",
        default=[250, 500, 1000, 2000],
        metavar="N",
        help="training images of the scaling table",
    )
    add("--repeats", type=int, default=3, help="counted rounds of each comparison")
    add("--threads", type=int, default=os.cpu_count(), help="for every side")
    add("--only", nargs="+", choices=(*PARTS, PROMISES), default=PARTS, help="parts to measure")
    add(
        "--goods",
        type=int,
        nargs="+",
        default=[30, 100, 300],
        metavar="N",
        help="good parts to learn from, for promises",
    )
    add("--draws", type=int, default=20, help="draws of each number of good parts")
    add(
        "--line",
        nargs=argparse.REMAINDER,
        default=[],
        metavar="ARGUMENT",
        help="what the line's own kedro run is given instead of this source; comes last",
    )
    add("--out", type=Path, default=Path("data/08_reporting/bench"), help="folder for the tables")
    return parser.parse_args(arguments)


def read_records(args: argparse.Namespace) -> list[Record]:
    """List the photographs of the source that is asked for."""
    root = None if args.root is None else str(args.root)
    try:
        source = SourceParams(name=args.source, root=root, category=args.category)
    except ValidationError as error:
        raise VadlineError(str(error.errors()[0]["msg"])) from error
    return read_source(source, Path("data/01_raw/made/demo/all"))


def cases(args: argparse.Namespace) -> Iterator[Case]:
    """Walk over the comparisons that are asked for, without those of anomalib if it is missing."""
    if "reading" in args.only:
        records = read_records(args)
        yield Case(
            f"read {len(records):,} photographs",
            {"ours": world.our_reading, "Pillow": world.plain_reading},
            {"records": records, "size": args.size},
            args.repeats,
        )
    if "coreset" in args.only:
        yield _coreset(30_000, 152, 1500, "cpu", args.repeats)
        yield Case(
            "coreset 779,000 x 152 to 1,000 from disk",
            {"ours": coreset.ours_from_disk},
            {"rows": 779_000, "channels": 152, "size": 1000, "device": "cpu"},
            args.repeats,
        )
    yield from _patchcore_cases(args)
    yield from _pixel_cases(args)
    if "gpu" in args.only and torch.cuda.is_available():
        yield _coreset(200_000, 1024, 2000, "cuda", args.repeats)
        yield _patchcore("PatchCore ResNet-50 on a GPU", args, "resnet50", "random", "cuda")


def _patchcore_cases(args: argparse.Namespace) -> Iterator[Case]:
    if "patchcore" in args.only:
        name = f"PatchCore {args.source}"
        # A round takes minutes.
        yield _patchcore(name, args, "efficientnet_lite0", None, "cpu", warmups=0)
    if "chosen" in args.only:
        yield Case(
            f"PatchCore as chosen for MTD, {args.source}",
            {"ours": patchcore.ours_chosen},
            {"folder": args.out / "images_chosen"},
            args.repeats,
            warmups=0,
        )
    if "adapter" in args.only and importlib.util.find_spec("anomalib"):
        yield Case(
            f"PaDiM of anomalib, {args.source}",
            {"ours": adapter.ours, "anomalib": adapter.engine},
            {"folder": args.out / "images"},
            args.repeats,
            warmups=0,
        )


def _pixel_cases(args: argparse.Namespace) -> Iterator[Case]:
    if "pixels" in args.only:
        made = {"count": args.maps, "size": 256}
        sides = {"ours": pixels.our_auroc, "scikit-learn": pixels.sklearn_auroc}
        yield Case(f"pixel AUROC and F1, {args.maps:,} maps", sides, made, args.repeats, 0)
        sides = {"ours": pixels.our_aupro, "anomalib": pixels.anomalib_aupro}
        yield Case(f"AUPRO, {args.maps:,} maps", sides, made, args.repeats, 0)
    if "statistics" in args.only:
        yield Case(
            f"statistics, 7 segments, {args.maps // 2:,} maps",
            {"ours": pixels.our_statistics, "SciPy": pixels.scipy_statistics},
            {"count": args.maps // 2, "size": 256},
            args.repeats,
        )


def _coreset(rows: int, channels: int, size: int, device: str, repeats: int) -> Case:
    name = f"coreset {rows:,} x {channels:,} to {size:,}" + (" on a GPU" if device != "cpu" else "")
    inputs = {"rows": rows, "channels": channels, "size": size, "device": device}
    return Case(name, {"ours": coreset.ours, "anomalib": coreset.anomalib}, inputs, repeats)


def _patchcore(
    name: str,
    args: argparse.Namespace,
    backbone: str,
    weights: str | None,
    device: str,
    warmups: int = 1,
) -> Case:
    inputs = {"folder": args.out / "images", "bank": args.bank, "device": device}
    network = {"backbone": backbone, "weights": weights}
    sides = {"ours": patchcore.ours, "anomalib": patchcore.anomalib}
    return Case(name, sides, inputs | network, args.repeats, warmups)


def line_arguments(args: argparse.Namespace) -> list[str]:
    """Tell the line's own run which source this is."""
    if args.source == "demo":
        return []
    category = f",source.category={args.category}" if args.category else ""
    return [f"--env={args.source}", f"--params=source.root={args.root}{category}"]


def measure_growth(args: argparse.Namespace) -> pd.DataFrame:
    """Fit on more and more images, each time in a fresh process."""
    inputs = {"folder": args.out / "images", "bank": args.bank, "device": "cpu"}
    rows = []
    for images in args.growing:
        sides = {"ours": patchcore.ours_fit_only}
        case = Case(f"fit {images:,} images", sides, {**inputs, "images_wanted": images})
        runs = compare(case, args.threads)
        rows.append({"images": images, **runs[["seconds", "peak_mb", "held_mb"]].median()})
    return pd.DataFrame(rows)


def run(args: argparse.Namespace, console: Console) -> None:
    """Measure all parts; each table is on disk as soon as it is known."""
    args.out.mkdir(parents=True, exist_ok=True)
    if {"patchcore", "adapter", "scaling", "gpu"} & set(args.only):
        world.read_images(read_records(args), args.size, args.out / "images")
    if "chosen" in args.only:
        world.read_images(read_records(args), patchcore.CHOSEN_SIZE, args.out / "images_chosen")
    if "gpu" in args.only and not torch.cuda.is_available():
        console.print("No GPU here: not measured on one.")
    measured = []
    for case in cases(args):
        measured.append(compare(_without_missing(case, console), args.threads))
        runs = pd.concat(measured)
        runs.to_csv(args.out / "runs.csv", index=False)
        _keep(side_by_side(runs), "side_by_side", args.out)
    if measured:
        console.print(as_table(side_by_side(runs), f"Side by side, {args.threads} threads"))
    if "scaling" in args.only:
        growth = measure_growth(args)
        _keep(growth, "scaling", args.out)
        scaling_figure(growth).savefig(args.out / "scaling.png", dpi=150)
        console.print(as_table(growth, "Fitting more and more images"))
    if PROMISES in args.only:
        _promises(args, console)
    if "line" in args.only:
        profile = profile_line(args.line or line_arguments(args))
        _keep(profile, "line", args.out)
        console.print(as_table(profile, "The line, stage by stage"))
    console.print(f"Kept in {args.out}")


def _promises(args: argparse.Namespace, console: Console) -> None:
    torch.set_num_threads(args.threads)
    read = ingest(read_records(args), ImageParams(size=args.size), args.out / "images_whole")
    images = np.load(read.images, mmap_mode="r")
    rows: list[pd.DataFrame] = []
    for one in measure_promises(read.manifest, images, args.goods, args.draws):
        rows.append(one)  # kept as soon as it is known
        pd.concat(rows).to_csv(args.out / f"{PROMISES}_each.csv", index=False)
        _keep(summarise_promises(pd.concat(rows)), PROMISES, args.out)
    table = summarise_promises(pd.concat(rows))
    console.print(as_table(table, "Promised and kept, % of held-out parts"))


def _without_missing(case: Case, console: Console) -> Case:
    if "anomalib" not in case.sides or importlib.util.find_spec("anomalib"):
        return case
    console.print(
        'anomalib is not installed: pip install -e ".[anomalib]" to compare with it.', markup=False
    )
    sides = {name: build for name, build in case.sides.items() if name != "anomalib"}
    return Case(case.name, sides, case.inputs, case.repeats, case.warmups)


def _keep(frame: pd.DataFrame, name: str, folder: Path) -> None:
    frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / f"{name}.md").write_text(as_markdown(frame), encoding="utf-8")


def main() -> None:
    """Run the benchmark; a user's mistake ends in one line."""
    console = Console()
    if not console.is_terminal:
        console.width = 160
    try:
        run(parse(), console)
    except VadlineError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
