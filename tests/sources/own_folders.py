"""Tiny trees in every layout that a folder of the user's own may have, and what they mean."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

GOOD = ("good", "good", None, "unassigned")


def part(kind="bad", mask=None, split="unassigned"):
    """Return what is expected of a bad part."""
    return ("bad", kind, mask, split)


@dataclass(frozen=True)
class Tree:
    """Files of a folder, and the meaning of those that are parts.

    ``parts`` has label, kind, mask and split by file; ``left_out`` names the other files that are
    listed, with a word of the reason; the rest are masks in use, ``roi.png`` and ``parts.csv``.
    """

    parts: dict[str, tuple]
    left_out: dict[str, str] = field(default_factory=dict)
    aside: tuple[str, ...] = ()
    table: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    def plant(self, root: Path) -> Path:
        """Make the tree of empty files."""
        masks = [mask for _, _, mask, _ in self.parts.values() if mask]
        for name in (*self.parts, *self.left_out, *self.aside, *masks):
            touch(root, name)
        if self.table is not None:
            (root / "parts.csv").write_text(self.table, encoding="utf-8")
        return root


def touch(root: Path, *names: str) -> None:
    """Make empty files."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def of_names(good: str, bad: str) -> Tree:
    """Return a tree whose folders have these names."""
    return Tree({f"{good}/1.png": GOOD, f"{bad}/1.png": part(), f"{bad}/dent/2.png": part("dent")})


