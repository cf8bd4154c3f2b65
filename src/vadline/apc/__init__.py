"""AnomalousPatchCore: a feature extractor fine-tuned with a few anomalous samples.

`training` is the loop; the other files are the network, its losses and its batches.
"""

from vadline.apc.folds import train_apc_folds
from vadline.apc.params import APCParams
from vadline.apc.training import APCResult, train_apc

__all__ = ["APCParams", "APCResult", "train_apc", "train_apc_folds"]
