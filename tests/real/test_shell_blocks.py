"""
Each shell block that we show, run as CI runs it, with a service that fails: none acts on a half.

    README.md, docs/*.md, help and man page ─► block ─► GitHub   bash --noprofile --norc -eo pipefail
                                                   ─► GitLab   dash -e
                                                   ─► make     sh -c, a line each
    with a service that cuts, refuses, hangs

Where an answer was asked for, the status is not 0; nothing is committed or applied, and no file
holds a piece of one, unless it says that it is none (`"ok":false`, a report of errors) or keeps
what the service sent (a recording).
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradient_cli.cli.pages.examples import EXAMPLES
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
HALF = "HALFANSWER"
ANSWER = f"```sql\n{HALF} one two three four five six seven\n```\n"
SERVICES = {
    "cuts": Behaviour(text=ANSWER, end="close", after=4, times=0),
    "breaks": Behaviour(text=ANSWER, end="cut", after=4, times=0),
    "limits": Behaviour(text=ANSWER, end="incomplete", after=4, times=0),
    "refuses": Behaviour(status=401, times=0),
    "hangs": Behaviour(text=ANSWER, end="stall", after=4, times=0),
}
SHELLS = {
    "github": ["bash", "--noprofile", "--norc", "-eo", "pipefail"],
    "gitlab": ["dash", "-e"],
    "make": ["/usr/bin/make", "-k", "-f"],
}
SINKS = ("psql", "sqlite3", "kubectl", "uv", "pipx", "make", "parallel", "pass")
"""Programs that stand for others: they keep what they are given."""
SINK = """#!/bin/sh
{ echo "$0 $*"; [ -t 0 ] || cat; for word; do [ -f "$word" ] && cat "$word"; done; true; } >> "$SINKS"
"""
GRADIENT = f"""#!/bin/sh
case "$1" in
    mock) echo "$GRADIENT_INFERENCE_ENDPOINT" ;;
    *) exec {sys.executable} -m gradient_cli "$@" ;;
