"""The law of the house: who may import whom. CONTRIBUTING.md draws the picture."""

import ast
import re
import sys
import tomllib
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePath

import pytest

from tests.house import sources
from tests.house.sources import nodes_of

FLOORS = [
    {"__init__", "exits", "values"},
    {"errors"},
    {"wire", "programs"},
    {"transport", "terminal", "settings", "mock"},
    {"expect", "render"},
    {"ask"},
    {"check", "batch", "doctor"},
    {"runs"},
    {"cli"},
    {"__main__"},
]
LIBRARIES = {
    "transport": {"httpx", "httpx_sse", "httpcore", "certifi", "truststore", "socksio"},
    "terminal": {"pathspec"},
    "settings": {"platformdirs", "tomlkit"},
    "mock": {"h11"},
    "expect": {"jsonschema_rs", "regex"},
    "render": {"rich", "markdown_it", "pygments"},
    "cli": {"typer"},
    "check": {"yaml"},
}
"""Each room's own library, with what that library is made of."""
STANDARD = sys.stdlib_module_names | {"annotationlib"}
"""With what only a later Python has."""


@cache
def imports_of(source: str) -> list[str]:
    """Give the dotted name of everything that a module imports, late imports too."""
    found = []
    for node in nodes_of(source):
        match node:
            case ast.Import(names=names):
                found += [name.name for name in names]
            case ast.ImportFrom(module=str(module), level=0, names=names):
                found += [f"{module}.{name.name}" for name in names]
            case ast.ImportFrom():
                found.append("a module relative to itself")
    return found


def room(dotted: str) -> str:
    """Give the package, or the module that stands alone, to which a name of ours belongs."""
    return [*dotted.split("."), "__init__"][1]


def house() -> dict[PurePath, str]:
    """Give the house: path within the package -> source."""
    return {PurePath(name): source for name, source in sources.house().items()}


def with_planted(module: str, line: str) -> dict[PurePath, str]:
    """Give a copy of the house in which one module has one more line."""
    return {**house(), PurePath(module): f"{house()[PurePath(module)]}\n{line}\n"}


def breaches(modules: dict[PurePath, str]) -> list[str]:
    """Give a line for each import that the law forbids."""
    floor = {name: height for height, names in enumerate(FLOORS) for name in names}
    floor["__version__"] = 0
    found = []
    for path, source in modules.items():
        here = path.parts[0].removesuffix(".py")
        for name in imports_of(source):
            top = name.split(".")[0]
            if top == "gradient_cli":
                there = room(name)
                is_lawful = there == here or floor[there] < floor[here]
            else:
                is_lawful = top in STANDARD or top in LIBRARIES.get(here, ())
            if not is_lawful:
                found.append(f"{path} imports {name}")
    return found


def circle(sources: dict[PurePath, str]) -> list[str]:
    """Give the modules of one circle of imports, or nothing."""
    modules = {
        ".".join(("gradient_cli", *path.with_suffix("").parts)): source
        for path, source in sources.items()
    }
    graph = {}
    for module, source in modules.items():
        names = set(imports_of(source))
        names |= {name.rpartition(".")[0] for name in names}
        graph[module] = names & modules.keys()
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def homeless(sources: dict[PurePath, str]) -> set[str]:
    """Give the rooms, and the modules at the package's top, that have no floor."""
    rooms = {path.parts[0].removesuffix(".py") for path in sources}
    return rooms - set().union(*FLOORS)


def test_every_room_has_its_floor():
    """A new package has to be given a place before it can be built."""
    assert homeless(house()) == set()


def test_a_new_file_at_the_top_is_seen():
    """Nobody puts a file beside the rooms without giving it a floor."""
    assert homeless({**house(), PurePath("helpers.py"): ""}) == {"helpers"}


def test_imports_go_down():
    """A module imports its own package, lower floors, and the library of its room."""
    assert breaches(house()) == []


def test_there_are_no_circles():
    """No module imports itself by way of others."""
    assert circle(house()) == []


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("wire/json.py", "import gradient_cli.ask.client"),
        ("wire/json.py", "from gradient_cli import ask"),
        ("transport/reply.py", "from gradient_cli.settings import paths"),
        ("ask/client.py", "def late():\n    import httpx"),
        ("ask/flag.py", "import typer"),
        ("runs/respond.py", "from typer.core import TyperCommand"),
        ("runs/respond.py", "from gradient_cli.cli.usage import nearest"),
        ("check/suite.py", "from gradient_cli.batch import items"),
        ("cli/respond.py", "import rich"),
        ("exits.py", "from .errors import GradientError"),
        ("terminal/streams.py", "import numpy"),
    ],
)
def test_a_forbidden_import_is_seen(module, line):
    """The law is not asleep: an import planted in a copy of the house is found."""
    found = breaches(with_planted(module, line))

    assert len(found) == 1
    assert found[0].startswith(module)


def test_a_circle_is_seen():
    """A circle planted in a copy of the house is found."""
    planted = with_planted(
        "wire/json.py", "def late():\n    from gradient_cli.wire.request import Request"
    )

    assert {"gradient_cli.wire.json", "gradient_cli.wire.request"} <= set(circle(planted))


def test_the_frame_is_used():
    """What the program is built on is a dependency, and something of it: no look-alike of ours."""
    given = {"typer", "rich", "httpx", "httpx_sse", "platformdirs"}
    told = tomllib.loads((sources.HOUSE.parent / "pyproject.toml").read_text())["project"][
        "dependencies"
    ]
    used = {dotted.split(".")[0] for source in house().values() for dotted in imports_of(source)}

    assert given <= used
    assert given <= {re.match(r"[\w-]+", line)[0].replace("-", "_") for line in told}
