"""The Kolektor surface defects, second edition: one product, bad parts in train and in test.

The layout is the publisher's, as the code of his paper reads it; CC BY-NC-SA 4.0.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from vadline.errors import VadlineError
from vadline.sources.listing import (
    image_id_of,
    require_folder,
    require_images,
    require_single_product,
)
from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN, LeftOut, Listing, Record

MASK_ENDING = "_GT"


def read_ksdd2(root: Path | None, category: str | None = None) -> Listing:
    """Read KolektorSDD2 in its official split.

    Every photograph ``NNNNN.png`` has a mask ``NNNNN_GT.png`` beside it, whose pixels alone tell
    whether the part is bad: the masks are opened, and no photograph.

    Parameters
    ----------
    root : Path
        The folder that holds ``train`` and ``test``.

    Returns
    -------
    Listing
        Defects are of one kind, ``"bad"``. Left out are files of other names: the archive has
        copies of one photograph and its mask, ``10301 (copy).png`` and ``10301_GT (copy).png``.

    Raises
    ------
    VadlineError
        If a folder is missing or empty, a mask is missing or cannot be read, or another category
        is asked for.
    """
    category = require_single_product("ksdd2", category)
    root = require_folder(root, "KolektorSDD2's train and test")
    records: list[Record] = []
    left_out: list[LeftOut] = []
    for split in (TRAIN, TEST):
        images = require_images(root / split, "KolektorSDD2's photographs and masks")
        for path in images:
            if not path.stem.removesuffix(MASK_ENDING).isdigit():
                left_out.append(LeftOut(path, "neither NNNNN.png nor its mask NNNNN_GT.png"))
            elif not path.stem.endswith(MASK_ENDING):
                mask = path.with_name(f"{path.stem}{MASK_ENDING}{path.suffix}")
                label = BAD if _marks_a_defect(mask) else GOOD
                records.append(
                    Record(
                        image_id=image_id_of(path, root),
                        path=path,
                        label=label,
                        defect=label,
                        mask_path=mask if label == BAD else None,
                        source_split=split,
                        category=category,
                    )
                )
    return Listing(records, left_out)


def _marks_a_defect(mask: Path) -> bool:
    """Tell whether any pixel of a mask is not black."""
    try:
        with Image.open(mask) as image:
            return image.convert("L").getbbox() is not None
    except FileNotFoundError as error:
        raise VadlineError(
            f"{mask} is missing, which tells whether its part is bad: complete the download"
        ) from error
    # Whatever a decoder raises, the mask cannot be read.
    except Exception as error:
        reason = " ".join(str(error).split())
        raise VadlineError(
            f"the mask {mask} cannot be read ({reason}): complete the download"
        ) from error
