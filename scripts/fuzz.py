"""
Run `gradient` against a server, suites, tapes, jobs and settings that mean harm.

    python scripts/fuzz.py [--seed N] [--runs N] [--program] [--files] [--only N]

Each run is made of its number and the seed alone: `--only N` repeats one. In this process by
default; `--program` runs the real program. Status 1 if a promise was broken: status 70, a run
longer than --max-time and a second, more than 300 MB, a raw control character on a terminal, a
command of somebody else's in a build's log.
"""

import argparse
import gc
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from fuzzing import files, judge, nasty  # noqa: E402  # after the path
from fuzzing.server import Server  # noqa: E402

LIMIT_S = 0.5
PROGRAM_LIMIT_S = 3.0
KEY = "sk-do-v1-4711-verysecretkey"
ASKED = [
    ("respond", "hi"),
    ("respond", "hi", "--no-stream"),
    ("respond", "hi", "--json"),
    ("respond", "hi", "--format", "events"),
    ("respond", "hi", "-v", "-u", "--show-reasoning"),
    ("respond", "hi", "--one-of", "yes,no", "--repair", "1"),
    ("respond", "hi", "--schema", "a int, b?", "--no-send-schema"),
    ("respond", "hi", "--schema", '{"type":"string","format":"regex"}'),
    ("respond", "hi", "-x"),
    ("respond", "hi", "--expect-re", "a+", "--reject", "b"),
    ("respond", "hi", "-o", "answer.txt"),
    ("respond", "hi", "--expect-source", "docs.example.com", "--expect-call", 'x={"a": 1}'),
    ("respond", "hi", "--tool", "mcp:server_label=x,authorization=tok-4711-SECRET", "--json"),
    ("respond", "hi", "--record", "rec"),
    ("respond", "hi", "--thread", "talk.jsonl"),
    ("models",),
    ("decide", "is it?"),
    ("check", "suite.toml", "--junit", "j.xml", "--html", "h.html"),
    ("check", "suite.toml", "--github"),
    ("batch", "run", "x", "-i", "rows.txt", "-o", "out.jsonl", "-j", "2"),
]
SUITE = '[[test]]\nname = "a"\nprompt = "x"\nexpect = "ok"\njudge = "good"\n'


