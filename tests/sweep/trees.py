"""Tiny trees of public data sets, as their publishers ship them, with a defect that shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 64


def mvtec(root: Path, category: str) -> None:
    """Write a product of MVTec AD: 10 goods to train on, 4 goods and 6 bads to test."""
    rng = _rng(category)
    for part, count in (("train", 10), ("test", 4)):
        for i in range(count):
            _save(root / f"{category}/{part}/good/{i:03}.png", _photograph(rng))
    for i in range(6):
        photograph, mask = _defective(rng)
        _save(root / f"{category}/test/cut/{i:03}.png", photograph)
        _save(root / f"{category}/ground_truth/cut/{i:03}_mask.png", mask)


def visa(root: Path, category: str) -> None:
    """Write a product of VisA, and its rows in the table of splits."""
    rng, table = _rng(category), root / "split_csv/1cls.csv"
    table.parent.mkdir(parents=True, exist_ok=True)
    rows = [] if table.exists() else ["object,split,label,image,mask"]
    for i in range(14):
        name = f"{category}/Data/Images/Normal/{i:04}.JPG"
        _save(root / name, _photograph(rng))
        rows.append(f"{category},{'train' if i < 10 else 'test'},normal,{name},")
    for i in range(6):
        photograph, mask = _defective(rng)
        name, drawn = (
            f"{category}/Data/{place}/{i:04}" for place in ("Images/Anomaly", "Masks/Anomaly")
        )
        _save(root / f"{name}.JPG", photograph)
        _save(root / f"{drawn}.png", mask)
        rows.append(f"{category},test,anomaly,{name}.JPG,{drawn}.png")
    with table.open("a") as file:
        file.write("\n".join(rows) + "\n")


def _rng(category: str) -> np.random.Generator:
    return np.random.default_rng(list(category.encode()))


def _photograph(rng: np.random.Generator) -> np.ndarray:
    slope = np.linspace(80, 160, SIDE)[None, :, None]
    return (slope + rng.normal(0, 6, (SIDE, SIDE, 3))).clip(0, 255).astype(np.uint8)


def _defective(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    photograph, mask = _photograph(rng), np.zeros((SIDE, SIDE), np.uint8)
    top, left = rng.integers(4, SIDE - 20, 2)
    mask[top : top + 14, left : left + 14] = 255
    photograph[mask > 0] = (230, 40, 40)
    return photograph, mask


def _save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