esac
"""
"""This program; a mock that would stay is not begun: the service is there."""
REPORTS = ("<error ", "<title>gradient check: not passed</title>")
"""What stands in a report that passed nothing."""
SUITE = '[[test]]\nname = "a"\nprompt = "x"\nexpect = "yes"\n'
LABELLED = (
    '[[test]]\nname = "a"\nanswer = "{{ mail }}"\ncases = "mails.csv"\n'
    'decide = "It is spam"\nlabel = "spam"\n'
)
FILES = {
    **dict.fromkeys(("app.py", "test_app.py", "schema.sql", "cv.txt", "pr.diff"), "x = 1\n"),
    **dict.fromkeys(("CHANGELOG.md", "notes.md", "README.md", "ticket.txt", "mail.txt"), "words\n"),
    "reviews.txt": "good\nbad\n",
    "in.txt": "good\nbad\n",
    "reviews.csv": "id,review\n1,good\n2,bad\n",
    "mails.csv": "id,mail,spam\n1,hello,no\n2,buy,yes\n",
    "rows.jsonl": '{"prompt": "x"}\n{"prompt": "y"}\n{"prompt": "z"}\n',
    "notes/a.md": "words\n",
    "review.md": "Review this: {{ diff }}\n",
    "tests/a.toml": SUITE,
    "agent.toml": SUITE,
    "evals/reviews.toml": SUITE,
    "sql.toml": f'{SUITE}checks = ["parses"]\n',
    "spam.toml": LABELLED,
    "labelled.toml": LABELLED,
    "failures.toml": "",
    "main.json": "{}",
    "my-script.sh": "#!/bin/sh\ngradient respond --whole hi > said.txt\n",
}
CONFIG = 'model = "any"\ndecide_model = "any"\ntimeout = 1\nretries = 0\n'


def blocks() -> Iterator[tuple[str, str]]:
    """Give (where it stands, its text) of each shell block, none twice."""
    seen = set()
    for page in PAGES:
        text = page.read_text()
        for found in re.finditer(r"^```(?:sh|bash|shell)\n(.*?)^```", text, re.S | re.M):
            line = text.count("\n", 0, found.start()) + 2
            if found[1] not in seen:
                seen.add(found[1])
                yield f"{page.name}:{line}", found[1]
    for command, lines in EXAMPLES.items():
        for line in lines:
            if not any(line in block for block in seen):
                seen.add(line)
                yield f"help {command}", f"{line}\n"


BLOCKS = list(blocks())


class Sandbox:
    """A project with all that the blocks name, and what stands for other people's programs."""

    def __init__(self, folder: Path, world: dict[str, str]) -> None:
        self.folder = folder / "project"
        self.sinks = folder / "sinks"
        self.sinks.touch()
        for name, text in FILES.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (self.folder / "my-script.sh").chmod(0o755)
        programs = folder / "bin"
        programs.mkdir()
        for name, text in {**dict.fromkeys(SINKS, SINK), "gradient": GRADIENT}.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        (folder / "config.toml").write_text(CONFIG)
        self.environ = {
            **world,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "GRADIENT_CONFIG": str(folder / "config.toml"),
            "GRADIENT_MODEL_ACCESS_KEY": "sk-test",
            "SINKS": str(self.sinks),
            "PROFILE": "profile.ps1",
            "JOB_COMPLETION_INDEX": "0",
            "SLURM_ARRAY_TASK_ID": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER")
               for what in ("NAME", "EMAIL")},
        }  # fmt: skip
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-qm", "first")
        (self.folder / "app.py").write_text("x = 2\n")
        self.git("add", "app.py")
        (self.folder / "test_app.py").write_text("x = 3\n")

    def git(self, *words: str) -> str:
        """Run git; give what it printed."""
        done = subprocess.run(
            ["git", *words], cwd=self.folder, env=self.environ, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        return done.stdout

    def run(self, shell: str, block: str, url: str) -> "subprocess.CompletedProcess[str]":
        """Run a block as a CI does."""
        script = self.folder.parent / "script"
        script.write_text(makefile(block) if shell == "make" else block)
        return subprocess.run(
            [*SHELLS[shell], str(script)], cwd=self.folder, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120, check=False,
            env={**self.environ, "GRADIENT_INFERENCE_ENDPOINT": url},
        )  # fmt: skip

    def halves(self) -> list[str]:
        """Give each place in which a piece of an answer stands, and does not say that it is one."""
        found = []
        for path in [self.sinks, *self.folder.rglob("*")]:
            if not path.is_file() or ".git" in path.parts:
                continue
            text = path.read_text("utf-8", "replace")
            if path.parent.name == "tapes" or is_report_of_errors(text):
                continue
            lines = [text] if is_json(text) else text.splitlines()
            found += [f"{path.name}: {x[:200]}" for x in lines if HALF in x and not is_refused(x)]
        return found


def is_json(text: str) -> bool:
    """Tell a text that is JSON as a whole."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def is_report_of_errors(text: str) -> bool:
    """Tell a report, or a run that was kept, which says itself that not all passed."""
    head = text.partition("\n")[0]
    if '"type":"gradient.run"' in head:
        return '"exit_code":0' not in head
    return any(mark in text for mark in REPORTS)


def is_refused(text: str) -> bool:
    """Tell JSON, or the row of a table, that says itself that it is no answer: `ok` is false."""
    if is_json(text):
        return json.loads(text).get("ok") is False
    return '",false,' in text


def makefile(block: str) -> str:
    """
    Give a Makefile with a target for each line, or one for what only stands together.

    `make -k` goes on behind a target that fails, so that each line is seen.
    """
    lines = [line for line in block.splitlines() if line.strip() and not line.startswith("#")]
    if re.search(r"<<|^case |^until |^export |&$|& \w+=|^status=", block, re.MULTILINE):
        lines = ["\n".join(lines)]
    targets = " ".join(f"t{n}" for n in range(len(lines)))
    parts = [".ONESHELL:", f".PHONY: all {targets}", f"all: {targets}"]
    if len(lines) == 1 and "\n" in lines[0]:
        parts.insert(0, ".SHELLFLAGS = -ec")
    for number, line in enumerate(lines):
        recipe = line.replace("$", "$$").replace("\n", "\n\t")
        parts.append(f"t{number}:\n\t@{recipe}")
    return "\n".join(parts) + "\n"


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("place", "block"), BLOCKS, ids=[place for place, _ in BLOCKS])
def test_no_block_acts_upon_half_an_answer(place, block, shell, service, tmp_path, world):
    """Whoever copies it into a pipeline is safe."""
    sandbox = Sandbox(tmp_path, world)
    with MockServer(Script(behaviours=(SERVICES[service],))) as server:
        done = sandbox.run(shell, block, server.url)
        asked = [
            one for one in server.requests if isinstance(one.body, dict) and "input" in one.body
        ]

    assert sandbox.git("rev-list", "--count", "HEAD") == "1\n", "something was committed"
    assert sandbox.halves() == []
    if asked:
        assert done.returncode != 0, done.stderr
    assert HALF not in shlex.join(sandbox.git("log", "--format=%B").split())


@pytest.mark.parametrize("shell", ["bash -e", "dash -e", "sh"])
@pytest.mark.parametrize(("service", "status"), [("refuses", 3), ("hangs", 7), ("cuts", 8)])
def test_the_job_of_ours_passes_the_status_on(shell, service, status, tmp_path, world):
    """The example job, with -e and without."""
    sandbox = Sandbox(tmp_path, world)
    (sandbox.folder / "prompts").mkdir()
    (sandbox.folder / "prompts" / "a.toml").write_text(SUITE)
    with MockServer(Script(behaviours=(SERVICES[service],))) as server:
        done = subprocess.run(
            [*shell.split(), str(ROOT / ".ci" / "examples" / "job.sh")], cwd=sandbox.folder,
            env={**sandbox.environ, "GRADIENT_INFERENCE_ENDPOINT": server.url},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert done.returncode == status
    assert "prompts: " in done.stdout


UNSAFE = [
    "git diff --staged | gradient respond -f - 'message' | git commit -qF -",
    "gradient respond 'query' | psql shop",
    "gradient respond 'query' > query.sql; psql shop -f query.sql",
    "gradient respond 'notes' > notes.out",
    "gradient respond 'hi' || true",
]


@pytest.mark.parametrize("block", UNSAFE)
def test_an_unsafe_block_would_be_seen(block, tmp_path, world):
    """The check is not asleep: without --whole each of these acts, or hides the status."""
    sandbox = Sandbox(tmp_path, world)
    with MockServer(Script(behaviours=(SERVICES["cuts"],))) as server:
        done = sandbox.run("gitlab", f"{block}\n", server.url)

    commits = sandbox.git("rev-list", "--count", "HEAD")
    assert done.returncode == 0 or sandbox.halves() or commits != "1\n"
