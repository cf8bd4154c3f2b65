"""Many runs as one: a plan's cells, run side by side, and one table with its spread.

`plan` says what is varied, `cells` where a cell works, `cell` is the process that runs one, `local`
runs processes, `ray_engine` has other machines run them, each as `remote` says, `joint` puts their
tables together, `pages` writes what comes out.
"""

from typing import TYPE_CHECKING, Any

from vadline.sweep.plan import Plan, read_plan

if TYPE_CHECKING:
    from vadline.sweep.sweeping import sweep

__all__ = ["Plan", "read_plan", "sweep"]


def __getattr__(name: str) -> Any:
    """Import what needs Kedro, MLflow and pandas, which take seconds, for who asks for it."""
    if name == "sweep":
        from vadline.sweep.sweeping import sweep

        return sweep
    raise AttributeError(name)
