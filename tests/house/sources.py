"""The source of the program, read and parsed once for all that look at it."""

import ast
from functools import cache
from pathlib import Path

HOUSE = Path(__file__).parents[2] / "gradient_cli"


@cache
def house() -> dict[str, str]:
    """Give the house: path within the package -> source."""
    return {str(path.relative_to(HOUSE)): path.read_text() for path in sorted(HOUSE.rglob("*.py"))}


@cache
def tree_of(source: str) -> ast.Module:
    """Give the syntax tree of a module."""
    return ast.parse(source)


@cache
def nodes_of(source: str) -> list[ast.AST]:
    """Give all nodes of a module."""
    return list(ast.walk(tree_of(source)))
