"""Parameters are checked before anything is read, and mistakes are told in one line."""

import copy
from pathlib import Path

import pytest
import yaml

from vadline.config.complete import complete
from vadline.config.parsing import parse
from vadline.errors import VadlineError
from vadline.images.tiles import TileParams
from vadline.sources import SOURCES

CONF = Path(__file__).parents[2] / "conf"


@pytest.fixture
def raw():
    return yaml.safe_load((CONF / "base/parameters.yml").read_text())


def merged(base, over):
    both = {**base, **over}
    for key in base.keys() & over.keys():
        if isinstance(base[key], dict) and isinstance(over[key], dict):
            both[key] = merged(base[key], over[key])
    return both


def test_all_rejected_parts_are_refined_unless_told(raw):
    assert parse(raw).f2pad.max_images is None


@pytest.mark.parametrize("env", [*(name for name in SOURCES if name != "demo"), "test"])
def test_every_environment_is_valid(raw, env):
    over = yaml.safe_load((CONF / env / "parameters.yml").read_text())
    assert parse(merged(raw, over)).source.name == over["source"].get("name", "demo")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sed": 1}, ["sed", "seed"]),
        ({"split": {"protcol": "one_class"}}, ["split.protcol", "protocol"]),
        ({"split": {"protocol": "few"}}, ["split.protocol", "'few'"]),
        ({"detectors": {"patchcore": {"cor_size": 3}}}, ["detectors.patchcore.cor_size"]),
        ({"images": {"size": 250}}, ["images.size", "32"]),
        ({"images": {"mm_per_pixel": 0}}, ["images.mm_per_pixel", "greater than 0"]),
        ({"detectors": {"patchcore": {"kind": "patchcor"}}}, ["detectors.patchcore", "patchcor'"]),
        ({"detectors": {"apc": {"kind": "no.such:Thing"}}}, ["detectors.apc", "no.such"]),
        ({"detectors": {"apc": 3}}, ["detectors.apc", "3"]),
        ({"line": {"detectors": "wrn"}}, ["line.setups", "patchcore"]),
        ({"line": {"detectors": ["mine"]}}, ["detectors.mine", "kind is missing"]),
        ({"line": {"setups": ["nothing"]}}, ["nothing", "segad.setups"]),
        ({"decide": {"setup": "nothing"}}, ["decide.setup", "nothing"]),
        ({"line": {"refined": ["cflow"]}}, ["cflow", "refined"]),
        ({"line": {"detectors": ["patchcore", "wrn"], "refined": ["wrn"]}}, ["wrn", "refined"]),
        (
            {
                "split": {"scheme": "holdout"},
                "line": {"detectors": ["patchcore", "dra"]},
                "detectors": {"dra": {"learn_from": "training"}},
                "segad": {"setups": {"dra": {"detectors": ["dra"]}}},
            },
            ["segad.setups.dra", "learn_from"],
        ),
        ({"backbone": {"name": "resnet999"}}, ["backbone.name", "resnet999"]),
        ({"detectors": {"apc": {"backbone": {"weights": "no.pth"}}}}, ["no.pth"]),
        ({"segad": {"segments": {"knd": "vad"}}}, ["segad.segments.knd", "kind"]),
        ({"f2pad": {"window": 4}}, ["window must be odd"]),
        ({"detectors": {"mean": {"kind": "padim"}}}, ["mean", "rename"]),
        ({"detectors": {"probe": {"kind": "padim"}}}, ["probe", "rename"]),
        ({"line": {"probe": "cflow"}}, ["line.probe", "cflow"]),
        ({"split": {"scheme": "holdout"}, "line": {"probe": "padim"}}, ["scheme=cross_fit"]),
        (
            {
                "line": {"probe": "none", "setups": ["mine"]},
                "segad": {"setups": {"mine": {"detectors": ["padim"], "probe": True}}},
            },
            ["segad.setups.mine", "line.probe"],
        ),
        ({"split": {"protocol": "all", "scheme": "holdout"}}, ["split.scheme=cross_fit"]),
        ({"segad_visa": {"bad_part": 9}}, ["segad_visa.bad_part", "bad_parts"]),
        ({"segad_visa": {"classes": "pcb1 pcb9"}}, ["segad_visa.classes", "'pcb9'", "pcb4"]),
        ({"segad_visa": {"seeds": []}}, ["segad_visa.seeds"]),
        ({"f2pad_benchmark": {"image": 9}}, ["f2pad_benchmark.image", "images"]),
        ({"f2pad_benchmark": {"detectors": "no"}}, ["f2pad_benchmark.detectors", "'no'"]),
        ({"f2pad_benchmark": {"detectors": "wrn"}}, ["f2pad_benchmark.detectors", "wrn"]),
        ({"f2pad_benchmark": {"detectors": "apc"}}, ["f2pad_benchmark.detectors", "features"]),
        ({"f2pad_benchmark": {"defects": {"sizes": [0.2, 0.1]}}}, ["sizes must ascend"]),
        ({"decide": {"review_rate": 0.01}}, ["review_rate", "set it higher"]),
    ],
)
def test_a_mistake_is_one_line_that_names_the_key(raw, change, words):
    with pytest.raises(VadlineError) as caught:
        parse(merged(raw, change))
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_lists_of_segad_visa_may_be_one_word_or_several(raw):
    chosen = {"classes": "pcb4, pcb1 pcb4", "seeds": 333}
    settings = parse(merged(raw, {"segad_visa": chosen})).segad_visa
    assert (settings.classes, settings.seeds) == (("pcb4", "pcb1"), (333,))
    assert parse(raw).segad_visa.classes is None


