"""The demo product: a part that is rendered, with its defects and their masks.

`adapter` reads the folder, `tree` writes it, `render` one picture; the other files draw.
"""
