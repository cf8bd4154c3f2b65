"""The stages of the line, one folder each.

Nodes are thin: they call the library, and take the few settings that they use.
"""

import multiprocessing
import warnings

from kedro.framework.project import settings

# Datasets of a namespace are named by it: `patchcore.anomaly_maps` is meant.
warnings.filterwarnings("ignore", message="One or more dataset names contain '.'")

if multiprocessing.parent_process() is not None:
    # Kedro leaves it to its spawned workers to know the project; they come here for their nodes.
    # `configure_project` would do more, but makes Kedro 1.7 configure its logging with itself.
    settings.configure("vadline.settings")
