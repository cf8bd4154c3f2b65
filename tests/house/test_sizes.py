"""A file that a newcomer cannot read in five minutes is two files; the same of functions."""

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "vadline"
FILE_LINES = 300
FUNCTION_LINES = 60  # without the docstring
PARAMETERS = 8  # without self and cls

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> Iterator[tuple[str, Function]]:
    """Yield place and syntax tree of every function of the package."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, Function):
                place = path.relative_to(SOURCE.parents[1])
                yield f"{place}:{node.lineno}: {node.name}", node


def lines(node: Function) -> int:
    """Count a function's lines, decorators and docstring left out."""
    docstring = ast.get_docstring(node) is not None
    return _span(node) - (_span(node.body[0]) if docstring else 0)


def _span(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def parameters(node: Function) -> int:
    """Count a function's parameters, self and cls left out."""
    arguments = node.args
    named = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    more = [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return len(named) + len(more) - (named[:1] in (["self"], ["cls"]))


def test_no_file_is_too_long():
    sizes = {path: len(path.read_text().splitlines()) for path in SOURCE.rglob("*.py")}
    assert {str(path): n for path, n in sizes.items() if n > FILE_LINES} == {}


def test_no_function_is_too_long():
    sizes = {place: lines(node) for place, node in functions()}
    assert {place: n for place, n in sizes.items() if n > FUNCTION_LINES} == {}


def test_no_function_has_too_many_parameters():
    counts = {place: parameters(node) for place, node in functions()}
    assert {place: n for place, n in counts.items() if n > PARAMETERS} == {}


def test_what_is_counted():
    source = 'def f(self, a, *b, c=1, **d):\n    """One.\n\n    Two.\n    """\n    return a\n'
    node = ast.parse(source).body[0]
    assert isinstance(node, Function)
    assert (lines(node), parameters(node)) == (2, 4)
