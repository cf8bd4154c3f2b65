"""SegAD's table on VisA comes from its authors' files alone."""

import pytest
from kedro.framework.project import pipelines
from tests.segad.visa_world import publish

from vadline.errors import VadlineError
from vadline.pipelines.segad_visa.nodes import describe_visa, measure_visa
from vadline.segad.published import describe_published
from vadline.segad.published_table import measure_published


def test_the_table_is_made_from_the_authors_files(finished, tmp_path):
    root = publish(tmp_path)
    rows = measure_visa(describe_visa(str(root), None), 10, (333, 576)).set_index("row")
    setups = ("rd4ad", "efficient_ad", "all_ad")
    assert rows.index.tolist() == [f"{s} {c}" for s in setups for c in ("mean", "candle", "pcb1")]
    own = measure_published(describe_published(root, "pcb1", "all_ad"), 10, (333, 576))
    for key, value in own.items():
        assert rows.loc["all_ad pcb1", key] == pytest.approx(value, abs=1e-6)
    assert rows.loc["all_ad pcb1", "published"] == 0.992
    assert finished.catalog().get("segad_visa").metadata["mlflow"] == "table"
    assert all(name.startswith("params:") for name in pipelines["segad_visa"].inputs())


def test_without_a_folder_it_says_how_to_name_one():
    with pytest.raises(VadlineError, match=r"--params segad_visa.root=FOLDER"):
        describe_visa(None, None)
