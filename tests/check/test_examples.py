"""The CI examples: their commands are run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer

pytestmark = pytest.mark.real

EXAMPLES = Path(__file__).parents[2] / ".ci" / "examples"
SUITE = '[[test]]\nname = "a"\nprompt = "x"\nmodel = "m"\nexpect = "yes"\n'


@pytest.fixture
def project(tmp_path, world):
    """Give a folder with a suite, and an environment in which `gradient` is this program."""
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "a.toml").write_text(SUITE)
    program = tmp_path / "bin" / "gradient"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m gradient_cli "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    return tmp_path, {**world, "PATH": path, "CI": "true"}


def served(text: str) -> MockServer:
    return MockServer(Script(behaviours=(Behaviour(text=text, times=0),)))


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [("yes", 0, "prompts: pass"), ("no", 1, "prompts: the model is wrong")],
)
def test_the_shell_job_passes_the_status_on(answer, status, words, project):
    """And says in words what it means."""
    folder, environ = project
    with served(answer) as server:
        done = subprocess.run(
            [EXAMPLES / "job.sh"], cwd=folder, capture_output=True, text=True,
            env={**environ, "GRADIENT_INFERENCE_ENDPOINT": server.url},
        )  # fmt: skip

    assert (done.returncode, words in done.stdout) == (status, True)
    assert (folder / "report.xml").read_text().startswith("<?xml")


def test_the_workflow_asks_and_replays(project):
    """Each `gradient` line of the workflow, in a shell; the second without a server."""
    folder, environ = project
    lines = re.findall(r"run: (gradient check .*)", (EXAMPLES / "github.yml").read_text())
    live, replay = lines
    with served("yes") as server:
        asked = {**environ, "GRADIENT_INFERENCE_ENDPOINT": server.url}
        first = subprocess.run(
            f"{live} --record prompts/tapes", shell=True, cwd=folder, env=asked, capture_output=True
        )
    second = subprocess.run(replay, shell=True, cwd=folder, env=environ, capture_output=True)

    assert (first.returncode, second.returncode) == (0, 0)
    assert (folder / "report.html").exists()


def test_a_replay_without_its_recording_says_how_to_record(project):
    """Status 2, the nearest request, the command."""
    folder, environ = project
    (folder / "tapes").mkdir()

    done = subprocess.run(
        "gradient check prompts/a.toml --replay tapes",
        shell=True, cwd=folder, env=environ, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 2
    assert "to record what is missing: gradient check prompts/a.toml --record tapes" in done.stdout
