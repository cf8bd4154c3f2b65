"""Twelve folders as factories have them: what lies in each, and what each file means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.sources.own_folders import Tree, part
from tests.sources.photographs import SQUARE, Camera, photograph, save, save_mask


@dataclass(frozen=True)
class Folder:
    """A tree of photographs; ``broken`` names parts that cannot be read."""

    tree: Tree
    camera: Camera = SQUARE
    broken: tuple[str, ...] = ()

    def draw(self, root: Path) -> Path:
        """Make the folder; what is left out stays empty."""
        self.tree.plant(root)
        for file, (label, _, mask, _) in self.tree.parts.items():
            plate, defect = photograph(file, self.camera, bad=label == "bad")
            save(root / file, plate, self.camera.white)
            if mask:
                save_mask(root / mask, defect)
        for file in self.broken:
            (root / file).write_bytes((root / file).read_bytes()[:200])
        return root

    def readable(self) -> dict[str, tuple]:
        """Return label, kind, mask and split of the parts that can be read."""
        return {file: told for file, told in self.tree.parts.items() if file not in self.broken}


def goods(pattern: str, count: int = 9, split: str = "unassigned") -> dict[str, tuple]:
    """Number good parts."""
    return {pattern.format(number): ("good", "good", None, split) for number in range(count)}


def bads(
    pattern: str, count: int, kind: str = "bad", mask: str | None = None, split: str = "unassigned"
) -> dict[str, tuple]:
    """Number bad parts, and their masks."""
    return {
        pattern.format(number): part(kind, mask and mask.format(number), split)
        for number in range(count)
    }


def table_of(parts: dict[str, tuple]) -> str:
    """Write parts.csv."""
    lines = ["path,label,kind,mask,split"]
    for file, (label, kind, mask, split) in parts.items():
        kind = kind if label == "bad" else ""
        lines.append(f"{file},{'OK' if label == 'good' else 'NG'},{kind},{mask or ''},{split}")
    return "\n".join(lines)


LISTED = (
    goods("raw/A{}.png", 7, "train")
    | goods("raw/B{}.png", 3, "test")
    | bads("raw/C{}.png", 3, "dent", "drawn/{}.png", "train")
    | bads("raw/D{}.png", 2, "rust", split="test")
)

FOLDERS = {
    "good and bad": Folder(Tree(goods("good/{}.png") | bads("bad/{}.png", 4))),
    "kinds and masks": Folder(
        Tree(
            goods("Good/{}.png")
            | bads("Bad/dent/{}.png", 2, "dent", "masks/dent/{}.png")
            | bads("Bad/deep scratch/{}.png", 2, "deep scratch", "masks/deep scratch/{}_mask.png"),
            {"masks/dent/99.png": "fits no bad part"},
        )
    ),
    "masks beside": Folder(Tree(goods("OK/{}.png") | bads("NG/{}.png", 4, mask="NG/{}_mask.png"))),
    "dates and shifts": Folder(
        Tree(
            goods("2024-05-01/early/pass/{}.png", 5)
            | goods("2024-05-02/late shift/pass/{}.png", 5)
            | bads("2024-05-01/early/fail/{}.png", 2)
            | bads("2024-05-02/late shift/fail/burr/{}.png", 2, "burr"),
            {"2024-05-02/setting up/0.png": "setting up is named neither good nor bad"},
        )
    ),
    "images alone": Folder(Tree(goods("DSC_{:04}.png", 10))),
    "a table": Folder(
        Tree(LISTED, {"raw/E0.png": "not named by parts.csv"}, table=table_of(LISTED))
    ),
    "a test part": Folder(
        Tree(
            goods("good/{}.png", 8, "train")
            | bads("bad/{}.png", 3, split="train")
            | goods("test/good/{}.png", 3, "test")
            | bads("test/bad/{}.png", 2, split="test")
        )
    ),
    "formats": Folder(
        Tree(
            goods("good/{} grey.png", 2)
            | goods("good/{} colour.JPG", 2)
            | goods("good/{} grey.bmp", 2)
            | goods("good/{} colour.webp", 2)
            | goods("good/{} grey 16 bit.tif", 2)
            | goods("good/{} colour 16 bit.png", 2)
            | goods("good/{} broken.png", 1)
            | bads("bad/{} colour.jpeg", 1)
            | bads("bad/{} grey.tiff", 1)
            | bads("bad/{} grey 16 bit.png", 1),
            {"good/readme.txt": "no photograph"},
        ),
        broken=("good/0 broken.png",),
    ),
    "twelve bits": Folder(
        Tree(goods("good/{}.tif") | bads("bad/{}.tif", 3)), Camera(white=2**12 - 1)
    ),
    "wide": Folder(Tree(goods("good/{}.jpg") | bads("bad/{}.jpg", 2)), Camera(4000, 600)),
    "few parts": Folder(Tree(goods("good/{}.png", 5) | bads("bad/{}.png", 1))),
    "Gehäuse, Linie #1 (neu)": Folder(
        Tree(
            goods("OK/Teil {}, geprüft.png")
            | bads("NG/Kratzer, außen #2/Teil #{}.png", 2, "Kratzer, außen #2")
            | bads("NG/50 %/{} ä [x] a=1.png", 2, "50 %"),
        ),
    ),
}
