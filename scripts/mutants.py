"""
How many small faults the quick suite would notice: mutants drawn by a seed, with the survivors.

    python -m pip install cosmic-ray
    python scripts/mutants.py --seed 7 --count 300

A mutant is the package with one operator, constant, loop or `except` changed (cosmic-ray's
operators, each family as likely as the other, each line of the rooms as likely as another).
It is killed if a test fails: those of its own room first, then all that are not marked `real`,
then its own room's that are.
With --own its own room's quick tests have to do. One whose tests do not end counts as killed,
and is shown, as those that survive are: on a busy machine give it a longer --timeout.
What differs in annotations alone is no mutant. Exit status 1 below --bar.
"""

import argparse
import ast
import difflib
import os
import random
import shutil
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

ROOT = Path(__file__).parents[1]
PACKAGE = "gradient_cli"
LEFT_OUT = ("VariableReplacer", "VariableInserter", "RemoveDecorator")
"""These make code that no one would write; most of it does not even load."""
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


def judge(mutant: Mutant, copy: Path, timeout_s: float, *, is_own: bool) -> int:
    """Run the suite on a copy with the mutant in it; give 0 if it survives."""
    target = copy / mutant.path
    kept = target.read_text()
    target.write_text(mutant.source)
    own = copy / "tests" / mutant.path.parts[1]
    quick = ["-m", "not real"]
    runs = [quick]
    if own.is_dir():
        runs = [[*quick, str(own)]]
        runs += [] if is_own else [quick, ["-m", "real", str(own)]]
    environ = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        for which in runs:
            command = [sys.executable, "-m", "pytest", "-xq", *which]
            done = subprocess.run(
                command, cwd=copy, env=environ, capture_output=True, timeout=timeout_s, check=False
            )
            if done.returncode not in (0, 5):
                return 1
    except subprocess.TimeoutExpired:
        return -9
    finally:
        target.write_text(kept)
    return 0


def main() -> int:
    """Draw, judge, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--bar", type=float, default=0.92)
    parser.add_argument("--timeout", type=float, default=240.0, help="seconds for one run of tests")
    parser.add_argument("--own", action="store_true", help="the room's own quick tests alone")
    parser.add_argument("rooms", nargs="*", help="such as wire or check; nothing: all")
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
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(options.jobs):
            copy = Path(folder) / str(number)
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".venv", ".git", ".*_cache"))
            copies.put(copy)

        def one(mutant: Mutant) -> int:
            copy = copies.get()
            try:
                return judge(mutant, copy, options.timeout, is_own=options.own)
            finally:
                copies.put(copy)

        for mutant, result in zip(mutants, pool.map(one, mutants), strict=True):
            killed += result != 0
            if result != 1:
                print(
                    f"{WORDS[result]} {mutant.path} {mutant.operator}\n{mutant.diff()}", flush=True
                )
    share = killed / len(mutants)
    print(f"{killed} of {len(mutants)} killed ({share:.1%}), seed {options.seed}")
    return int(share < options.bar)


if __name__ == "__main__":
    sys.exit(main())
