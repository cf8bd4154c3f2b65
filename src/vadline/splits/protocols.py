"""Protocols: how the images of a source are shared out among the roles of a run."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.errors import VadlineError
from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN, UNASSIGNED, is_unseen
from vadline.splits.draws import order_uniformly_over_kinds, share_of
from vadline.splits.folds import NO_FOLD, deal_folds, unite, usual_folds
from vadline.splits.leaks import SEEN_ROLES, check_leaks, drop_train
from vadline.splits.likeness import groups_of_one_thing
from vadline.splits.params import SplitParams
from vadline.splits.roles import HOLDOUT_GOODS, assign_roles, share_all

logger = logging.getLogger(__name__)

ROLES = (*SEEN_ROLES, "test")
_LEAST_GOODS = 2

Indices = NDArray[np.int64]


def make_split(
    manifest: pd.DataFrame, images: NDArray[np.uint8], params: SplitParams, seed: int
) -> pd.DataFrame:
    """Give every image of a manifest its roles (SegAD, section 4; APC, section 4).

    Test is the source's own test part. Where the source makes no split it is nothing under the
    protocol ``all``, and else ``test_good_share`` of the goods and all bads that are not drawn for
    training; then only the first of several files with equal content plays a role.

    Training bads are, by protocol, all outside of the source's test part (``all``); none
    (``one_class``); the source's own list for this seed or else ``shots`` of its training bads
    (``low_shot``); all of its training bads (``high_shot``); or ``shots`` bads moved out of the
    test part, at most half of that part's and never of an unseen kind (``supervised``). Parts
    from elsewhere that people have called bad join them, but under ``one_class``.

    Under ``cross_fit`` every training image belongs to a fold (see `deal_folds`) and plays all
    roles that its label allows: ``detector`` and ``calibration`` for goods, ``finetune``,
    ``classifier`` and ``forest`` for all. Under ``holdout`` each plays one:
    see :func:`vadline.splits.roles.assign_roles`.

    Parameters
    ----------
    images : array, uint8, shape (N, H, W, 3)
        The manifest's, read in pieces; near copies come into one fold.
    seed : int
        Not negative. Goods and bads are drawn from separate streams: with another protocol or
        number of shots the goods keep their roles, and fewer shots are a subset of more.

    Returns
    -------
    DataFrame
        The manifest's ``image_id``, ``label``, ``defect`` and ``sha256``; ``mask_known`` (bool:
        good, or with a mask); a boolean column per role; ``fold`` and ``network_fold`` (int64,
        -1 for what is in none).

    Raises
    ------
    VadlineError
        If the protocol needs bads that the source lacks, a photograph is labelled both good and
        bad, the test part or a fold leaks, or too few goods are left for the detectors.
    """
    goods_rng, bads_rng, roles_rng = (
        np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3)
    )
    everything = params.protocol == "all"
    _refuse_two_labels(manifest)
    # Without a test part a copy can be kept: it comes into the fold of the other.
    usable = np.ones(len(manifest), bool) if everything else _without_copies(manifest)
    test_share = 0.0 if everything else params.test_good_share
    train_goods, test_goods = _divide_goods(manifest, usable, goods_rng, test_share)
    joining = _joining_bads(manifest, params)
    known = usable & ~np.isin(np.arange(len(manifest)), joining)
    drawn = _draw_bads(manifest, known, params, seed, bads_rng, enough=len(joining) > 0)
    train_bads = np.concatenate([drawn, joining])
    test_bads = np.setdiff1d(np.flatnonzero(_testable_bads(manifest, usable)), train_bads)

    split = manifest[["image_id", "label", "defect"]].reset_index(drop=True)
    known = (manifest["label"] == GOOD) | manifest["mask_path"].notna()
    split["mask_known"] = known.to_numpy(dtype=bool)
    split["sha256"] = manifest["sha256"].to_numpy()
    assign = share_all if params.scheme == "cross_fit" else assign_roles
    roles = assign(train_goods, train_bads, params, roles_rng)
    roles["test"] = np.concatenate([test_goods, test_bads])
    for role in ROLES:
        split[role] = np.isin(np.arange(len(split)), roles[role])
    if params.on_duplicate == "drop_train":
        split, dropped = drop_train(split, manifest)
        if dropped:
            logger.warning("%d training images are copies of test images: dropped", len(dropped))
    split["fold"] = split["network_fold"] = NO_FOLD
    if params.scheme == "cross_fit":
        _deal(split, images, params, roles_rng)
    check_leaks(split, manifest)
    _check_parts(split, params)
    return split


def _deal(
    split: pd.DataFrame, images: NDArray[np.uint8], params: SplitParams, rng: np.random.Generator
) -> None:
    """Put every training image into a fold."""
    rows = np.flatnonzero(split["forest"])
    groups = groups_of_one_thing(split["sha256"].iloc[rows].tolist(), images, rows)
    goods = np.unique(groups[(split["label"].iloc[rows] == GOOD).to_numpy()])
    if len(goods) < _LEAST_GOODS:
        there = int((split["label"].iloc[rows] == GOOD).sum())
        which = "" if there == len(goods) else f" ({there} that are copies of one another)"
        raise VadlineError(
            f"{len(goods)} different good image{'' if len(goods) == 1 else 's'} to learn from"
            f"{which}, {_LEAST_GOODS} are the least, as each is judged by what others taught: add"
            " good images"
        )
    count = params.folds or usual_folds(len(goods))
    folds = deal_folds(split["defect"].iloc[rows].tolist(), groups.tolist(), count, rng)
    split.loc[split.index[rows], "fold"] = folds
    split.loc[split.index[rows], "network_fold"] = unite(folds, params.network_folds)


def _refuse_two_labels(manifest: pd.DataFrame) -> None:
    """Fail if one photograph, by content, is labelled both good and bad."""
    unassigned = manifest[manifest["source_split"] == UNASSIGNED]
    repeated = unassigned[unassigned["sha256"].duplicated(keep=False)]
    for _, copies in repeated.groupby("sha256", sort=False):
        if copies["label"].nunique() > 1:
            good, bad = (copies.loc[copies["label"] == x, "path"].iloc[0] for x in (GOOD, BAD))
            raise VadlineError(f"{good} is good, {bad} bad, yet they are one file: remove one")


def _without_copies(manifest: pd.DataFrame) -> NDArray[np.bool_]:
    """Mark the images that may play a role: of unassigned copies only the first.

    A copy tells nothing new, and where the project makes the split it could land on the other
    side. The split that a source makes is left alone, for `check_leaks` to judge.
    """
    unassigned = manifest[manifest["source_split"] == UNASSIGNED]
    copies = unassigned.loc[unassigned["sha256"].duplicated(), "image_id"]
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


def _testable_bads(manifest: pd.DataFrame, usable: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the bads that are tested on unless they are moved to training."""
    parts = manifest["source_split"].isin((TEST, UNASSIGNED))
    return usable & (parts & (manifest["label"] == BAD)).to_numpy()


