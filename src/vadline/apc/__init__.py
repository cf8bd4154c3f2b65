"""AnomalousPatchCore: a feature extractor fine-tuned with a few anomalous samples."""

from vadline.apc.network import APCNetwork
from vadline.apc.params import APCParams
from vadline.apc.training import APCResult, train_apc
from vadline.defects.cut_paste import cut_paste

__all__ = ["APCNetwork", "APCParams", "APCResult", "cut_paste", "train_apc"]
