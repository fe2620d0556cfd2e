"""
How many small faults the quick suite would notice: mutants drawn by a seed, with the survivors.

    python -m pip install cosmic-ray coverage
    python scripts/mutants.py --seed 7 --count 300

A mutant is the package with one operator, constant, loop or `except` changed (cosmic-ray's
operators, each family as likely as the other, each line of the rooms as likely as another).
First the quick suite runs once, to see which test runs which line. Then a mutant has to face
the tests that run the line it changed, the quickest first; where a line runs as its module loads,
or in no test, those that run anything of its file, and of its room where there are none.
It is killed if a test fails. One whose tests do not end counts as killed, and is shown, as those
that survive are. With --real, survivors face their room's tests marked `real` too.
What differs in annotations alone is no mutant. Exit status 1 below --bar.
"""

import argparse
import ast
import contextlib
import difflib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import cosmic_ray.ast
import cosmic_ray.mutating
import cosmic_ray.plugins
import coverage

ROOT = Path(__file__).parents[1]
PACKAGE = "gradient_cli"
LEFT_OUT = ("VariableReplacer", "VariableInserter", "RemoveDecorator")
"""These make code that no one would write; most of it does not even load."""
PYTEST = [sys.executable, "-m", "pytest", "-p", "mutant_tests"]
WORDS = {0: "SURVIVED", 1: "killed", -9: "hung"}


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    path: Path
    operator: str
    before: str
    source: str

    def diff(self) -> str:
        """Give the changed lines."""
        old = self.before.splitlines()
        lines = difflib.unified_diff(old, self.source.splitlines(), lineterm="", n=0)
        return "\n".join(line for line in lines if not line.startswith(("---", "+++")))

    def lines(self) -> set[int]:
        """Give the lines of the statement it changes: a test may be seen in any of them."""
        old, new = self.before.splitlines(), self.source.splitlines()
        changes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        found = {
            line
            for tag, first, end, _, _ in changes
            if tag != "equal"
            for line in range(first + 1, max(end, first + 1) + 1)
        }
        around = [
            node
            for node in ast.walk(ast.parse(self.before))
            if isinstance(node, ast.stmt | ast.ExceptHandler)
            and node.lineno <= min(found) <= (node.end_lineno or node.lineno)
        ]
        if not around:  # a decorator's line
            return found
        inner = max(around, key=lambda node: node.lineno)
        body = getattr(inner, "body", None)
        end = body[0].lineno if body else (inner.end_lineno or inner.lineno) + 1
        return found | set(range(inner.lineno, max(end, inner.lineno + 1)))


def families() -> dict[str, list[str]]:
    """Give the operators by family: `core/ReplaceBinaryOperator_Add_Sub` is of the first word."""
    found: dict[str, list[str]] = {}
    for name in sorted(cosmic_ray.plugins.operator_names()):
        family = name.removeprefix("core/").partition("_")[0]
        if family not in LEFT_OUT:
            found.setdefault(family, []).append(name)
    return found