def _draw_bads(
    manifest: pd.DataFrame,
    usable: NDArray[np.bool_],
    params: SplitParams,
    seed: int,
    rng: np.random.Generator,
    enough: bool,
) -> Indices:
    """Draw the training bads of a protocol, in an order uniform over their kinds.

    There must be some, unless there are ``enough`` others.
    """
    if params.protocol == "one_class":
        return np.empty(0, np.int64)
    if params.protocol == "all":
        learnt = (manifest["source_split"] != TEST) & (manifest["label"] == BAD)
        return np.flatnonzero(usable & learnt.to_numpy())
    if params.protocol == "supervised":
        pool = testable = _testable_bads(manifest, usable)
        pool = pool & ~manifest["defect"].map(is_unseen).to_numpy(dtype=bool)
        # A bad with a copy elsewhere would leak the moment it is moved.
        pool[usable] &= ~manifest.loc[usable, "sha256"].duplicated(keep=False).to_numpy()
    else:
        train = (manifest["source_split"] == TRAIN) & (manifest["label"] == BAD)
        pool = usable & train.to_numpy()
    if enough and not pool.any():
        return np.empty(0, np.int64)
    _require_bads(manifest, pool, params.protocol)
    shots = params.shots
    if params.protocol == "supervised":
        shots = _keep_half_to_test_on(int(testable.sum()), shots)
    elif params.protocol == "low_shot":
        listed = manifest["low_shot"].str.split(",").map(lambda seeds: str(seed) in seeds)
        if (own := pool & listed.to_numpy(dtype=bool)).any():
            logger.info("low_shot: the source's own list for seed %d, %d bads", seed, own.sum())
            pool, shots = own, int(own.sum())
    else:
        shots = int(pool.sum())
    candidates = np.flatnonzero(pool)
    if shots > len(candidates):
        raise VadlineError(
            f"split.shots={params.shots}, but the source has {len(candidates)} bads to draw:"
            " lower it"
        )
    order = order_uniformly_over_kinds(manifest["defect"].to_numpy()[candidates], rng)
    return candidates[order[:shots]]


