"""Many runs as one: a plan's cells, run side by side, and one table with its spread.

`plan` says what is varied, `cells` where a cell works, `cell` is the process that runs one, `local`
runs processes, `joint` puts their tables together, `pages` writes what comes out.
"""

from vadline.sweep.plan import Plan, read_plan
from vadline.sweep.sweeping import sweep

__all__ = ["Plan", "read_plan", "sweep"]
