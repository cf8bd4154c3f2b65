"""Protocols: how the images of a source are shared out among the roles of a run."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.errors import VadlineError
from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN, UNASSIGNED, is_unseen
from vadline.splits.draws import order_uniformly_over_kinds, share_of
from vadline.splits.leaks import SEEN_ROLES, check_leaks, drop_train
from vadline.splits.roles import RoleShares, assign_roles

logger = logging.getLogger(__name__)

PROTOCOLS = ("one_class", "low_shot", "high_shot", "supervised")
ROLES = (*SEEN_ROLES, "test")
ON_DUPLICATE = ("fail", "drop_train")

Indices = NDArray[np.int64]


def make_split(
    manifest: pd.DataFrame,
    *,
    protocol: str,
    seed: int,
    shots: int = 10,
    detector_share: float = 0.5,
    calibration_share: float = 0.1,
    classifier_share: float = 0.8,
    finetune_bads: int = 10,
    test_good_share: float = 0.25,
    on_duplicate: str = "fail",
) -> pd.DataFrame:
    """Give every image of a manifest its roles (SegAD, section 4; APC, section 4).

    Test is the source's own test part. Where the source makes no split it is
    ``test_good_share`` of the goods and all bads that are not drawn for training; there, only
    the first of several files with equal content plays a role.

    Training goods are divided: ``detector_share`` of them are ``detector`` and ``finetune``,
    ``calibration_share`` are ``calibration``, the rest are ``forest``. Training bads are, by
    protocol, none (``one_class``); the source's own list for this seed or else ``shots`` of its
    training bads (``low_shot``); all of its training bads (``high_shot``); or ``shots`` bads
    moved out of the test part, never of an unseen kind (``supervised``). They are divided into
    ``finetune``, ``finetune_bads`` of them but at most half, and ``forest``: maps of images that
    the extractor was tuned on would show the forest a contrast that new images lack. A single
    bad plays both. ``classifier`` is ``classifier_share`` of all training images; it may share
    images with every role but ``calibration`` and ``test``.

    Parameters
    ----------
    manifest : DataFrame
        As `vadline.images.ingest` gives it.
    protocol : str
        One of ``PROTOCOLS``.
    seed : int
        Not negative. Goods and bads are drawn from separate streams: with another protocol or
        number of shots the goods keep their roles, and fewer shots are a subset of more.
    shots : int
        Training bads to draw, uniformly over the kinds.
    detector_share, calibration_share, classifier_share : float
        Shares in [0, 1] of the training images; the first two must not exceed 1 together.
    finetune_bads : int
        The most bads for the extractor.
    test_good_share : float
        In (0, 1); only where the source makes no split.
    on_duplicate : {"fail", "drop_train"}
        What to do if a test image is also a training image: fail, or drop the latter.

    Returns
    -------
    DataFrame
        The manifest's ``image_id``, ``label`` and ``defect`` and a boolean column per role.

    Raises
    ------
    VadlineError
        If a setting is out of range, the protocol needs bads that the source lacks, a photograph
        is labelled both good and bad, the test part leaks, or no good is left for the detectors.
    """
    shares = RoleShares(detector_share, calibration_share, classifier_share, finetune_bads)
    _check_settings(protocol, seed, shots, shares, test_good_share, on_duplicate)
    goods_rng, bads_rng, roles_rng = (
        np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3)
    )
    usable = _without_copies(manifest)
    train_goods, test_goods = _divide_goods(manifest, usable, goods_rng, test_good_share)
    train_bads = _draw_bads(manifest, usable, protocol, seed, shots, bads_rng)
    free_bads = usable & manifest["source_split"].isin((TEST, UNASSIGNED)).to_numpy()
    free_bads &= (manifest["label"] == BAD).to_numpy()
    free_bads[train_bads] = False

    split = manifest[["image_id", "label", "defect"]].reset_index(drop=True)
    roles = assign_roles(train_goods, train_bads, shares, roles_rng)
    roles["test"] = np.concatenate([test_goods, np.flatnonzero(free_bads)])
    for role in ROLES:
        split[role] = np.isin(np.arange(len(split)), roles[role])
    if on_duplicate == "drop_train":
        split, dropped = drop_train(split, manifest)
        if dropped:
            logger.warning("%d training images are copies of test images: dropped", len(dropped))
    check_leaks(split, manifest)
    _check_parts(split)
    return split


def _check_settings(
    protocol: str, seed: int, shots: int, shares: RoleShares, test_goods: float, on_duplicate: str
) -> None:
    """Fail on a setting out of range, naming its parameter."""
    within = all(0 <= s <= 1 for s in (shares.detector, shares.calibration, shares.classifier))
    conditions = (
        (protocol in PROTOCOLS, f"split.protocol {protocol!r}: choose among {PROTOCOLS}"),
        (on_duplicate in ON_DUPLICATE, f"split.on_duplicate {on_duplicate!r}: {ON_DUPLICATE}"),
        (seed >= 0, f"split.seed {seed} must not be negative"),
        (
            shots >= 1 or protocol in ("one_class", "high_shot"),
            f"split.shots {shots} must be at least 1; for none: split.protocol=one_class",
        ),
        (shares.finetune_bads >= 0, f"split.finetune_bads {shares.finetune_bads} is negative"),
        (within, "split.detector_share, calibration_share, classifier_share must be in [0, 1]"),
        (
            shares.detector + shares.calibration <= 1 + 1e-9,
            "split.detector_share and split.calibration_share exceed 1 together: lower one",
        ),
        (0 < test_goods < 1, f"split.test_good_share {test_goods} must lie between 0 and 1"),
    )
    for holds, message in conditions:
        if not holds:
            raise VadlineError(message)


def _without_copies(manifest: pd.DataFrame) -> NDArray[np.bool_]:
    """Mark the images that may play a role: of unassigned copies only the first.

    A copy tells nothing new, and where the project makes the split it could land on the other
    side. The split that a source makes is left alone, for `check_leaks` to judge.
    """
    unassigned = manifest[manifest["source_split"] == UNASSIGNED]
    repeated = unassigned[unassigned["sha256"].duplicated(keep=False)]
    for _, copies in repeated.groupby("sha256", sort=False):
        if copies["label"].nunique() > 1:
            good, bad = (copies.loc[copies["label"] == x, "path"].iloc[0] for x in (GOOD, BAD))
            raise VadlineError(f"{good} is good, {bad} bad, yet they are one file: remove one")
    copies = repeated.loc[repeated["sha256"].duplicated(), "image_id"]
    if len(copies):
        logger.warning("%d images repeat another one: they get no role", len(copies))
    return ~manifest["image_id"].isin(copies).to_numpy()


def _divide_goods(
    manifest: pd.DataFrame, usable: NDArray[np.bool_], rng: np.random.Generator, test_share: float
) -> tuple[Indices, Indices]:
    """Divide the goods into training goods, shuffled, and test goods."""
    good = usable & (manifest["label"] == GOOD).to_numpy()
    part = manifest["source_split"].to_numpy()
    unassigned = rng.permutation(np.flatnonzero(good & (part == UNASSIGNED)))
    # A single good must train: without one there is no detector.
    n_test = min(share_of(len(unassigned), test_share), max(len(unassigned) - 1, 0))
    train = np.concatenate([np.flatnonzero(good & (part == TRAIN)), unassigned[n_test:]])
    test = np.concatenate([np.flatnonzero(good & (part == TEST)), unassigned[:n_test]])
    return rng.permutation(train), test


def _draw_bads(
    manifest: pd.DataFrame,
    usable: NDArray[np.bool_],
    protocol: str,
    seed: int,
    shots: int,
    rng: np.random.Generator,
) -> Indices:
    """Draw the training bads of a protocol, in an order uniform over their kinds."""
    if protocol == "one_class":
        return np.empty(0, np.int64)
    parts = (TEST, UNASSIGNED) if protocol == "supervised" else (TRAIN,)
    pool = usable & (manifest["label"] == BAD).to_numpy()
    pool &= manifest["source_split"].isin(parts).to_numpy()
    if protocol == "supervised":
        pool &= ~manifest["defect"].map(is_unseen).to_numpy(dtype=bool)
        # A bad with a copy elsewhere would leak the moment it is moved.
        pool[usable] &= ~manifest.loc[usable, "sha256"].duplicated(keep=False).to_numpy()
    if not pool.any():
        other = "one_class"
        if protocol != "supervised" and (manifest["label"] == BAD).any():
            other = "supervised (it moves split.shots bads out of the test part) or one_class"
        raise VadlineError(
            f"split.protocol={protocol} needs bad images to train on and the source has none:"
            f" set split.protocol={other}"
        )
    if protocol == "low_shot":
        listed = manifest["low_shot"].str.split(",").map(lambda seeds: str(seed) in seeds)
        if (own := pool & listed.to_numpy(dtype=bool)).any():
            logger.info("low_shot: the source's own list for seed %d, %d bads", seed, own.sum())
            pool, shots = own, int(own.sum())
    candidates = np.flatnonzero(pool)
    order = order_uniformly_over_kinds(manifest["defect"].to_numpy()[candidates], rng)
    if protocol == "high_shot":
        return candidates[order]
    if shots > len(candidates):
        raise VadlineError(
            f"split.shots={shots}, but the source has {len(candidates)} bads to draw: lower it"
        )
    return candidates[order[:shots]]


def _check_parts(split: pd.DataFrame) -> None:
    """Fail without goods to train on; warn where a part is too thin to measure with."""
    good = split["label"] == GOOD
    if not (split["detector"] & good).any():
        raise VadlineError(
            "no good image is left for the detectors: raise split.detector_share or add goods"
        )
    for label, name in ((good, "good"), (~good, "bad")):
        if not (split["test"] & label).any():
            logger.warning("the test part has no %s image: no detection metric is defined", name)
    if not (split["forest"] & good).any():
        logger.warning("no good image is left for the forest: lower split.detector_share")