def test_detectors_of_the_benchmark_have_an_entry_each(raw):
    params = parse(raw)
    assert params.f2pad_benchmark.detectors == ("patchcore", "padim", "cflow")
    assert "cflow" not in params.line.detectors
    change = {
        "backbone": {"name": "resnet18", "weights": "random"},
        "detectors": {"mine": {"kind": "padim", "channels": 7}},
        "f2pad_benchmark": {"detectors": "mine, cflow", "rho": 2},
    }
    params = parse(merged(raw, change))
    assert params.f2pad_benchmark.detectors == ("mine", "cflow")
    assert params.f2pad_benchmark.rho == (2.0,)
    assert params.detectors["cflow"].network().name == "resnet18"


def test_an_entry_that_the_benchmark_cannot_use_stops_no_other_run(raw):
    change = {"detectors": {"patchcore": {"encoder": "apc"}, "padim": {"kind": "wrn"}}}
    assert parse(merged(raw, change)).f2pad_benchmark.detectors == ("cflow",)


def test_the_line_follows_the_parameters(raw):
    for name in ("patchcore", "padim"):
        alone = parse(merged(raw, {"line": {"detectors": name}}))
        line = alone.shape()
        assert line.detectors == line.refined == (name,)
        assert line.setups == (name, "segad_safe")
        assert alone.decide.setup == "segad_safe"
        assert line.probe == name
        assert not line.uses_apc()
    assert parse(raw).shape().uses_apc()


def test_the_probe_needs_folds_known_bads_and_a_setup_that_asks_for_it(raw):
    assert parse(raw).shape().has_probe()
    without = [
        {"split": {"scheme": "holdout"}},
        {"split": {"protocol": "one_class"}},
        {"line": {"setups": "all_ad"}},
        {"line": {"probe": "none"}},
    ]
    for change in without:
        params = parse(merged(raw, change))
        assert not params.shape().has_probe()
        assert not any(params.segad.setups[name].probe for name in params.line.setups)
    assert parse(merged(raw, {"line": {"probe": "padim"}})).line.probe == "padim"


def test_the_segments_are_vad_s_for_parts_that_lie_like_it_and_else_decided_by_the_split(raw):
    vad = yaml.safe_load((CONF / "vad/parameters.yml").read_text())
    own = yaml.safe_load((CONF / "folder/parameters.yml").read_text())
    grid = {"segad": {"segments": {"kind": "grid"}}}
    for over, kind in ((None, "vad"), (vad, "vad"), (own, None), (grid, "grid")):
        assert parse(merged(raw, over or {})).segad.segments.kind == kind
    assert parse({}).segad.segments.kind == "vad"


