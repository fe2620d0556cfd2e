"""The habits of the house that a machine can see; CONTRIBUTING.md says why."""

import ast
from functools import cache
from pathlib import Path

HOUSE = Path(__file__).parents[2] / "gradient_cli"
LONGEST_FUNCTION = 50
LONGEST_FILE = 400
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}


@cache
def modules() -> dict[str, ast.Module]:
    """Give every module: path -> syntax tree."""
    return {
        str(path.relative_to(HOUSE)): ast.parse(path.read_text())
        for path in sorted(HOUSE.rglob("*.py"))
    }


@cache
def nodes() -> list[tuple[str, ast.FunctionDef | ast.ExceptHandler]]:
    """Give each function and each handler of an exception, with its module."""
    return [
        (name, node)
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ExceptHandler)
    ]


def test_a_file_tells_one_story():
    """A file that grows beyond this tells two; its name says which one it tells."""
    long = {name for name, tree in modules().items() if tree.body[-1].end_lineno > LONGEST_FILE}
    vague = {name for name in modules() if Path(name).stem in VAGUE}

    assert long | vague == set()


def test_functions_fit_a_screen():
    """A function that does not fit a screen cannot be seen."""
    long = [
        f"{name}:{node.lineno} {node.name}"
        for name, node in nodes()
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    ]

    assert long == []


MAY_CATCH = {
    "__main__.py": "a bug has its status and its line",
    "render/unfailing.py": "an answer that cannot be laid out is shown plainly",
    "render/markdown.py": "what the drawing thread raises goes to the main thread",
    "render/lexers.py": "600 lexers of others: colour is not worth a letter",
}


def test_only_the_door_catches_everything():
    """An unknown exception is a bug, and has to come as far as __main__, which says so."""
    catching = {
        name
        for name, node in nodes()
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) == "Exception")
    }

    assert catching == set(MAY_CATCH)


def test_nothing_happens_at_import():
    """A module binds names; what it does, somebody has asked for."""
    doing = [
        f"{name}:{node.lineno} {ast.unparse(node)}"
        for name, tree in modules().items()
        for node in tree.body
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and not ast.unparse(node).startswith("sys.modules.setdefault(")
    ]

    assert [line for line in doing if "__main__.py" not in line] == []
