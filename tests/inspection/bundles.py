"""An inspector around a fitted detector, without a run of the line."""

import numpy as np
import pandas as pd
import torch

from vadline.calibration import calibrate, fit_drift, photograph_statistics, typical_anomaly
from vadline.detectors import AnomalyMaps
from vadline.inspection import Bundle, usual_features
from vadline.segad import (
    BlendedForest,
    BlendParams,
    ForestParams,
    feature_frame,
    segment_statistics,
)
from vadline.state import ModelState


def described(detector, images, segments):
    """Return the segment statistics, image scores and statistics of photographs."""
    rows = np.arange(len(images))
    grid, scores = detector.score(images, rows)
    maps = AnomalyMaps(grid, images.shape[1], detector.params.blur_sigma)
    found = segment_statistics(maps.pixels(rows), segments, 2)
    features = feature_frame(found, detector.name, ["left", "right"], list(map(str, rows)))
    features[f"{detector.name}.image_score"] = scores
    looks = photograph_statistics(images, rows)
    looks[f"{detector.name}'s map"] = typical_anomaly(grid)
    return features, looks


def bundle_around(detector, images, bad, segments, region=None):
    """Return a bundle, and the scores that it must give the same images again."""
    features, looks = described(detector, images, segments)
    statistics = [name for name in features if not name.endswith("image_score")]
    own = [f"{detector.name}.image_score"]
    forest = BlendedForest(ForestParams(trees=5), BlendParams(kind="count"), 0)
    forest.fit(features[statistics], bad, features[own])
    scores = forest.decision_function(features[statistics], features[own])
    tensors = {"segments": torch.from_numpy(segments)}
    if region is not None:
        tensors["region"] = torch.from_numpy(region)
    bundle = Bundle(
        made_by={"source": "folder", "category": "parts", "version": "0", "manifest_hash": "0"},
        setup={
            "name": "one",
            "detectors": [detector.name],
            "classifier": None,
            "include_image_score": False,
        },
        calibration=calibrate(scores[~bad], scores[bad], 0.1, None, 0.5).to_dict(),
        drift=fit_drift(looks[~bad]).to_dict(),
        usual=usual_features(features[~bad]),
        reading=ModelState(
            tensors,
            {"size": images.shape[1], "sixteen_bit_max": 65535, "segment_names": ["left", "right"]},
        ),
        masking=None,
        detectors={detector.name: detector.state()},
        forest=forest,
        card="# Card\n",
    )
    return bundle, pd.Series(scores)


def halves(size):
    """Return a segmentation map of two halves, uint8 (size, size)."""
    return np.repeat((np.arange(size) >= size // 2).astype(np.uint8)[None], size, axis=0)