def test_a_setup_blends_as_all_do_unless_it_says_otherwise(raw):
    mine = {"segad": {"blend": "cv", "setups": {"mine": {"detectors": ["padim"], "blend": "off"}}}}
    setups = parse(merged(raw, mine)).segad.setups
    kinds = {name: setups[name].blend.kind for name in ("all_ad", "segad_safe", "mine")}
    assert kinds == {"all_ad": "cv", "segad_safe": "safe", "mine": "off"}


def test_the_line_has_the_detectors_that_have_an_entry(raw):
    params = parse(merged(raw, {"detectors": {"cflow": None, "old": {"kind": "patchcore"}}}))
    assert params.line.detectors == ("patchcore", "padim", "apc", "cflow", "old")
    assert params.detectors["cflow"].kind == "cflow"


def test_without_bad_parts_nothing_is_fine_tuned_unless_asked_for(raw, tmp_path):
    own = {"source": {"name": "folder", "root": str(tmp_path)}, "split": {"protocol": "all"}}
    for change in (own, {"split": {"protocol": "one_class"}}):
        assert parse(merged(raw, change)).line.detectors == ("patchcore", "padim")
        asked = merged(change, {"line": {"detectors": "apc"}})
        assert parse(merged(raw, asked)).line.detectors == ("apc",)
    for name in ("good", "NG"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").touch()
    assert "apc" in parse(merged(raw, own)).line.detectors


def test_folds_let_a_forest_stand_on_whatever_learns_from_all(raw):
    all_of_it = {"dra": {"learn_from": "training"}}
    change = {"line": {"detectors": "patchcore dra"}, "detectors": all_of_it}
    assert parse(merged(raw, change)).segad.setups["all_ad"].detectors == ("patchcore", "dra")
    held_out = merged(change, {"split": {"scheme": "holdout"}})
    assert "all_ad" not in parse(merged(raw, held_out)).segad.setups


def test_setups_follow_from_the_detectors(raw):
    names = "patchcore padim wrn devnet"
    params = parse(merged(raw, {"line": {"detectors": names, "refined": "all"}}))
    setups = params.segad.setups
    assert setups["all_ad"].detectors == ("patchcore", "padim", "devnet")
    assert setups["all_ad_classifier"].classifier == setups["patchcore_wrn"].classifier == "wrn"
    assert set(params.line.setups) == set(setups)
    assert params.line.refined == ("patchcore", "padim")
    assert params.decide.setup == "segad_safe"
    assert params.shape().roles == {
        "patchcore": "detector",
        "padim": "detector",
        "wrn": "classifier",
        "devnet": "finetune",
    }


def test_detectors_on_apc_s_network_need_a_known_bad_part():
    raw = {"detectors": {"patchcore": {}, "mine": {"kind": "apc_fused"}, "apc_cls": {}}}
    assert complete(raw)["line"]["detectors"] == ["patchcore", "mine", "apc_cls"]
    raw["split"] = {"protocol": "one_class"}
    assert complete(raw)["line"]["detectors"] == ["patchcore"]


def test_completing_twice_changes_nothing_and_leaves_the_given_alone(raw):
    before = copy.deepcopy(raw)
    once = complete(raw)
    assert raw == before
    assert complete(once) == once


def test_all_who_look_at_photographs_look_at_the_tiles(raw):
    raw["images"]["tiles"] = "2x3"
    raw["detectors"]["padim"] = {"tiles": {"rows": 1}}
    parameters = parse(raw)
    cut = TileParams(rows=2, columns=3, overlap=32)
    assert parameters.detectors["patchcore"].tiles == cut
    assert parameters.apc.tiles == parameters.probe.tiles == cut
    assert parameters.detectors["padim"].tiles == TileParams()