class Fuzz:
    """One series of runs."""

    def __init__(self, seed: str, folder: Path, *, is_program: bool, has_files: bool) -> None:
        self._seed = seed
        self._folder = folder
        self._is_program = is_program
        self._has_files = has_files
        self._server = Server()
        # A child begins with the peak of whoever started it: that is nobody's here.
        self.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

    def tried(self, number: int) -> list[str]:
        """Give what was wrong with one run; a late one is run again, for this machine is busy."""
        wrong: list[str] = []
        for _ in range(3):
            try:
                wrong = self.run(number)
            except Exception as error:  # a bug that passed the door
                return [f"raised {type(error).__name__}: {error}"]
            if not any(judge.LATE in one for one in wrong):
                break
        return wrong

    def run(self, number: int) -> list[str]:
        """Give what was wrong with one run."""
        chance = Random(f"{self._seed}:{number}")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        is_tty = chance.random() < 0.5 and not self._is_program
        environ = {
            "HOME": str(self._folder),
            "XDG_CONFIG_HOME": str(self._folder),
            "PATH": os.environ["PATH"],
            "GRADIENT_MODEL_ACCESS_KEY": KEY,
            "GRADIENT_DECIDE_MODEL": "d",
        }
        if chance.random() < 0.5:
            environ["GITHUB_ACTIONS"] = "true"
        if self._has_files:
            argv = files.plant(chance, self._folder)
            if chance.random() < 0.3:
                environ["GRADIENT_CONFIG"] = str(self._folder / "config.toml")
        else:
            (self._folder / "suite.toml").write_text(SUITE)
            (self._folder / "rows.txt").write_text("a\nb\n")
            argv = list(chance.choice(ASKED))
            environ["GRADIENT_MODEL"] = "m"
        environ["GRADIENT_INFERENCE_ENDPOINT"] = self._server.url
        self._server.then(nasty.replies(f"{self._seed}:{number}:replies"))
        limit_s = PROGRAM_LIMIT_S if self._is_program else LIMIT_S
        if argv[0] in {"respond", "check", "batch", "models", "decide", "doctor"} and (
            argv[:2] != ["batch", "summary"]
        ):
            argv += ["--max-time", str(limit_s)]
        if argv[0] == "respond" and not self._has_files:
            argv += ["--retries", "0"]
        run = self._program if self._is_program else self._inside
        # In this process the peak is that of all runs so far: only who raises it is to blame.
        before_mb = 0 if self._is_program else self.peak_mb
        started = time.monotonic()
        status, out, err = run(argv, environ, is_tty)
        took_s = time.monotonic() - started
        found = judge.complaints(
            argv,
            status,
            out,
            err,
            took_s,
            limit_s,
            is_tty=is_tty,
            is_ci="GITHUB_ACTIONS" in environ,
        )
        if self.peak_mb > max(judge.MOST_MB, before_mb):
            found.append(f"{self.peak_mb} MB")
        return [f"{' '.join(argv)}: {one}" for one in found]

    def _inside(
        self, argv: list[str], environ: dict[str, str], is_tty: bool
    ) -> tuple[int, str, str]:
        from gradient_cli.__main__ import run
        from gradient_cli.ask.invocation import Invocation
        from gradient_cli.terminal.streams import Terminal

        os.chdir(self._folder)
        terminal = Terminal.recording(is_tty=is_tty)
        terminal.stdin = None
        status = run(argv, Invocation(terminal, environ))
        self.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        out, err = (bytes(s.getvalue()) for s in (terminal.stdout, terminal.stderr))  # type: ignore[attr-defined]
        return int(status), out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    def _program(
        self, argv: list[str], environ: dict[str, str], is_tty: bool
    ) -> tuple[int, str, str]:
        words = [sys.executable, "-m", "gradient_cli", *argv]
        out, err = self._folder / ".out", self._folder / ".err"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                env={**environ, "PYTHONPATH": str(ROOT)},
                cwd=self._folder,
            )
            until = time.monotonic() + 15
            while True:
                done, code, used = os.wait4(process.pid, os.WNOHANG)
                if done:
                    break
                if time.monotonic() > until:
                    process.kill()
                time.sleep(0.005)
        self.peak_mb = used.ru_maxrss // 1024
        status = os.waitstatus_to_exitcode(code)
        process.returncode = status
        return status, *(path.read_bytes().decode("utf-8", "replace") for path in (out, err))


def fuzz(seed: str, numbers: range, *, is_program: bool, has_files: bool) -> tuple[list[str], int]:
    """Run a series; give what was wrong, with the number of each run, and the peak of memory."""
    found, peak = [], 0
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        series = Fuzz(seed, Path(name) / "home", is_program=is_program, has_files=has_files)
        try:
            for number in numbers:
                wrong = series.tried(number)
                found += [f"--seed {seed} --only {number}: {one}" for one in wrong]
                peak = max(peak, series.peak_mb)
                gc.collect()  # One process stands for many: none would live so long.
        finally:
            os.chdir(here)
    return found, peak


def main() -> int:
    """Run, print what was wrong, and give the status."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--seed", default="1")
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--program", action="store_true", help="the real program, not this process")
    parser.add_argument("--files", action="store_true", help="suites, tapes, jobs and settings")
    parser.add_argument("--only", type=int, help="this one run")
    options = parser.parse_args()
    if "MALLOC_MMAP_THRESHOLD_" not in os.environ:
        # Thousands of runs in one process: glibc would keep what the large ones gave back.
        os.environ["MALLOC_MMAP_THRESHOLD_"] = "1000000"
        os.execv(sys.executable, [sys.executable, *sys.argv])
    numbers = range(options.runs) if options.only is None else range(options.only, options.only + 1)
    started = time.monotonic()
    found, peak = fuzz(options.seed, numbers, is_program=options.program, has_files=options.files)
    for line in found:
        print(line)
    took_s = time.monotonic() - started
    print(f"{len(numbers)} runs, {len(found)} complaints, {took_s:.0f} s, {peak} MB at the most")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