TREES = {
    "good bad": of_names("good", "bad"),
    "Good Bad": of_names("Good", "Bad"),
    "OK NG": of_names("OK", "NG"),
    "ok nok": of_names("ok", "nok"),
    "pass fail": of_names("PASS", "Fail"),
    "i.O. n.i.O.": of_names("i.O.", "n.i.O."),
    "not ok": of_names("ok", "NOT_OK"),
    "normal defective": of_names("normal", "Defective"),
    "in the root": Tree(
        {"1.png": GOOD, "ü, 2.JPG": GOOD, "2024-05-01/3.webp": GOOD},
        {"notes.txt": "no photograph", "sketches/4.png": "sketches is named neither"},
        aside=("roi.png",),
    ),
    "in the root, with bad": Tree({"1.png": GOOD, "NG/2.png": part()}),
    "beside good": Tree(
        {"good/1.png": GOOD, "bad/2.png": part()},
        {
            "overview.png": "beside the folder of good parts",
            "old/good/3.png": "old is named neither",
            "good/.hidden.png": "hidden",
            "bad/Thumbs.db": "no photograph",
            "bad/good/4.png": "good and bad",
            "good/ng/5.png": "good and bad",
        },
    ),
    "dates and shifts": Tree(
        {
            "good/2024-05-01/early/1.png": GOOD,
            "bad/2024-05-01/shift 2/2.png": part(),
            "bad/2024-05-01_0600/scratch/3.png": part("scratch"),
            "bad/scratch/20240502/late/4.png": part("scratch"),
            "bad/2024/05/02/06/burr/5.png": part("burr"),
            "bad/03.05.2024/night shift/6.png": part(),
            "bad/2024-W18/1st shift/burr/7.png": part("burr"),
            "bad/01/8.png": part("01"),
            "bad/shift/9.png": part("shift"),
            "2024-05-04/Early/OK/10.png": GOOD,
            "2024-05-04/Early/NG/dent/11.png": part("dent"),
        }
    ),
    "names of the user's": Tree(
        {"Gutteile/1.png": GOOD, "line 1/schlecht/rost/2.png": part("rost")},
        {"ok/3.png": "ok is named neither", "line 1/4.png": "line 1 is named neither"},
        settings={"good": "gutteile", "bad": ["line 1/schlecht"]},
    ),
    "a test part": Tree(
        {
            "good/1.png": ("good", "good", None, "train"),
            "bad/1.png": part(split="train", mask="masks/bad/1.png"),
            "Test/OK/1.png": ("good", "good", None, "test"),
            "Test/NG/dent/1.png": part("dent", "masks/test/NG/dent/1.png", "test"),
        }
    ),
    "train and test": Tree(
        {
            "train/good/1.png": ("good", "good", None, "train"),
            "train/bad/1.png": part(split="train"),
            "test/good/1.png": ("good", "good", None, "test"),
            "test/bad/1.png": part(split="test", mask="test/masks/bad/1.png"),
        }
    ),
    "train and test below": Tree(
        {
            "OK/train/1.png": ("good", "good", None, "train"),
            "OK/test/2.png": ("good", "good", None, "test"),
            "NG/Test/dent/1.png": part("dent", "masks/NG/test/dent/1.png", "test"),
            "NG/train/1.png": part(split="train"),
        }
    ),
    "masks beside": Tree(
        {
            "good/1.png": GOOD,
            "bad/1.png": part(mask="bad/1_mask.png"),
            "bad/dent/2.jpg": part("dent", "bad/dent/2-MASK.bmp"),
            "bad/face_mask.png": part(),
        },
        {"good/1_mask.png": "good part"},
    ),
    "masks of every name": Tree(
        {
            "good/1.png": GOOD,
            "bad/1.jpg": part(mask="masks/bad/1.png"),
            "bad/2.png": part(mask="masks/2_mask.tif"),
            "NG/dent/3.png": part("dent", "masks/dent/3.png"),
            "bad/dent/4.png": part("dent", "Masks/bad/dent/4_mask.png"),
            "bad/scratch/5.png": part("scratch", "masks/5.png"),
            "bad/2024-05-01/6.png": part(mask="ground_truth/bad/2024-05-01/6_GT.png"),
            "bad/burr/7.png": part("burr", "bad/burr/masks/7.png"),
            "bad/a/8.png": part("a"),
            "bad/b/8.png": part("b"),
            "bad/9.png": part(mask="masks/9.bmp"),
        },
        {
            "masks/8.png": "fits no bad part, or several",
            "masks/good/1.png": "good part",
            "masks/other.png": "masks/bad/x.png",
            "masks/9_mask.png": "9.bmp is the mask",
        },
    ),
    "a table": Tree(
        {
            "raw/1.png": ("good", "good", None, "train"),
            "raw/2, ü.png": part("dent", "drawn/2.png", "train"),
            "raw/3.png": part(split="test"),
        },
        {
            "raw/4.png": "not named by parts.csv",
            "good/5.png": "not named by parts.csv",
            "masks/raw/3.png": "not named by parts.csv",
        },
        table="Path,Label,kind,mask,split,inspector\nraw/1.png,OK,,,,A\n"
        '"raw/2, ü.png",NG,dent,drawn/2.png,train,B\nraw\\3.png,fail,,,Test,B\n\n',
    ),
    "a table of two columns": Tree(
        {"raw/1.png": GOOD, "raw/2.png": part(mask="raw/2_mask.png")},
        table="\ufefflabel;path\npass;raw/1.png\nfail;./raw/2.png\n",
    ),
}


def vad(root: Path) -> None:
    """Make a tree as VAD is shipped."""
    touch(
        root, *(f"{part}/{label}/1.png" for part in ("train", "test") for label in ("good", "bad"))
    )
    touch(root, "test/bad_unseen_defects/1.png")


def mvtec(root: Path, category: str = "screw", kind: str = "thread") -> None:
    """Make a tree as MVTec AD is shipped."""
    touch(root, "license.txt", *(f"{category}/{part}/good/1.png" for part in ("train", "test")))
    touch(root, f"{category}/test/{kind}/1.png", f"{category}/ground_truth/{kind}/1_mask.png")


def visa(root: Path) -> None:
    """Make a tree as VisA is shipped."""
    names = ("Data/Images/Normal/1.JPG", "Data/Images/Anomaly/1.JPG", "Data/Masks/Anomaly/1.png")
    touch(root, *(f"pcb1/{name}" for name in names))
    (root / "split_csv").mkdir()
    (root / "split_csv/1cls.csv").write_text(
        "object,split,label,image,mask\npcb1,train,normal,pcb1/Data/Images/Normal/1.JPG,\n"
    )


