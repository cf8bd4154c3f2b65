"""An inspector, or one of its detectors, as one ONNX file, for where there is no torch.

The file takes photographs' pixels and gives anomaly map and score; its metadata say how photographs
are read and where parts are rejected. `docs/onnx_inspect.py` runs it on onnxruntime alone. `graph`
holds detectors, `setup_graph` the forest on their segment statistics.
"""

from vadline.export.onnx_file import METADATA, export_onnx

__all__ = ["METADATA", "export_onnx"]
