"""Parameters are checked before anything is read, and mistakes are told in one line."""

from pathlib import Path

import pytest
import yaml

from vadline.errors import VadlineError
from vadline.params import parse

CONF = Path(__file__).parents[1] / "conf"


@pytest.fixture
def raw():
    return yaml.safe_load((CONF / "base/parameters.yml").read_text())


def merged(base, over):
    both = {**base, **over}
    for key in base.keys() & over.keys():
        if isinstance(base[key], dict) and isinstance(over[key], dict):
            both[key] = merged(base[key], over[key])
    return both


@pytest.mark.parametrize("env", ["vad", "visa", "mvtec", "elpv", "mtd", "folder", "test"])
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
        ({"line": {"detectors": ["padim"], "refined": []}}, ["padim"]),
        ({"line": {"setups": ["nothing"]}}, ["nothing", "segad.setups"]),
        ({"decide": {"setup": "nothing"}}, ["decide.setup", "nothing"]),
        ({"line": {"refined": ["padim"]}}, ["padim", "refined"]),
        ({"segad": {"segments": {"knd": "vad"}}}, ["segad.segments.knd", "kind"]),
        ({"f2pad": {"window": 4}}, ["window must be odd"]),
    ],
)
def test_a_mistake_is_one_line_that_names_the_key(raw, change, words):
    with pytest.raises(VadlineError) as caught:
        parse(merged(raw, change))
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_the_line_follows_the_parameters(raw):
    change = {
        "line": {"detectors": ["patchcore"], "setups": ["patchcore"], "refined": []},
        "decide": {"setup": "patchcore"},
    }
    line = parse(merged(raw, change)).configured_line()
    assert line.detectors == ("patchcore",)
    assert not line.uses_apc()
    assert parse(raw).configured_line().uses_apc()