def _joining_bads(manifest: pd.DataFrame, params: SplitParams) -> Indices:
    """Find the bad parts from elsewhere that people have reviewed."""
    reviewed = manifest["reviewed"] & (manifest["source_split"] == TRAIN)
    joining = np.flatnonzero(reviewed & (manifest["label"] == BAD))
    if len(joining) and params.protocol == "one_class":
        logger.warning(
            "%d parts that people have called bad do not teach: split.protocol is one_class",
            len(joining),
        )
        return joining[:0]
    return joining


def _require_bads(manifest: pd.DataFrame, pool: NDArray[np.bool_], protocol: str) -> None:
    """Fail, naming a protocol that does, if none of a source's bads can be trained on."""
    if pool.any():
        return
    other = "one_class"
    if protocol != "supervised" and (manifest["label"] == BAD).any():
        other = "supervised (it moves split.shots bads out of the test part) or one_class"
    raise VadlineError(
        f"split.protocol={protocol} needs bad images to train on and the source has none:"
        f" set split.protocol={other}"
    )


def _keep_half_to_test_on(testable: int, shots: int) -> int:
    """Cap the bads that learn, so that at least half of those of the test part stay in it."""
    most = testable // 2
    if shots <= most:
        return shots
    remedy = "lower split.shots" if most else "set split.protocol=one_class"
    logger.warning(
        "split.shots=%d would leave %d of %d bad parts to test on: %s; %s to silence this, or add"
        " bad parts",
        shots,
        max(testable - shots, 0),
        testable,
        f"{most} learn, {testable - most} are tested"
        if most
        else "none learns (synthetic defects stand in), it is tested",
        remedy,
    )
    return most


def _check_parts(split: pd.DataFrame, params: SplitParams) -> None:
    """Fail without goods to train on; warn where a part is too thin to measure with."""
    good = split["label"] == GOOD
    if not (split["detector"] & good).any():
        raise VadlineError("no good image is left for the detectors: add good images")
    if split["test"].any() or (split["fold"] == NO_FOLD).all():
        for label, name in ((good, "good"), (~good, "bad")):
            if not (split["test"] & label).any():
                logger.warning(
                    "the test part has no %s image: no detection metric is defined", name
                )
    if not (split["forest"] & good).any():
        shared = params.detector_share + params.calibration_share < 1
        remedy = f"add some, {HOLDOUT_GOODS} will do" if shared else "lower split.detector_share"
        raise VadlineError(f"no good image is left for the forest: {remedy}")