def mtd(root: Path) -> None:
    """Make a tree as MTD is shipped."""
    touch(root, "MT_Free/Imgs/1.jpg", "MT_Crack/Imgs/1.jpg", "MT_Crack/Imgs/1.png")
    (root / "mtd_train_filenames.txt").write_text("1.jpg\n")


def elpv(root: Path) -> None:
    """Make a tree as ELPV is shipped."""
    touch(root, "images/1.png")
    (root / "labels.csv").write_text("images/1.png 0.0 mono\n")


def mvtec_loco(root: Path, category: str = "pushpins") -> None:
    """Make a tree as MVTec LOCO AD is shipped."""
    touch(root, *(f"{category}/{part}/good/0.png" for part in ("train", "validation", "test")))
    for kind in ("logical_anomalies", "structural_anomalies"):
        touch(root, f"{category}/test/{kind}/0.png", f"{category}/ground_truth/{kind}/0/000.png")
    touch(root, f"{category}/defects_config.json", "license.txt")


def mvtec_ad2(root: Path, category: str = "can") -> None:
    """Make a tree as MVTec AD 2 is shipped."""
    touch(root, *(f"{category}/{part}/good/000_regular.png" for part in ("train", "validation")))
    touch(root, *(f"{category}/test_public/{x}/000_regular.png" for x in ("good", "bad")))
    touch(root, f"{category}/test_public/ground_truth/bad/000_regular_mask.png")
    touch(root, f"{category}/test_private/000_regular.png")
    touch(root, f"{category}/test_private_mixed/000_mixed.png")


def btad(root: Path) -> None:
    """Make a tree as BTAD is shipped."""
    for product, suffix in (("01", "bmp"), ("02", "png")):
        touch(root, *(f"{product}/{x}/0.{suffix}" for x in ("train/ok", "test/ok", "test/ko")))
        touch(root, f"{product}/ground_truth/ko/0.png")


def ksdd2(root: Path) -> None:
    """Make a tree as KolektorSDD2 is shipped: of its masks the pixels count."""
    for part, number, value in (("train", 10000, 0), ("train", 10001, 255), ("test", 20000, 255)):
        touch(root, f"{part}/{number}.png")
        Image.new("L", (4, 4), value).save(root / f"{part}/{number}_GT.png")


def real_iad(root: Path, category: str = "usb") -> None:
    """Make a tree as Real-IAD is shipped."""
    good, hidden = (
        f"OK/S0001/{category}_0001_OK_C1_1.jpg",
        f"NG/AK/S1/{category}_0002_NG_AK_C1_1.jpg",
    )
    bad = f"NG/AK/S0003/{category}_0003_NG_AK_C1_1"
    touch(root, *(f"realiad_1024/{category}/{x}" for x in (good, hidden, f"{bad}.jpg")))
    touch(root, f"realiad_1024/{category}/{bad}_mask.png")

    def entry(image, mask, kind):
        return dict(category=category, anomaly_class=kind, image_path=image, mask_path=mask)

    content = {
        "meta": {"prefix": f"{category}/", "normal_class": "OK", "pre_transform": True},
        "train": [entry(good, None, "OK")],
        "test": [entry(hidden, None, "OK"), entry(f"{bad}.jpg", f"{bad}_mask.png", "AK")],
    }
    touch(root, f"realiad_jsons_sv/{category}.json")
    (root / f"realiad_jsons_sv/{category}.json").write_text(json.dumps(content))


PUBLISHED = {
    "vad": vad,
    "mvtec": mvtec,
    "mvtec_loco": mvtec_loco,
    "mvtec_ad2": mvtec_ad2,
    "btad": btad,
    "ksdd2": ksdd2,
    "real_iad": real_iad,
    "visa": visa,
    "mtd": mtd,
    "elpv": elpv,
}
# Of those with several products, one that their tree has.
PRODUCTS = {
    "visa": "pcb1",
    "mvtec": "screw",
    "mvtec_loco": "pushpins",
    "mvtec_ad2": "can",
    "btad": "01",
    "real_iad": "usb",
}
