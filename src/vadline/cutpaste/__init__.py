"""The source `cutpaste`: defects pasted on good parts of any product, with exact masks.

Files are made as `vadline.sources` lists them; shapes and fillings are from `vadline.defects`.
"""

from vadline.cutpaste.making import as_made, make_parts

__all__ = ["as_made", "make_parts"]
