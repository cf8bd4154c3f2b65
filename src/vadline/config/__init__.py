"""The one settings tree: what may be set, what follows from what, and the line that it asks for.

Parsed once; the library below knows only the parts that it is handed.
"""
