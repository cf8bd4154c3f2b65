"""Settings: of the class that their kind names, and refused where they contradict each other."""

import pytest
from pydantic import BaseModel, SerializeAsAny, ValidationError

from vadline.detectors import KINDS, DetectorParams, PatchCoreParams
from vadline.detectors.padim.params import PaDiMParams


class Tree(BaseModel):
    detectors: dict[str, SerializeAsAny[DetectorParams]]


def test_a_blurred_score_is_not_re_weighted():
    with pytest.raises(ValidationError, match="neighbours re-weighs"):
        PatchCoreParams(neighbours=9)
    assert PatchCoreParams(image_score="patch", neighbours=9).neighbours == 9


@pytest.mark.parametrize("kind", KINDS)
def test_settings_are_of_the_class_that_their_kind_names(kind):
    settings = {"kind": kind} | ({"model": "padim"} if kind == "anomalib" else {})
    found = DetectorParams.model_validate(settings)
    assert type(found) is not DetectorParams
    assert found.kind == kind
    assert DetectorParams.model_validate(found) is found


def test_a_tree_holds_each_detectors_own_settings_and_writes_them_back():
    given = {"one": {"kind": "padim", "channels": 7}, "two": PatchCoreParams(pool=1)}
    tree = Tree.model_validate({"detectors": given})
    assert tree.detectors == {"one": PaDiMParams(channels=7), "two": PatchCoreParams(pool=1)}
    assert tree.model_dump()["detectors"]["one"]["channels"] == 7
    assert Tree.model_validate(tree.model_dump(mode="json")) == tree


@pytest.mark.parametrize(
    ("settings", "key", "words"),
    [
        ({"pool": 3}, (), "kind is missing: choose patchcore, padim"),
        ({"kind": "patchcor"}, (), "kind 'patchcor' is not a detector: choose patchcore"),
        ({"kind": "nowhere:Thing"}, (), "there is no module nowhere; put it"),
        ("patchcore", (), "'patchcore' is no mapping"),
        ({"kind": "padim", "pool": 3}, ("pool",), "Extra inputs"),
        ({"kind": "padim", "channels": 0}, ("channels",), "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_at_its_place(settings, key, words):
    with pytest.raises(ValidationError, match=words) as caught:
        Tree.model_validate({"detectors": {"one": settings}})
    (error,) = caught.value.errors()
    assert error["loc"] == ("detectors", "one", *key)
    assert "\n" not in error["msg"]


def test_a_kinds_own_class_takes_its_settings_as_they_are():
    assert PaDiMParams.model_validate({"channels": 3}).kind == "padim"
    assert PaDiMParams(kind="my_module:Class").kind == "my_module:Class"
