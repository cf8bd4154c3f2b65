"""The ways to solve that are compared, each a change of F2PAD's settings."""

from __future__ import annotations

from typing import Any

from vadline.f2pad.benchmark.params import F2PADBenchmarkParams, Solver
from vadline.f2pad.params import F2PADParams

MAP, ADAPTIVE, START = "map", "mebin", "initialiser"
"""The map at its best threshold, the map binarised as a peer does, the start of the solver."""

WEIGHTS: dict[str, str] = {"proposals": "sparsity", "gradient": "rho"}
"""The setting of each solver that is chosen on validation images."""


def with_solver(params: F2PADParams, solver: Solver, weight: float) -> F2PADParams:
    """Solve by ``solver``, with the weight that is chosen for it."""
    changes = {"solver": solver, WEIGHTS[solver]: weight}
    return F2PADParams.model_validate(params.model_dump() | changes)


def grid(params: F2PADBenchmarkParams, solver: Solver) -> tuple[float, ...]:
    """Return the weights to choose from."""
    return params.sparsity if solver == "proposals" else params.rho


def ablations(params: F2PADParams) -> dict[str, dict[str, Any]]:
    """Name what each row of the ablation changes in the solver ``gradient`` (paper, table III).

    The last takes gradient sharing away, or, where the settings have none, adds it.
    """
    sharing = {"sharing": {"window": 5}} if params.window == 1 else {"plain_adan": {"window": 1}}
    return {"no_pixel_prior": {"beta": 0.0}, "no_sparsity": {"rho": 0.0}} | sharing
