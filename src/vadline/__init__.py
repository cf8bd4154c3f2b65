"""vadline: visual anomaly detection for inspection lines, from photographs to tables.

The library's rooms know neither Kedro nor MLflow; `pipelines`, `config`, `io` and `run` do.
"""

import os

__version__ = "0.1.0"

# Threads that wait for others give up their core. By default they spin, and beside another busy
# process a forward pass then takes ten times as long. Read when PyTorch is imported, after this.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
