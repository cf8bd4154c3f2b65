"""The papers' ablations, on what a run has left."""

import pytest
from kedro.framework.project import pipelines

from vadline.apc import APCParams
from vadline.config.parsing import parse
from vadline.detectors import PatchCoreParams
from vadline.errors import VadlineError
from vadline.pipelines.apc_ablation.nodes import (
    BASELINE,
    gather,
    measure_variant,
    train_variant,
)
from vadline.pipelines.apc_ablation.pipeline import VARIANTS, create_pipeline
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


def test_each_row_of_apc_is_trained_and_measured_on_what_a_run_has_left(finished, tmp_path):
    catalog = finished.catalog()
    images, masks, roi, split = (catalog.load(n) for n in ("images", "masks", "roi", "split"))
    detector = PatchCoreParams(encoder="apc", coreset_size=30)
    apc = APCParams(epochs=1, steps_per_epoch=1, batch_size=2, widths=(8, 8, 8), skips=4)
    shared, name = (images, masks, roi, split), "u_net4"
    network = train_variant(*shared, catalog.load("synthetic"), 0, tmp_path, apc=apc)
    row = measure_variant(*shared, 0, network, name=name, detector=detector)
    plain = detector.model_copy(update={"encoder": "pretrained"})
    alone = measure_variant(*shared, 0, name="none", detector=plain)
    assert row != alone
    table = gather(alone, row, names=["none", name]).set_index("row")
    assert table[["image_auroc", "image_f1", "pixel_auroc", "pixel_f1"]].notna().all(axis=None)
    bound = {node.name: node.func.keywords for node in pipelines["apc_ablation"].nodes}
    assert bound["u_net4.train"]["apc"].skips == 4
    assert bound["cls.train"]["apc"].tasks == ("cls",)
    assert bound["random_start.train"]["apc"].network().weights == "random"
    needed = pipelines["apc_ablation"].inputs()
    assert all(each.startswith("params:") or catalog.exists(each) for each in needed)


def test_rows_of_apc_may_be_chosen(monkeypatch):
    chosen = parse({"apc_ablation": {"rows": "none, u_net4"}})
    assert parse({}).apc_ablation.rows == (BASELINE, *VARIANTS)
    monkeypatch.setattr("vadline.pipelines.apc_ablation.pipeline.current", lambda: chosen)
    names = {node.name for node in create_pipeline().nodes}
    assert names == {"gather", "none.measure", "u_net4.train", "u_net4.measure"}
    with pytest.raises(VadlineError, match=r"apc_ablation\.rows"):
        parse({"apc_ablation": {"rows": "unet"}})


def test_apc_cannot_be_ablated_without_a_test_part_of_both(finished):
    catalog = finished.catalog()
    images, masks, roi, split = (catalog.load(n) for n in ("images", "masks", "roi", "split"))
    goods = split.assign(test=split["test"] & (split["label"] == "good"))
    with pytest.raises(VadlineError, match=r"test part has .* and 0 bad"):
        measure_variant(images, masks, roi, goods, 0, name="none", detector=PatchCoreParams())
