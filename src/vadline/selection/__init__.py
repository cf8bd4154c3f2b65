"""Choosing settings without a bad part: good parts against copies with synthetic defects.

`python -m vadline.selection` does it for PatchCore on MTD.
"""
