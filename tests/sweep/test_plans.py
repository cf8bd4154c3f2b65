"""The plans that come along: each is read, passes all checks, and shows rows that there will be."""

from __future__ import annotations

import importlib.util
from itertools import product
from pathlib import Path

import pytest

import vadline.pipelines
from vadline.calibration import thresholds_table
from vadline.config.parsing import parse
from vadline.defects.params import PASTES
from vadline.detectors import DetectorParams
from vadline.detectors.registry import KINDS
from vadline.f2pad.benchmark.variants import ADAPTIVE, MAP, START, WEIGHTS, ablations
from vadline.metrics.table_rows import DETECTION_COLUMNS, PLAIN, SEGAD_COLUMNS, SEGAD_METRICS
from vadline.pipelines.segad_ablation.nodes import ROWS
from vadline.segad import PROBE
from vadline.segad.published import COMPONENTS, SETUPS
from vadline.sweep import read_plan
from vadline.sweep.cell import TABLES
from vadline.sweep.needs import loader_of

PROJECT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (PROJECT / "conf/plans").glob("*.yml"))
PIPELINES = {path.name for path in Path(vadline.pipelines.__path__[0]).iterdir() if path.is_dir()}
METHODS = (MAP, ADAPTIVE, START, *WEIGHTS)
OTHERS = {"AHL", "DRA", "DevNet", "DifferNet"}
"""Of which there are published figures alone."""
RATES_TABLE = thresholds_table([0.0], [1.0])
COLUMNS = {
    "detection": set(DETECTION_COLUMNS),
    "segad": set(SEGAD_COLUMNS),
    "thresholds": set(RATES_TABLE),
    "segad_ablation": set(SEGAD_METRICS),
    "segad_visa": set(SEGAD_METRICS),
    "apc_ablation": set(DETECTION_COLUMNS),
    "f2pad_benchmark": {"iou", "dice"},
    "f2pad_benchmark_ablation": {"iou", "dice"},
    "f2pad_benchmark_cost": {"iterations", "seconds"},
    "f2pad_benchmark_sizes": set(METHODS),
}


def rows_of(parameters):
    """Name the rows of all tables that a cell can leave."""
    line, benchmark = parameters.line, parameters.f2pad_benchmark
    detectors, variants = benchmark.detectors, (START, *ablations(parameters.f2pad), "gradient")
    cells = {
        "f2pad_benchmark": (benchmark.settings, PASTES, detectors, METHODS),
        "f2pad_benchmark_ablation": (detectors, variants),
        "f2pad_benchmark_cost": (benchmark.settings, detectors, WEIGHTS),
        "segad_visa": (SETUPS, ["mean", *COMPONENTS]),
    }
    probe = [PROBE] if parameters.shape().has_probe() else []
    return {
        "detection": {*line.detectors, *probe, *(["mean"] if len(line.detectors) > 1 else [])},
        "segad": set(line.setups),
        "thresholds": set(RATES_TABLE.index),
        "segad_ablation": set(ROWS),
        "apc_ablation": set(parameters.apc_ablation.rows),
        **{name: set(map(" ".join, product(*words))) for name, words in cells.items()},
    }


@pytest.fixture
def _anomalib_or_not(monkeypatch):
    """Let its kinds be known where it is not installed; their own settings are not checked then."""
    if importlib.util.find_spec("anomalib") is None:
        for kind in ("fastflow", "rd4ad", "efficientad"):
            monkeypatch.setitem(KINDS, kind, "tests.sweep.test_plans:AnyDetector")


class AnyDetector:
    """Stands for a detector of a kind that is not installed, and takes any settings."""

    class Params(DetectorParams, extra="allow"):
        image_score: str = "model"


def parsed(plan):
    """Check one cell of each product and arm; return the parameters by these."""
    cells = {(cell.product, cell.arm): cell for cell in plan.cells()}
    conf = PROJECT / "conf"
    return {key: parse(loader_of(cell, conf)["parameters"]) for key, cell in cells.items()}


def test_there_is_a_plan_for_every_table():
    assert {name.partition("_")[0] for name in NAMES} == {
        *("apc", "segad", "f2pad", "elpv", "mtd", "readme")
    }
    assert len(NAMES) == 13


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_told_apart(name):
    found, plan = read_plan(name, PROJECT)
    cells = plan.cells()
    assert found == name
    assert len({cell.name for cell in cells}) == len(cells)
    assert set(cells[0].pipelines) <= PIPELINES
    assert set(plan.tables) <= set(TABLES)
    assert all(each.needs for each in plan.products.values())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("_anomalib_or_not")
def test_what_is_shown_will_be_there(name):
    _, plan = read_plan(name, PROJECT)
    found = parsed(plan)
    rows = {table: set() for table in COLUMNS}
    for parameters in found.values():
        assert parameters.source.name != "demo" or name == "readme"
        for table, names in rows_of(parameters).items():
            rows[table] |= names
    assert all(set(metrics) <= COLUMNS[table] for table, metrics in plan.tables.items())
    shown = set.union(*(rows[table] for table in plan.tables if table in rows))
    assert set(plan.rows or ()) <= shown
    assert not plan.against or plan.against in shown
    for fact in plan.published:
        tables = [fact.table] if fact.table else list(plan.tables)
        assert fact.row in set.union(*(rows[table] for table in tables)) | OTHERS, fact
        assert all(fact.metric in plan.tables[table] for table in tables), fact
        assert fact.product in {"", *plan.shown()}, fact
        assert fact.arm in {"", *plan.arms}, fact
        assert 0 < fact.value <= (100 if fact.metric not in PLAIN else 1000), fact
    told = [(f.source, f.table, f.product, f.arm, f.row, f.metric) for f in plan.published]
    assert len(set(told)) == len(told)


def test_the_papers_shares_are_what_the_plans_ask_for():
    for name in NAMES:
        for parameters in [] if "segad" not in name else parsed_split(name):
            assert parameters["scheme"] == "holdout"
            assert parameters["calibration_share"] == 0


def parsed_split(name):
    """Return the settings of the split of a plan's first cell, where it reads photographs."""
    cell = read_plan(name, PROJECT)[1].cells()[0]
    return [loader_of(cell, PROJECT / "conf")["parameters"]["split"]][: cell.takes_photographs]
