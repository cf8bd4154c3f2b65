"""Nodes get typed settings, just those that they use; Kedro sees through bound arguments."""

import inspect

from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from vadline.apc.params import APCParams
from vadline.config import parsing
from vadline.detectors import PatchCoreParams
from vadline.run import parameters as hooks
from vadline.segad import ForestParams, SetupParams


def test_settings_come_typed_with_all_their_defaults_and_are_parsed_once(project, monkeypatch):
    calls = []
    monkeypatch.setattr(hooks, "parse", lambda *said: calls.append(1) or parsing.parse(*said))
    bootstrap_project(project.path)
    with KedroSession.create(project.path, env="test") as session:
        catalog = session.load_context().catalog
    patchcore = catalog.load("params:detectors.patchcore")
    assert isinstance(patchcore, PatchCoreParams)
    assert patchcore.backbone.name == catalog.load("params:backbone").name
    assert isinstance(catalog.load("params:segad.forest"), ForestParams)
    assert isinstance(catalog.load("params:segad.setups.all_ad"), SetupParams)
    assert isinstance(catalog.load("params:apc"), APCParams)
    assert catalog.load("params:f2pad.references") == 10
    assert catalog.load("params:decide.gallery") == 8
    assert len(calls) == 1


def test_no_node_takes_more_than_eight_inputs_or_the_whole_tree(finished):
    finished.load("split")
    for node in pipelines["segad_vad"].nodes:
        gathers = any(
            p.kind is p.VAR_POSITIONAL for p in inspect.signature(node.func).parameters.values()
        )
        assert gathers or len(node.inputs) <= 8, node
        assert not {"parameters", "params:segad", "params:decide"} & set(node.inputs), node
