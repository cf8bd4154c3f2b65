"""Makes the source `cutpaste`: defects pasted on good parts of any product."""

from vadline.cutpaste.making import make_parts

__all__ = ["make_parts"]
