"""
Every call of the system that writes fails or writes short at a random moment: is anything lost?

    python scripts/faults/writes.py --runs 500 --seed 1

Each run is a real process with a small library before libc (faults.c, made by `cc`). Whatever
strikes: status 0 only with all of the answer, an old file is the old one or the whole new one,
an answer that its file did not take is on stdout, no row is lost, no status 1 and no 70.
"""

import argparse
import errno
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ANSWER = "".join(f"line {number:05}: all of this is the answer\n" for number in range(1500))
OLD = "what stood there before\n" * 40
ROWS = 12
MOCK = [sys.executable, "-m", "gradient_cli", "mock", "--port", "0", "--quiet"]
KINDS = ["short", errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EAGAIN, errno.EINTR]
SUITE = "".join(
    f'[[test]]\nname = "t{n}"\nprompt = "p{n}"\nexpect = "all of this"\n' for n in range(6)
)


@dataclass
class Ended:
    """A run that has ended."""

    folder: Path
    status: int
    stdout: str
    stderr: str


def text_of(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def to_stdout(run: Ended) -> str | None:
    return "less than the answer" if run.status == 0 and run.stdout != ANSWER else None


def to_json(run: Ended) -> str | None:
    if run.status:
        return None
    return None if json.loads(run.stdout)["text"] == ANSWER else "less than the answer"


def to_file(run: Ended) -> str | None:
    now = text_of(run.folder / "out")
    if now not in {OLD, ANSWER}:
        return f"the old file is lost: {len(now)} bytes"
    if run.status == 0 and now != ANSWER:
        return "status 0, and the old file"
    if (
        run.status
        and now == OLD
        and run.stdout != ANSWER
        and "cannot write to stdout" not in run.stderr
    ):
        return "the answer is neither in the file nor on stdout"
    return None


def to_log(run: Ended) -> str | None:
    now = text_of(run.folder / "log")
    if not now.startswith(OLD):
        return "what stood in the log is lost"
    return "less than the answer" if run.status == 0 and now != OLD + ANSWER else None


def to_thread(run: Ended) -> str | None:
    lines = text_of(run.folder / "thread").splitlines()
    items = [json.loads(line) for line in lines]
    if len(items) not in {2, 4} or items[1]["content"] != "old":
        return f"a thread of {len(items)} items"
    if run.status == 0 and (len(items) != 4 or run.stdout != ANSWER):
        return "status 0 without the turn, or without the answer"
    return None


def to_tapes(run: Ended) -> str | None:
    tapes = [json.loads(path.read_text()) for path in (run.folder / "tapes").glob("*.json")]
    if run.status == 0 and (len(tapes) != 1 or run.stdout != ANSWER):
        return "status 0 without the recording, or without the answer"
    return None


def to_reports(run: Ended) -> str | None:
    from xml.etree import ElementTree

    now = text_of(run.folder / "r.xml")
    if now == OLD:
        return None if run.status else "status 0, and the old report"
    tests = [case.get("name") for case in ElementTree.fromstring(now).iter("testcase")]
    if run.status == 0 and (len(tests) != 6 or "6 passed" not in run.stdout):
        return f"status 0 with {len(tests)} tests, and {run.stdout[-80:]!r}"
    return None


def to_rows(run: Ended) -> str | None:
    lines = text_of(run.folder / "out.jsonl").splitlines()
    try:
        rows = [json.loads(line) for line in lines]
    except ValueError:
        return "half a line in OUT"
    ids = [row["id"] for row in rows]
    if len(set(ids)) != len(ids):
        return "a row twice"
    if any(row["ok"] and row["text"] != ANSWER for row in rows):
        return "less than the answer in a row"
    if run.status == 0 and len(rows) != ROWS:
        return f"status 0 with {len(rows)} rows"
    return None


@dataclass
class Kind:
    """A way to use the program, and what must hold after it."""

    arguments: list[str]
    judge: Callable[[Ended], str | None]
    calls: int
    """About so many calls it makes that can fail."""


USES = [
    Kind(["respond", "hi"], to_stdout, 4),
    Kind(["respond", "hi", "--no-stream"], to_stdout, 3),
    Kind(["respond", "hi", "--json"], to_json, 3),
    Kind(["respond", "hi", "-o", "out"], to_file, 4),
    Kind(["respond", "hi", "-o", "/dev/fd/3"], to_log, 3),
    Kind(["respond", "hi", "--thread", "thread"], to_thread, 5),
    Kind(["respond", "hi", "--record", "tapes"], to_tapes, 8),
    Kind(["check", "s.toml", "--junit", "r.xml"], to_reports, 6),
    Kind(["batch", "run", "-i", "items.txt", "-o", "out.jsonl", "-j", "4"], to_rows, 16),
]


def build(folder: Path) -> Path:
    """Make the library; FileNotFoundError or CalledProcessError where there is no compiler."""
    library = folder / "faults.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-o", library, HERE / "faults.c", "-ldl"], check=True
    )
    return library


