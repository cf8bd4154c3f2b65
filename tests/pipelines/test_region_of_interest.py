"""What is black in roi.png influences nothing: no segment, no score, no decision, no mask."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from vadline.defects.synthetic import OUTSIDE

HIGH, WIDE = 80, 120
TINY = {
    "images": {"size": 64},
    "split": {
        **{"protocol": "supervised", "shots": 3, "finetune_bads": 2},
        **{"folds": 2, "network_folds": 2},
    },
    "apc": {"epochs": 1, "steps_per_epoch": 2, "batch_size": 4, "widths": [16, 16, 16]},
    "detectors": {
        **{name: {"coreset_size": 60} for name in ("patchcore", "apc")},
        "padim": {"channels": 10},
    },
    "segad": {"segments": {"kind": "foreground"}, "forest": {"trees": 5}},
    "f2pad": {"max_iterations": 5, "references": 5, "prior_pixels": 500},
    "decide": {"setup": "all_ad", "false_reject_rate": 0.3},
}


def region():
    """Return a region whose border falls between stored pixels, 80 being no multiple of 64."""
    rows, columns = np.mgrid[:HIGH, :WIDE]
    return (rows - 41) ** 2 + (columns - 58) ** 2 < 31**2


def parts(root, outside):
    """Write parts that are alike inside of the region; outside they are what is handed over."""
    inside, rng = region(), np.random.default_rng(0)

    def write(name, defect=None):
        picture = rng.normal(120, 12, (HIGH, WIDE, 3)).clip(0, 255).astype(np.uint8)
        if defect:
            picture[defect] = (230, 40, 40)
            mask = np.zeros((HIGH, WIDE), np.uint8)
            mask[defect] = 255
            save(root / "masks" / f"{name.removeprefix('bad/')}.png", mask)
        picture[~inside] = outside.integers(0, 256, (int((~inside).sum()), 3))
        save(root / f"{name}.png", picture)

    for index in range(12):
        write(f"good/{index}")
    for index in range(7):
        start = 25 + 4 * index
        write(f"bad/{index}", (slice(start, start + 9), slice(50, 64)))
    save(root / "roi.png", np.where(inside, 255, 0).astype(np.uint8))


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def test_pixels_outside_of_the_region_influence_nothing(project):
    found = []
    for seed in (1, 2):
        parts(project.path / f"{seed}/parts", np.random.default_rng(seed))
        params = TINY | {"source": {"root": str(project.path / f"{seed}/parts")}}
        params["source"]["category"] = f"product {seed}"
        project.run(env="folder", params=params)
        names = ("segad_features", "decisions", "detection", "refinement", "split")
        tables = {name: project.load(name, env="folder", params=params) for name in names}
        tables["refinement"] = tables["refinement"].drop(columns="seconds")
        tables["split"] = tables["split"].drop(columns="sha256")
        stored = ("images", "patchcore.refined_masks", "patchcore.recovered_images")
        stored += ("part_segments",)
        arrays = {name: project.load(name, env="folder", params=params) for name in stored}
        found.append((tables, arrays))
    for name, table in found[0][0].items():
        pd.testing.assert_frame_equal(table, found[1][0][name], check_exact=True)
    for name, array in found[0][1].items():
        np.testing.assert_array_equal(array, found[1][1][name])
    assert found[0][0]["refinement"]["images"].tolist() != [0]
    assert found[0][1]["patchcore.refined_masks"].any()
    roi = project.load("roi", env="folder", params=params)
    assert roi.shape == (64, 96)
    assert not found[0][1]["patchcore.refined_masks"][:, ~roi].any()
    assert found[0][0]["detection"]["image_auroc"].max() == pytest.approx(1, abs=0.3)
    segments = found[0][1]["part_segments"]
    assert (segments[:, ~roi] == OUTSIDE).all()
    assert {0, 1} <= set(np.unique(segments[:, roi]))  # bad parts' squares stand out
    load = project.catalog(env="folder", params=params).load
    said, paths = found[1][0]["decisions"], load("manifest").set_index("image_id")["path"]
    said = said[said["part"] == "test"]
    again = load("inspector").inspect(paths[said["image_id"]], refine=False)
    np.testing.assert_allclose([result.score for result in again], said["score"], atol=1e-4)
    assert [result.reason for result in again] == said["reason"].tolist()
    assert said["reason"].str.contains("in foreground").any()
