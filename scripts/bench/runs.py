"""Running programs and measuring what they cost: wall time, first byte, processor, memory."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
PROGRAM = Path(sys.executable).parent / "gradient"
"""The console script beside the Python that runs us: what a user would start."""


@dataclass(frozen=True)
class Cost:
    """What one run of a program cost."""

    wall_ms: float
    first_byte_ms: float
    cpu_ms: float
    peak_mb: float
    """The most memory it held; never below our own, as a child begins as our copy."""
    output_bytes: int


def measure(
    argv: Sequence[str | Path],
    environ: Mapping[str, str],
    *,
    stdin: Path | None = None,
    expected_status: int = 0,
) -> Cost:
    """
    Run a program to its end, reading its stdout through a pipe.

    Raises:
        RuntimeError: its status is not the expected one.

    """
    source = os.open(stdin or os.devnull, os.O_RDONLY)
    reader, writer = os.pipe()
    errors = os.memfd_create("stderr")
    files = [
        (os.POSIX_SPAWN_DUP2, source, 0),
        (os.POSIX_SPAWN_DUP2, writer, 1),
        (os.POSIX_SPAWN_DUP2, errors, 2),
    ]
    started = time.perf_counter()
    pid = os.posix_spawn(str(argv[0]), list(map(str, argv)), dict(environ), file_actions=files)
    os.close(writer)
    os.close(source)
    first, size = 0.0, 0
    while data := os.read(reader, 1 << 20):
        first = first or time.perf_counter()
        size += len(data)
    _, status, usage = os.wait4(pid, 0)
    ended = time.perf_counter()
    os.close(reader)
    words = os.pread(errors, 2000, 0)
    os.close(errors)
    if os.waitstatus_to_exitcode(status) != expected_status:
        raise RuntimeError(f"{argv[0]} ended with {status}: {words.decode()}")
    return Cost(
        wall_ms=(ended - started) * 1000,
        first_byte_ms=((first or ended) - started) * 1000,
        cpu_ms=(usage.ru_utime + usage.ru_stime) * 1000,
        peak_mb=usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10),
        output_bytes=size,
    )


def interleaved(runs: Mapping[str, Callable[[], Cost]], rounds: int) -> dict[str, list[Cost]]:
    """Run everything in turn, `rounds` times, after one turn that does not count."""
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    for turn in range(rounds + 1):
        for name, run in runs.items():
            cost = run()
            if turn:
                costs[name].append(cost)
    return costs


def middle(costs: Sequence[Cost], field: str) -> float:
    """Give the median of one field."""
    return median(getattr(cost, field) for cost in costs)


def ratio(costs: Sequence[Cost], reference: Sequence[Cost], field: str = "wall_ms") -> float:
    """Give the median of the ratios, turn by turn: what disturbs one disturbs the other."""
    pairs = zip(costs, reference, strict=True)
    return median(getattr(one, field) / getattr(other, field) for one, other in pairs)


def environment(home: Path, url: str = "", **more: str) -> dict[str, str]:
    """Give an environment without anybody's settings, and with bytecode allowed."""
    given = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    if url:
        given["GRADIENT_INFERENCE_ENDPOINT"] = url
        given["GRADIENT_MODEL_ACCESS_KEY"] = "sk-bench"
    return {**given, **more}


@contextmanager
def server(*options: str):
    """Run the endpoint of server.py and give its port."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "server.py"), *options], stdout=subprocess.PIPE, text=True
    )
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()
