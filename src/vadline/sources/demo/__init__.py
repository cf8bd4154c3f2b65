"""The demo product: a part that is rendered, with its defects and their masks.

`tree` writes the folder, `render` one picture; the other files draw.
"""
