"""How stages are made of nodes, so that kedro-viz draws a box for each."""

from collections.abc import Iterable

from kedro.pipeline import Node, Pipeline


def as_stage(name: str, *parts: Node | Pipeline) -> Pipeline:
    """Put nodes and detectors' pipelines into one stage, a namespace and a tag.

    Datasets keep their names.
    """
    return Pipeline(grouped(name, parts), tags=name)


def grouped(name: str, parts: Iterable[Node | Pipeline]) -> Pipeline:
    """Put nodes and pipelines into a namespace; datasets keep their names."""
    return Pipeline([*parts], namespace=name, prefix_datasets_with_namespace=False)
