"""The pipeline apc_ablation; no part of the line."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current
from vadline.config.line import bound
from vadline.detectors import PatchCoreParams
from vadline.pipelines.apc_ablation.nodes import BASELINE, gather, measure_variant, train_variant

VARIANTS: dict[str, dict[str, Any]] = {
    "cls": {"tasks": ("cls",)},
    "cls_segm": {"tasks": ("cls", "segm")},
    "cls_segm_recon": {"tasks": ("cls", "segm", "recon")},
    "u_net4": {"skips": 4},
    "random_start": {},
    "basic_augmentation": {"cutpaste": False},
}
"""What each row changes in `apc`: tasks (table 3), decoder (4), start (5), augmentation (6).

`none` is the encoder as pretrained; rows from u_net4 on are held against cls_segm_recon.
"""


def create_pipeline() -> Pipeline:
    """Build the pipeline."""
    names = list(current().apc_ablation.rows)
    table = Node(
        bound(gather, names=names),
        inputs=[f"{name}.ablated_row" for name in names],
        outputs="apc_ablation",
        name="gather",
        tags="apc_ablation",
    )
    rows = [_baseline() if name == BASELINE else _variant(name) for name in names]
    return sum(rows, Pipeline([table]))


def _baseline() -> Pipeline:
    shared = ["images", "masks", "roi", "split"]
    pretrained = _on_apc().model_copy(update={"encoder": "pretrained"})
    measure = Node(
        bound(measure_variant, name=f"APC {BASELINE}", detector=pretrained),
        inputs=[*shared, "params:seed"],
        outputs="ablated_row",
        name="measure",
    )
    return _under(BASELINE, [measure], shared)


def _variant(name: str) -> Pipeline:
    apc = current().apc
    start = apc.network().model_copy(update={"weights": "random"})
    changes = {"backbone": start} if name == "random_start" else VARIANTS[name]
    shared = ["images", "masks", "roi", "split"]
    train = Node(
        bound(train_variant, apc=apc.model_copy(update=changes)),
        inputs=[*shared, "synthetic", "params:seed", "ablated_checkpoints"],
        outputs="ablated_network",
        name="train",
    )
    measure = Node(
        bound(measure_variant, name=f"APC {name}", detector=_on_apc()),
        inputs=[*shared, "params:seed", "ablated_network"],
        outputs="ablated_row",
        name="measure",
    )
    return _under(name, [train, measure], [*shared, "synthetic"])


def _under(name: str, nodes: list[Node], shared: list[str]) -> Pipeline:
    return Pipeline(
        nodes,
        namespace=name,
        inputs=set(shared),
        parameters={"params:seed"},
        tags="apc_ablation",
    )


def _on_apc() -> PatchCoreParams:
    """Return the settings of the line's detector on APC's encoder."""
    whole = current()
    for own in whole.detectors.values():
        if type(own) is PatchCoreParams and own.encoder == "apc":
            return own
    return PatchCoreParams(encoder="apc", backbone=whole.backbone)
