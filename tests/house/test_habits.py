"""The habits of the house that a machine can see; CONTRIBUTING.md says why."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest

from tests.house.sources import house, nodes_of, tree_of

LONGEST_FUNCTION = 45
LONGEST_FILE = 400
LARGEST_ROOM = 0.2
"""Of all lines."""
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
NAMED_TWICE = {
    "decision": "ask/ asks what wire/ says",
    "json": "check/reporters/ has a file a format, named by it",
    "tables": "terminal/ reads those of files, render/ draws those of answers",
    "table": "a command, and batch/items/ has a file a form, named by it",
}
"""Names that stand in two rooms all the same, and why nobody takes the one for the other."""


def with_planted(module: str, lines: str) -> dict[str, str]:
    """Give a copy of the house in which one module has more lines, or which has one more."""
    return {**house(), module: f"{house().get(module, '')}\n{lines}\n"}


def nodes(
    sources: dict[str, str],
) -> Iterator[tuple[str, ast.FunctionDef | ast.ExceptHandler]]:
    """Give each function and each handler of an exception, with its module."""
    for name, source in sources.items():
        for node in nodes_of(source):
            if isinstance(node, ast.FunctionDef | ast.ExceptHandler):
                yield name, node


def long_functions(sources: dict[str, str]) -> list[str]:
    """Give the functions that do not fit a screen."""
    return [
        f"{name} {node.name}"
        for name, node in nodes(sources)
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    ]


def long_files(sources: dict[str, str]) -> list[str]:
    """Give the files that tell more than one story."""
    return [name for name, source in sources.items() if source.count("\n") > LONGEST_FILE]


def undocumented(sources: dict[str, str]) -> list[str]:
    """Give the modules, classes, functions and methods in sight that do not say what they are."""
    found = []

    def look(name: str, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If | ast.Try):
                look(name, child)
            if not isinstance(child, ast.FunctionDef | ast.ClassDef) or child.name.startswith("_"):
                continue
            is_overload = "overload" in [ast.unparse(one) for one in child.decorator_list]
            if not is_overload and not ast.get_docstring(child):
                found.append(f"{name} {child.name}")
            if isinstance(child, ast.ClassDef):
                look(name, child)

    for name, source in sources.items():
        if not ast.get_docstring(tree_of(source)):
            found.append(name)
        look(name, tree_of(source))
    return found


def overgrown(sources: dict[str, str]) -> list[str]:
    """Give the rooms that hold too much of the program."""
    lines: Counter[str] = Counter()
    for name, source in sources.items():
        lines[PurePath(name).parts[0]] += source.count("\n")
    return [room for room, count in lines.items() if count > lines.total() * LARGEST_ROOM]


def doubles(sources: dict[str, str]) -> set[str]:
    """Give the names of files that stand in two rooms; a command has one in cli/ and in runs/."""
    places = defaultdict(set)
    for name in sources:
        path = PurePath(name)
        is_command = path.parts[0] in {"cli", "runs"} and "pages" not in path.parts
        places[path.stem].add("a command" if is_command else str(path.parent))
    return {stem for stem, rooms in places.items() if len(rooms) > 1} - {"__init__"}


def test_a_file_tells_one_story():
    """A file that grows beyond this tells two; its name says which one it tells."""
    vague = [name for name in house() if PurePath(name).stem in VAGUE]

    assert long_files(house()) + vague == []


def test_functions_fit_a_screen():
    """A function that does not fit a screen cannot be seen."""
    assert long_functions(house()) == []


def test_whatever_is_in_sight_says_what_it_is():
    """Whoever reads a call can ask what it means."""
    assert undocumented(house()) == []


def test_no_room_is_the_whole_house():
    """A room that holds a fifth of the program holds several trades."""
    assert overgrown(house()) == []


def test_a_name_says_which_file_it_is():
    """Two of one name are told apart by their author alone."""
    assert doubles(house()) == set(NAMED_TWICE)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("find", "module", "lines", "found"),
    [
        (long_functions, "wire/json.py", "def f():" + "\n x" * 45, True),
        (long_functions, "wire/json.py", "def f():" + "\n x" * 44, False),
        (long_files, "wire/template.py", "\n" * 400, True),
        (long_files, "wire/new.py", "\n" * 398, False),
        (undocumented, "wire/new.py", "x = 1", True),
        (undocumented, "wire/json.py", "class A:\n 'A'\n def f(self): ...", True),
        (undocumented, "wire/json.py", "if x:\n class A: ...", True),
        (undocumented, "wire/json.py", "def _f():\n def g(): ...", False),
        (overgrown, "mock/new.py", "\n" * 20_000, True),
        (doubles, "wire/thread.py", "", True),
        (doubles, "cli/pages/respond.py", "", True),
        (doubles, "runs/help.py", "", False),
    ],
)
def test_a_bad_habit_is_seen(find, module, lines, found):
    """None of these is asleep: what is planted in a copy of the house is found."""
    assert (find(with_planted(module, lines)) != find(house())) is found


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
        for name, node in nodes(house())
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) == "Exception")
    }

    assert catching == set(MAY_CATCH)


def test_nothing_happens_at_import():
    """A module binds names; what it does, somebody has asked for."""
    doing = [
        f"{name}:{node.lineno} {ast.unparse(node)}"
        for name, source in house().items()
        for node in tree_of(source).body
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and not ast.unparse(node).startswith("sys.modules.setdefault(")
    ]

    assert [line for line in doing if "__main__.py" not in line] == []


ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("find where a key may leave the process", ".reveal()"),
        ("find where a `phase` is read", '"phase"'),
    ],
)
def test_the_way_to_a_place_names_every_place(row, words):
    """Whoever is led to where keys and phases are finds all of it, not what it was last year."""
    [line] = [line for line in CONTRIBUTING.splitlines() if line.startswith(f"| {row} |")]

    places = {name for name, source in house().items() if words in source}

    assert {name for name in places if f"`{name}`" not in line} == set()
    assert places, words


@pytest.mark.parametrize("name", sorted(re.findall("`([a-z_]+/[a-z_/]*[.]py)`", CONTRIBUTING)))
def test_the_way_to_a_place_leads_somewhere(name):
    """No line leads to a file that was moved."""
    assert [root for root in (ROOT / "gradient_cli", ROOT) if (root / name).is_file()]
