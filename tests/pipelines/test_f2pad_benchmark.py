"""F2PAD's benchmark, on what a run has left."""

from kedro.framework.project import pipelines

from vadline.detectors import DetectorParams, PatchCoreParams
from vadline.f2pad import F2PADParams
from vadline.f2pad.benchmark import F2PADBenchmarkParams
from vadline.pipelines.f2pad_benchmark.nodes import (
    draw_shown,
    fill_tables,
    make_benchmark,
    measure_detector,
)

PARAMS = F2PADBenchmarkParams(
    images=2, validation=1, pastes="near", solvers="proposals", sparsity=0.6, seeds=2
)


def test_a_detector_is_measured_on_what_a_run_has_left(finished):
    catalog = finished.catalog()
    images, masks, roi, split = (catalog.load(n) for n in ("images", "masks", "roi", "split"))
    made, goods = make_benchmark(images, masks, roi, split, PARAMS, 0)
    rows = made.table["source_row"].to_numpy()
    assert not split["test"].to_numpy()[goods["row"]].any()
    assert set(split["label"].iloc[rows]) == {"good"}
    assert goods["seed"].unique().tolist() == made.table["seed"].unique().tolist() == [0, 1]
    detector = PatchCoreParams(coreset_size=30)
    f2pad = F2PADParams(max_iterations=2, prior_pixels=500)
    parts, shown = measure_detector(
        made, images, roi, goods, detector, f2pad, PARAMS, setting="normal"
    )
    found = fill_tables(PARAMS, parts, cells=[("patchcore", "normal")])
    table = found[0].set_index("row")
    assert table.index.tolist() == [
        f"normal near patchcore {name}" for name in ("map", "mebin", "initialiser", "proposals")
    ]
    assert table["iou_sd"].notna().all()
    assert found[1].empty  # without the solver gradient
    assert found[2]["row"].tolist() == ["normal patchcore proposals"]
    assert found[3]["images"].sum() == 4
    assert len(found[4].data) == 4
    sheet = draw_shown(made, shown, parts, PARAMS)
    assert len(sheet.axes) == 2 * 4


def test_the_pipeline_has_a_node_for_each_detector_and_setting(finished):
    catalog = finished.catalog()
    pipeline = pipelines["f2pad_benchmark"]
    cells = {node.namespace: node for node in pipeline.nodes if node.namespace}
    names = ("patchcore", "padim", "cflow")
    assert set(cells) == {f"{name}_{s}" for name in names for s in ("normal", "few")}
    assert "params:detectors.cflow" in cells["cflow_few"].inputs
    assert DetectorParams.model_validate(catalog.load("params:detectors.cflow")).kind == "cflow"
    assert all(catalog.exists(each) for each in pipeline.inputs())
