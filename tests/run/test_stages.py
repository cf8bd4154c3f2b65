"""What a person reads while a run is at work: a line for each stage that is done."""

import logging

import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from vadline.run.stages import StageLines

MANIFEST = pd.DataFrame(
    {
        "label": ["good"] * 31 + ["bad"] * 40,
        "defect": ["good"] * 31 + ["scratch"] * 40,
        "mask_path": [None] * 31 + ["m.png"] * 40,
    }
)


def node(name, stage, output):
    return Node(lambda x: x, inputs="x", outputs=output, name=name, tags=stage)


def profile(*stages):
    return pd.DataFrame({"stage": stages, "seconds": 2.0, "peak_memory_mb": 1500.0})


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "vadline")
    nodes = [node("read", "ingest", "manifest"), node("check", "ingest", "checked")]
    fit = Pipeline([node("fit", "memory_bank", "model")], namespace="patchcore", inputs={"x"})
    lines = StageLines()
    catalog = DataCatalog({"manifest": MemoryDataset(MANIFEST)})
    lines.begin(Pipeline(nodes, tags="ingest") + fit, catalog)
    return lines


def test_a_stage_is_done_once_all_its_outputs_are_saved(lines):
    read, check = node("read", "ingest", "manifest"), node("check", "ingest", "checked")
    assert not lines.saved(read, "manifest")
    assert lines.saved(check, "checked")


def test_each_stage_is_told_once_with_what_was_found(lines, caplog):
    lines.tell(profile("ingest"))
    lines.tell(profile("ingest", "memory_bank"))
    ingest, bank = caplog.messages
    assert ingest.split() == [
        *["ingest", "2.0", "s", "1.5", "GB"],
        *["31", "goods,", "40", "bads", "of", "one", "kind,", "40", "masks"],
    ]
    assert bank.split() == ["memory_bank", "2.0", "s", "1.5", "GB", "patchcore"]


def test_synthetic_defects_are_no_parts(caplog):
    caplog.set_level(logging.INFO, "vadline")
    names = ["good/1", "good/2", "synthetic/forest/good/1", "synthetic/forest/good/2"]
    features = pd.DataFrame({"image_id": names, "maximum": 1.0})
    join = Pipeline([node("join", "segad_features", "segad_features")], tags="segad_features")
    lines = StageLines()
    lines.begin(join, DataCatalog({"segad_features": MemoryDataset(features)}))
    lines.tell(profile("segad_features"))
    assert caplog.text.strip().endswith("one feature of 2 parts, 2 synthetic defects")


def test_a_worker_which_never_began_tells_of_no_stage():
    assert not StageLines().saved(node("read", "ingest", "manifest"), "manifest")