def without_annotations(source: str) -> str:
    """Give the code's tree without its types and texts of documentation."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign):
            node.annotation = ast.Constant(None)
        if isinstance(node, ast.FunctionDef):
            node.returns = None
    return ast.dump(tree)


def draw(chance: random.Random, files: dict[Path, str]) -> Mutant | None:
    """Draw a file by its lines, an operator by its family, and a place; None if there is none."""
    lengths = [source.count("\n") for source in files.values()]
    [path] = chance.choices(list(files), lengths)
    family = chance.choice(sorted(families()))
    name = chance.choice(families()[family])
    operator = cosmic_ray.plugins.get_operator(name)()
    try:
        places = sum(
            len(list(operator.mutation_positions(node)))
            for node in cosmic_ray.ast.ast_nodes(cosmic_ray.ast.get_ast(files[path]))
        )
        if not places:
            return None
        source = cosmic_ray.mutating.mutate_code(files[path], operator, chance.randrange(places))
    except TypeError:
        return None
    try:
        same = without_annotations(source) == without_annotations(files[path])
    except SyntaxError:
        return None
    return None if same else Mutant(path, name, files[path], source)


class Cover:
    """Which quick tests run a line, and how long each takes."""

    def __init__(self, folder: Path, jobs: int):
        environ = {**environment(ROOT), "MUTANT_MAP": str(folder)}
        command = [*PYTEST, "-q", "-m", "not real", "-n", str(jobs), "--dist", "worksteal"]
        done = subprocess.run(
            command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
        )
        print(done.stdout.strip().rpartition("\n")[2], flush=True)
        self.seconds: dict[str, float] = {}
        for path in folder.glob("seconds-*.json"):
            self.seconds |= json.loads(path.read_text())
        self.tests: dict[Path, dict[int, set[str]]] = {}
        for path in folder.glob("lines-*"):
            data = coverage.CoverageData(str(path))
            data.read()
            for name in data.measured_files():
                lines = self.tests.setdefault(Path(name).relative_to(ROOT), {})
                for line, contexts in data.contexts_by_lineno(name).items():
                    lines.setdefault(line, set()).update(filter(None, contexts))

    def facing(self, mutant: Mutant) -> list[str]:
        """Give the tests that could see the mutant, the quickest first."""
        lines = self.tests.get(mutant.path, {})
        found = set().union(*(lines.get(line, ()) for line in mutant.lines()))
        found = found or set().union(*lines.values())
        room = f"tests/{mutant.path.parts[1]}/"
        found = found or {name for name in self.seconds if name.startswith(room)}
        return sorted(found, key=lambda name: (self.seconds.get(name, 0.0), name))


def environment(root: Path) -> dict[str, str]:
    """Give what tests of the package at `root` are to see."""
    paths = os.pathsep.join((str(root), str(ROOT / "scripts")))
    return {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}


def judge(mutant: Mutant, copy: Path, tests: list[str], timeout_s: float, *, is_real: bool) -> int:
    """Run tests on a copy with the mutant in it; give 0 if it survives."""
    target = copy / mutant.path
    kept = target.read_text()
    target.write_text(mutant.source)
    listed = copy / "mutant-tests"
    listed.write_text("\n".join(tests))
    files = list(dict.fromkeys(name.partition("::")[0] for name in tests))
    environ = environment(copy)
    runs = [(files, {**environ, "MUTANT_TESTS": str(listed)})] if tests else []
    own = copy / "tests" / mutant.path.parts[1]
    if is_real and own.is_dir():
        runs.append((["-m", "real", str(own)], environ))
    try:
        for arguments, seen in runs:
            command = [*PYTEST, "-xq", "-p", "no:cacheprovider", *arguments]
            if not ends_well(command, copy, seen, timeout_s):
                return 1
    except subprocess.TimeoutExpired:
        return -9
    finally:
        target.write_text(kept)
    return 0


def ends_well(command: list[str], copy: Path, environ: dict[str, str], timeout_s: float) -> bool:
    """Say if all tests of the command passed, or there were none; what it started ends with it."""
    process = subprocess.Popen(
        command,
        cwd=copy,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(timeout_s) in (0, 5)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def main() -> int:
    """Draw, judge, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--bar", type=float, default=0.92)
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for a mutant's tests")
    parser.add_argument("--real", action="store_true", help="the room's tests marked `real` too")
    parser.add_argument("rooms", nargs="*", help="such as wire or errors.py; nothing: all")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    files = {
        path.relative_to(ROOT): path.read_text()
        for path in sorted((ROOT / PACKAGE).rglob("*.py"))
        if not options.rooms or path.relative_to(ROOT).parts[1] in options.rooms
    }
    mutants: list[Mutant] = []
    while len(mutants) < options.count:
        found = draw(chance, files)
        if found and found not in mutants:
            mutants.append(found)
    killed = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.jobs) as pool:
        map_folder = Path(folder) / "map"
        map_folder.mkdir()
        cover = Cover(map_folder, options.jobs)
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(options.jobs):
            copy = Path(folder) / str(number)
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".venv", ".git", ".*_cache"))
            copies.put(copy)

        def one(mutant: Mutant) -> int:
            copy = copies.get()
            try:
                tests = cover.facing(mutant)
                return judge(mutant, copy, tests, options.timeout, is_real=options.real)
            finally:
                copies.put(copy)

        for mutant, result in zip(mutants, pool.map(one, mutants), strict=True):
            killed += result != 0
            if result != 1:
                print(
                    f"{WORDS[result]} {mutant.path} {mutant.operator}, "
                    f"{len(cover.facing(mutant))} tests\n{mutant.diff()}",
                    flush=True,
                )
    share = killed / len(mutants)
    print(f"{killed} of {len(mutants)} killed ({share:.1%}), seed {options.seed}")
    return int(share < options.bar)


if __name__ == "__main__":
    sys.exit(main())
