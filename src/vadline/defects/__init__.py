"""Defects that are made: pasted, painted, blurred or warped onto good parts.

Everything that needs a bad part which nobody has photographed takes it from here.
"""
