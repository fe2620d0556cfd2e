"""docs/gate.md: its files are written and its commands run, in order, as a reader would."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer

pytestmark = pytest.mark.real

PAGE = Path(__file__).parents[2] / "docs" / "gate.md"
_BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
_FILE = re.compile(r"`([\w./]+\.(?:csv|toml))`: .*\n+$")
STATUSES = {
    "gradient check evals/reviews.toml --baseline evals/main.json": 1,
    "gradient check evals/reviews.toml --save last.json": 1,
    "gradient check evals/reviews.toml --last-failed last.json": 1,
    "gradient check evals/reviews.toml --record evals/tapes": 1,
    "gradient check evals/reviews.toml --replay evals/tapes": 1,
}
"""What each ends with where the reader does not mend the prompt; the others with 0."""


def blocks() -> list[tuple[str, str, str]]:
    """Give (language, content, the file that it is, or "") of each block."""
    text = PAGE.read_text()
    found = []
    for block in _BLOCK.finditer(text):
        named = _FILE.search(text[: block.start()])
        found.append((block[1], block[2], named[1] if named else ""))
    return found


def scripted(rows: str) -> Script:
    """Give a model that is right as long as it is asked for one word."""
    cells = [row.split(",") for row in rows.splitlines()[1:]]
    right = [
        Behaviour(text=label, match=f'(?s)One word.*"{re.escape(review)}')
        for _, review, label, _ in cells
    ]
    return Script(behaviours=(*right, Behaviour(text="That is a fine review.", times=0)))


def test_every_command_of_the_page_runs(world, tmp_path):
    parts = blocks()
    files = {name: content for _, content, name in parts if name}
    assert set(files) == {"evals/reviews.csv", "evals/reviews.toml"}
    program = tmp_path / "bin" / "gradient"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m gradient_cli "$@"\n')
    program.chmod(0o755)
    (tmp_path / "evals").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    commands = [line for kind, content, _ in parts if kind == "sh" for line in content.splitlines()]
    assert len(commands) >= 9

    found, logs = {}, {}
    with MockServer(scripted(files["evals/reviews.csv"])) as server:
        environ = {
            **world,
            "PATH": f"{program.parent}{os.pathsep}{world['PATH']}",
            "GRADIENT_INFERENCE_ENDPOINT": server.url,
        }
        for command in commands:
            done = subprocess.run(
                ["bash", "-c", command], cwd=tmp_path, env=environ, capture_output=True, text=True
            )
            found[command] = done.returncode
            logs[command] = done.stdout + done.stderr

    assert found == {command: STATUSES.get(command, 0) for command in commands}, logs
    against = logs["gradient check evals/reviews.toml --baseline evals/main.json"]
    assert "worse, 8/8 in the baseline" in against
    assert "what r1 passed with then:\n      | positive" in against
    assert (tmp_path / "report.html").exists()
    assert "8 cases: a drop of" in against
