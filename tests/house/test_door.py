"""Nothing is written past the door: who may write to a stream as it is, and why."""

import ast
from functools import cache

from tests.house.sources import house, nodes_of

RAW = {"write", "write_bytes", "write_stderr", "stdout", "stderr"}
"""Of a Terminal: what does not look at what it writes."""
MAY_WRITE = {
    "render/progress_bar.py write_stderr": "rich draws a bar of numbers of ours",
    "runs/screen.py write": "an answer, byte for byte or through a Sanitizer",
    "runs/screen.py write_stderr": "colours of ours around reasoning, which passes a Flow",
    "runs/reports.py write": "workflow commands of ours; what they say is escaped and disarmed",
    "runs/reports.py write_stderr": "the same beside JSON on stdout; the runner hears both",
    "runs/models.py write": "a table, whose cells have passed",
    "runs/respond.py write": "the end of a line",
    "cli/help.py write": "pages of ours",
    "cli/pages/command_page.py write": "pages of ours",
    "cli/pages/pager.py write": "pages of ours",
}
MAY_PRINT = {"__main__.py": "before anything is loaded: pages of ours, and a line of ours"}


@cache
def sources() -> dict[str, str]:
    """Give each module outside of terminal/, where the door stands."""
    return {name: source for name, source in house().items() if not name.startswith("terminal/")}


def raw_uses(name: str, source: str) -> set[str]:
    """Give where a module takes a raw way of a terminal."""
    return {
        f"{name} {node.attr}"
        for node in nodes_of(source)
        if isinstance(node, ast.Attribute)
        and node.attr in RAW
        and ast.unparse(node.value).rsplit(".", 1)[-1] in {"terminal", "_terminal"}
    }


def prints(source: str) -> bool:
    """Tell whether a module writes to a stream of the process without a terminal."""
    for node in nodes_of(source):
        match node:
            case ast.Call(func=ast.Name(id="print")):
                return True
            case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr"):
                return True
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="os"), attr="write"),
                args=[ast.Constant(), *_],
            ):
                return True
    return False


def test_nothing_is_written_past_the_door():
    """Each raw way is listed with its reason, and no reason is left over."""
    found = set().union(*(raw_uses(name, source) for name, source in sources().items()))

    assert found == set(MAY_WRITE)


def test_nobody_prints():
    """The streams of the process belong to terminal/."""
    assert {name for name, source in sources().items() if prints(source)} == set(MAY_PRINT)


def test_a_way_past_the_door_is_seen():
    """The search is not asleep."""
    assert raw_uses("x.py", "self._terminal.write_stderr('x')") == {"x.py write_stderr"}
    assert raw_uses("x.py", "plan.session.invocation.terminal.write(a)") == {"x.py write"}
    assert raw_uses("x.py", "say = terminal.write_bytes") == {"x.py write_bytes"}
    assert prints("def f():\n    print(1)")
    assert prints("import sys\nsys.stderr.write('x')")
    assert prints("import os\nos.write(2, b'x')")
