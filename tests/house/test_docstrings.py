"""Docstrings state arrays in one dialect, and every room says what it is for.

``name : ndarray, uint8, shape (N, H, W, 3)``: the kind, then the dtype as NumPy spells it
(``float`` where any precision will do) or the values in braces, then the shape; see
CONTRIBUTING.md. That every public function has a docstring is ruff's to check (D1).
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "vadline"
SECTIONS = ("Parameters", "Returns", "Yields", "Attributes")

# What makes an entry one of an array, and how such an entry is written.
ARRAY = re.compile(r"\b(ndarray|Tensor|memmap|array|array_like)\b|\bshapes? \(")
_KIND = r"(?:(?:list|sequence|iterable|tuple) of |(?:dict|mapping) of str to )?"
_KIND += r"(?:ndarray|Tensor|array|array_like|DataFrame)"
_DTYPE = r"(?:bool|str|float(?:16|32|64)?|int|u?int(?:8|16|32|64)|dtype of ``\w+``)"
_VALUES = r"\{[^}]+\}"
_PARENTHESES = r"\((?:[^()]|\([^()]*\))+\)"
_SHAPE = rf"(?:shape (?:{_PARENTHESES}|``\w+``)(?: or {_PARENTHESES})?|0-d)"
_ELEMENTS = rf"(?:{_DTYPE}(?: {_VALUES})?|{_VALUES})"
_TAIL = r"(?:, or \w+)?(?:, optional)?"
DIALECT = re.compile(rf"{_KIND}(?:, {_ELEMENTS})?(?:, {_SHAPE})?{_TAIL}")


def array_types(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and type of all arrays that the docstrings of a module speak of."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        text = ast.get_docstring(node, clean=True)
        if text is None:
            continue
        lines, section = text.splitlines(), None
        for number, line in enumerate(lines):
            if re.fullmatch("-+", "".join(lines[number + 1 : number + 2]).strip()):
                section = line.strip()
            elif section in SECTIONS and line and not line.startswith((" ", "-")):
                name, separator, kind = line.partition(" : ")
                kind = kind if separator else name
                if ARRAY.search(kind):
                    yield node.body[0].lineno + number, kind


def test_arrays_are_written_in_one_dialect():
    wrong = [
        f"{path.relative_to(SOURCE.parents[1])}:{line}: {kind}"
        for path in sorted(SOURCE.rglob("*.py"))
        for line, kind in array_types(path.read_text())
        if not DIALECT.fullmatch(kind)
    ]
    assert not wrong, "write 'ndarray, uint8, shape (N, H, W, 3)':\n" + "\n".join(wrong)


def test_every_room_says_what_it_is_for():
    wrong = []
    for path in sorted(SOURCE.rglob("__init__.py")):
        text = ast.get_docstring(ast.parse(path.read_text())) or ""
        if len([line for line in text.splitlines() if line.strip()]) < 2:
            wrong.append(str(path.relative_to(SOURCE.parents[1])))
    assert not wrong, "say in two lines what the room is for:\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    "kind",
    [
        "ndarray",
        "Tensor, float32, shape (B, 3, H, W)",
        "ndarray, uint8 {0, 1}, shape (N, H, W), optional",
        "ndarray, {0, 1}, shape (N,)",
        "list of Tensor, float32, shape (B, C_i, h_i, w_i)",
        "dict of str to Tensor",
        "ndarray, float32, shape (len(rows), h, w)",
        "ndarray, bool, shape ``size``, optional",
        "Tensor, dtype of ``x``, shape (..., C)",
        "Tensor, float32, 0-d",
        "Tensor, float32, shape (M, C), or PatchSpool",
    ],
)
def test_the_dialect_has(kind):
    assert DIALECT.fullmatch(kind)


@pytest.mark.parametrize(
    "kind",
    [
        "ndarray of uint8, shape (N, H, W)",
        "uint8 ndarray (N, H, W)",
        "Tensor, float32 (B, 3, H, W)",
        "array_like of bool, shape (N,)",
        "ndarray or memmap, uint8, shape (N, H, W)",
        "Tensor, shapes (B,), (B, H, W)",
    ],
)
def test_the_dialect_has_not(kind):
    source = f'def f(x):\n    """Do.\n\n    Parameters\n    ----------\n    x : {kind}\n    """\n'
    assert list(array_types(source)) == [(6, kind)]
    assert not DIALECT.fullmatch(kind)
