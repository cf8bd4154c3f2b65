"""Makes the source `cutpaste`: defects pasted on good parts of any product."""

from vadline.cutpaste.making import as_made, make_parts

__all__ = ["as_made", "make_parts"]
