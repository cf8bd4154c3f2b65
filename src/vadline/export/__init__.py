"""An inspector's detector as one ONNX file, for where there is no Python with torch.

The file reads photographs' pixels and gives anomaly map and score; its metadata say how photographs
are read and where parts are rejected. `docs/onnx_inspect.py` runs it on onnxruntime alone.
"""

from vadline.export.onnx_file import METADATA, export_onnx

__all__ = ["METADATA", "export_onnx"]
