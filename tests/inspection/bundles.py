"""An inspector around a fitted detector, without a run of the line."""

import numpy as np
import pandas as pd
import torch

from vadline.backbones import BackboneParams
from vadline.calibration import calibrate, fit_drift, photograph_statistics, typical_anomaly
from vadline.detectors import AnomalyMaps
from vadline.inspection import Bundle, usual_features
from vadline.probe import Probe, ProbeParams, pretrained, probe_features, probe_state
from vadline.segad import (
    BlendedForest,
    BlendParams,
    ForestParams,
    describe_maps,
    described_names,
    feature_frame,
    image_score_columns,
    part_segments,
    setup_columns,
)
from vadline.state import ModelState


def described(detector, images, segments, per_part=False):
    """Return the segment statistics, image scores and statistics of photographs."""
    rows = np.arange(len(images))
    grid, scores = detector.score(images, rows)
    maps = AnomalyMaps(grid, images.shape[1:3], detector.params.sigma_at(images.shape[1:3]))
    names = ["left", "right"]
    segments = part_segments(images, rows, segments) if per_part else segments
    found = describe_maps(maps.pixels(rows), segments, names)
    features = feature_frame(found, detector.name, described_names(names), list(map(str, rows)))
    features[f"{detector.name}.image_score"] = scores
    looks = photograph_statistics(images, rows)
    looks[f"{detector.name}'s map"] = typical_anomaly(grid)
    return features, looks


def probed(detector, images, bad):
    """Return a probe that looks where a detector does, and its scores of the images."""
    rows, params = np.arange(len(images)), ProbeParams()
    features = probe_features(BackboneParams(), params)
    seen = features.split(features.describe(images, rows, detector.score(images, rows)[0], "probe"))
    probe = Probe(params).fit(seen, bad)
    extractor = pretrained(BackboneParams(), params)
    state = probe_state(probe, extractor, BackboneParams().name)
    state = ModelState(state.tensors, {**state.config, "detector": detector.name})
    return state, probe.decision_function(seen)


def bundle_around(detector, images, bad, segments, region=None, probe=False, per_part=False):
    """Return a bundle, and the scores that it must give the same images again."""
    features, looks = described(detector, images, segments, per_part)
    names = [detector.name]
    statistics = setup_columns(features, names, include_image_score=False, whole=probe)
    own = image_score_columns(features, names)
    model, probe_scores = probed(detector, images, bad) if probe else (None, None)
    forest = BlendedForest(ForestParams(trees=5), BlendParams(kind="safe" if probe else "count"), 0)
    forest.fit(features[statistics], bad, features[own], probe=probe_scores)
    scores = forest.decision_function(features[statistics], features[own], probe_scores)
    tensors = {"segments": torch.from_numpy(segments)}
    if region is not None:
        tensors["region"] = torch.from_numpy(region)
    told = {"segment_names": ["left", "right"], "per_part": per_part}
    bundle = Bundle(
        made_by={"source": "folder", "category": "parts", "version": "0", "manifest_hash": "0"},
        setup={
            "name": "one",
            "detectors": [detector.name],
            "classifier": None,
            "include_image_score": False,
            "whole": probe,
        },
        calibration=calibrate(scores[~bad], scores[bad], 0.1, None, 0.5).to_dict(),
        drift=fit_drift(looks[~bad]).to_dict(),
        usual=usual_features(features[~bad], names),
        reading=ModelState(tensors, {"size": images.shape[1], "sixteen_bit_max": 65535, **told}),
        masking=None,
        detectors={detector.name: detector.state()},
        forest=forest,
        card="# Card\n",
        probe=model,
    )
    return bundle, pd.Series(scores)


def halves(size):
    """Return a segmentation map of two halves, uint8 (size, size)."""
    return np.repeat((np.arange(size) >= size // 2).astype(np.uint8)[None], size, axis=0)
