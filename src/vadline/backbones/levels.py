"""Which of a network's feature maps a level means."""

from __future__ import annotations

from collections.abc import Sequence

from vadline.errors import VadlineError

_FLAT_LEVELS = 5


def is_flat(strides: Sequence[int]) -> bool:
    """Tell whether all of a network's maps have one stride, as a plain vision transformer's."""
    return len(strides) > 1 and len(set(strides)) == 1


def level_indices(name: str, strides: Sequence[int], layers: Sequence[int]) -> tuple[int, ...]:
    """Translate feature levels into indices of a network's own feature maps.

    In a pyramid level ``i`` is the deepest map of stride ``2 ** (i + 1)``, whether or not the
    network has every shallower one. In a flat network, a vision transformer, which has one map per
    block, all at the patch's stride, level ``i`` of 0 to 4 is the last block of the
    ``(i + 1)``-th fifth of its depth: of twelve blocks the 2nd, 4th, 7th, 9th and 12th. So the
    default ``(2, 3)`` reads the middle of either kind, and ``(4,)`` the last block, which
    AnomalyDINO (Damm et al. 2025) reads.

    Parameters
    ----------
    strides : sequence of int
        Of all of its maps, shallow to deep.
    layers : sequence of int
        Levels, ascending.

    Raises
    ------
    VadlineError
        If the levels do not ascend, or the network has not all of them.
    """
    if is_flat(strides):
        depth = len(strides)
        ends = {level: (level + 1) * depth // _FLAT_LEVELS - 1 for level in range(_FLAT_LEVELS)}
        at = {level: end for level, end in ends.items() if end >= 0}
    else:
        powers = {2 ** (level + 1): level for level in range(10)}
        at = {powers[s]: index for index, s in enumerate(strides) if s in powers}
    if not at:
        raise VadlineError(
            f"backbone.name {name!r} has no feature map of stride 2, 4, 8, 16 or 32: take another."
        )
    if not layers or list(layers) != sorted(set(layers)) or not set(layers) <= set(at):
        raise VadlineError(
            f"backbone.name {name!r} has not the feature levels {list(layers)}: choose layers, "
            f"ascending, among {sorted(at)}."
        )
    return tuple(at[level] for level in layers)
