"""The law of the house: who may import whom. CONTRIBUTING.md draws the picture."""

import ast
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

HOUSE = Path(__file__).parents[2] / "gradient_cli"
FLOORS = [
    {"__init__", "exits"},
    {"errors"},
    {"wire"},
    {"transport", "terminal", "settings"},
    {"client", "expect"},
    {"render", "check", "batch", "mock"},
    {"commands"},
    {"__main__"},
]
LIBRARIES = {
    "transport": {"httpx", "httpx_sse", "httpcore", "certifi", "truststore"},
    "settings": {"platformdirs", "tomlkit"},
    "expect": {"jsonschema", "referencing", "regex"},
    "render": {"rich", "markdown_it", "pygments"},
    "commands": {"typer"},
}
"""Each room's own library, with what that library is made of."""


@cache
def imports_of(source: str) -> list[str]:
    """Give the dotted name of everything that a module imports, late imports too."""
    found = []
    for node in ast.walk(ast.parse(source)):
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


def breaches(house: Path) -> list[str]:
    """Give a line for each import that the law forbids."""
    floor = {name: height for height, names in enumerate(FLOORS) for name in names}
    floor["__version__"] = 0
    found = []
    for path in sorted(house.rglob("*.py")):
        here = path.relative_to(house).parts[0].removesuffix(".py")
        for name in imports_of(path.read_text()):
            top = name.split(".")[0]
            if top == "gradient_cli":
                there = room(name)
                is_lawful = there == here or floor[there] < floor[here]
            else:
                is_lawful = top in sys.stdlib_module_names or top in LIBRARIES.get(here, ())
            if not is_lawful:
                found.append(f"{path.relative_to(house)} imports {name}")
    return found


def circle(house: Path) -> list[str]:
    """Give the modules of one circle of imports, or nothing."""
    modules = {
        ".".join(("gradient_cli", *path.relative_to(house).with_suffix("").parts)): path
        for path in house.rglob("*.py")
    }
    graph = {}
    for module, path in modules.items():
        names = set(imports_of(path.read_text()))
        names |= {name.rpartition(".")[0] for name in names}
        graph[module] = names & modules.keys()
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_every_room_has_its_floor():
    """A new package has to be given a place before it can be built."""
    rooms = {path.name.removesuffix(".py") for path in HOUSE.iterdir() if path.suffix == ".py"}
    rooms |= {path.parent.name for path in HOUSE.glob("*/__init__.py")}

    assert rooms <= set().union(*FLOORS)


def test_imports_go_down():
    """A module imports its own package, lower floors, and the library of its room."""
    assert breaches(HOUSE) == []


def test_there_are_no_circles():
    """No module imports itself by way of others."""
    assert circle(HOUSE) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("wire/json.py", "import gradient_cli.client"),
        ("wire/json.py", "from gradient_cli import client"),
        ("transport/reply.py", "from gradient_cli.settings import paths"),
        ("client.py", "def late():\n    import httpx"),
        ("exits.py", "from .errors import GradientError"),
        ("terminal/streams.py", "import numpy"),
    ],
)
def test_a_forbidden_import_is_seen(tmp_path, module, line):
    """The law is not asleep: an import planted in a copy of the house is found."""
    house = copytree(HOUSE, tmp_path / "gradient_cli", ignore=ignore_patterns("__pycache__"))
    with (house / module).open("a") as file:
        file.write(f"\n{line}\n")

    found = breaches(house)

    assert len(found) == 1
    assert found[0].startswith(module)


def test_a_circle_is_seen(tmp_path):
    """A circle planted in a copy of the house is found."""
    house = copytree(HOUSE, tmp_path / "gradient_cli", ignore=ignore_patterns("__pycache__"))
    with (house / "wire" / "json.py").open("a") as file:
        file.write("\ndef late():\n    from gradient_cli.wire.request import Request\n")

    assert {"gradient_cli.wire.json", "gradient_cli.wire.request"} <= set(circle(house))