def prepare(folder: Path) -> None:
    (folder / "out").write_text(OLD)
    (folder / "log").write_text(OLD)
    (folder / "r.xml").write_text(OLD)
    (folder / "s.toml").write_text(SUITE)
    (folder / "items.txt").write_text("".join(f"row {n}\n" for n in range(ROWS)))
    items = [{"role": "user", "content": "old"}, {"role": "assistant", "content": "old"}]
    (folder / "thread").write_text("".join(json.dumps(item) + "\n" for item in items))


def once(dice: random.Random, library: Path, url: str, folder: Path) -> tuple[str, str | None]:
    """Run once with one fault; give what it was, and what went wrong."""
    prepare(folder)
    use, kind = dice.choice(USES), dice.choice(KINDS)
    at = dice.randint(1, use.calls)
    # A stream that is never ready would be waited for without end, and rightly.
    is_for_ever = kind not in {"short", errno.EAGAIN, errno.EINTR} and dice.random() < 0.4
    fault = {
        "LD_PRELOAD": str(library),
        "FAULT_AT": str(at),
        "FAULT_KIND": str(kind),
        "FAULT_LOG": str(folder / "struck"),
        **({"FAULT_FOREVER": "1"} if is_for_ever else {}),
    }
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "PYTHONPATH": str(HERE.parent.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": dice.choice(["", "1"]),
        "GRADIENT_INFERENCE_ENDPOINT": url,
        "GRADIENT_MODEL": "m",
        **fault,
    }
    log = os.open(folder / "log", os.O_WRONLY | os.O_APPEND)
    arguments = [word.replace("/dev/fd/3", f"/dev/fd/{log}") for word in use.arguments]
    done = subprocess.run(
        [sys.executable, "-m", "gradient_cli", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environ,
        cwd=folder,
        pass_fds=[log],
        timeout=60,
        check=False,
    )
    os.close(log)
    run = Ended(folder, done.returncode, done.stdout, done.stderr)
    what = f"{' '.join(use.arguments)}: call {at}, {kind}{' for ever' if is_for_ever else ''}"
    if not (folder / "struck").exists():
        what += " (not reached)"
    if run.status not in {0, 2}:
        return what, f"status {run.status}: {run.stderr[-300:]}"
    if "Traceback" in run.stderr:
        return what, run.stderr[-300:]
    return what, use.judge(run)


def serve(folder: Path) -> "tuple[subprocess.Popen[str], str]":
    """Start the mock; give its process and its address."""
    (folder / "answer").write_text(ANSWER)
    server = subprocess.Popen(
        [*MOCK, "--reply", f"@{folder / 'answer'}"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE.parent.parent)},
    )
    assert server.stdout
    return server, server.stdout.readline().strip()


def soak(runs: int, seed: int) -> tuple[int, list[str]]:
    """Give how many faults struck, and what went wrong."""
    dice = random.Random(seed)
    struck, bad = 0, []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        library = build(folder)
        server, url = serve(folder)
        try:
            for number in range(runs):
                here = folder / str(number)
                here.mkdir()
                what, wrong = once(dice, library, url, here)
                struck += "not reached" not in what
                if wrong:
                    bad.append(f"run {number} of seed {seed}: {what}: {wrong}")
                    print(bad[-1], flush=True)
        finally:
            server.kill()
            server.wait()
            assert server.stdout
            server.stdout.close()
    return struck, bad


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    struck, bad = soak(given.runs, given.seed)
    print(f"{given.runs} runs, {struck} faults struck, {len(bad)} went wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
