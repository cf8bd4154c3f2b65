"""F2PAD's own benchmark: made defects on good parts, solved by each variant, beside the paper.

`making` makes the images, `measuring` solves them for one detector, `tables` says what came out.
"""

from vadline.f2pad.benchmark.goods import divide_goods
from vadline.f2pad.benchmark.making import make_images, shapes_of_bads
from vadline.f2pad.benchmark.measuring import measure
from vadline.f2pad.benchmark.params import F2PADBenchmarkParams
from vadline.f2pad.benchmark.shown import choose_shown
from vadline.f2pad.benchmark.tables import (
    ablation_table,
    cost_table,
    masks_table,
    sizes_table,
)

__all__ = [
    "F2PADBenchmarkParams",
    "ablation_table",
    "choose_shown",
    "cost_table",
    "divide_goods",
    "make_images",
    "masks_table",
    "measure",
    "shapes_of_bads",
    "sizes_table",
]
