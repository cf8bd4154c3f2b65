"""SegAD's ablation, on what a run has left."""

from kedro.framework.project import pipelines

from vadline.pipelines.segad_ablation.nodes import ablate, describe_maxima
from vadline.segad import ForestParams


def test_each_row_is_measured_on_what_a_run_has_left(finished):
    catalog = finished.catalog()
    load = catalog.load
    shared = [load(name) for name in ("split", "segments", "segment_names")]
    own = [load(f"apc.{name}") for name in ("anomaly_maps", "synthetic_maps", "scores")]
    maxima = describe_maxima(*own, *shared, name="apc")
    assert maxima["image_id"].tolist() == own[2]["image_id"].tolist()
    features, split = load("segad_features"), shared[0]
    forest = ForestParams(max_depth=2)
    table = ablate(features, split, load("synthetic"), forest, 0, maxima, names=["apc"])
    rows = table.set_index("row")
    assert rows.index.tolist() == ["an_det", "one_seg", "max", "bt", "rf", "segad"]
    assert rows.stack().between(0, 1).all()
    assert (rows["image_auroc"] == rows["apc_image_auroc"]).all()  # one detector's mean
    detection = load("detection").set_index("row")
    assert abs(rows.loc["an_det", "image_auroc"] - detection.loc["apc", "image_auroc"]) < 1e-6
    needed = pipelines["segad_ablation"].inputs()
    assert all(name.startswith("params:") or catalog.exists(name) for name in needed)
