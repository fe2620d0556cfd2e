"""
What `gradient` needs for much: memory and time for long streams, long answers, long prompts.

    .venv/bin/python scripts/bench/stream.py [--json FILE] [--than GRADIENT]

Prints a Markdown table; status 1 if a bound is broken. `--than` holds an answer of 90 MB, whole
and streamed, against another installation of the program, in turn.
"""

import argparse
import json
import sys
import tempfile
from functools import partial
from pathlib import Path

from runs import PROGRAM, Cost, environment, interleaved, measure, middle, ratio, server

MB = 1_000_000
LONG = [
    ("whole", f"bytes-{90 * MB}", ["--no-stream"]),
    ("a typed stream", f"long-{90 * MB}", []),
    ("a stream of chunks", f"chunks-{90 * MB}", []),
]


def run(
    port: int,
    folder: Path,
    model: str,
    *flags: str,
    stdin: Path | None = None,
    program: str | Path = PROGRAM,
) -> Cost:
    """Ask the endpoint for the answer that `model` names."""
    argv = [program, "respond", "-m", model, *([] if stdin else ["hi"]), *flags]
    return measure(argv, environment(folder, f"http://127.0.0.1:{port}"), stdin=stdin)


def compared(port: int, folder: Path, other: str) -> None:
    """Print what a long answer costs here, by what it costs another installation."""
    print("| an answer of 90 MB | cpu s | of the other's | peak MB | of the other's |")
    print("|---|---:|---:|---:|---:|")
    for title, model, flags in LONG:
        runs = {
            program: partial(run, port, folder, model, *flags, program=program)
            for program in (str(PROGRAM), other)
        }
        ours, others = interleaved(runs, 5).values()
        cells = [
            f"{middle(ours, field) / scale:.2f} | {ratio(ours, others, field):.2f}"
            for field, scale in (("cpu_ms", 1000), ("peak_mb", 1))
        ]
        print(f"| {title} | {' | '.join(cells)} |", flush=True)


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--than", metavar="GRADIENT", help="another installation's program")
    options = parser.parse_args()
    if options.than:
        with tempfile.TemporaryDirectory() as name, server() as port:
            compared(port, Path(name), options.than)
        return 0
    with tempfile.TemporaryDirectory() as name, server() as port:
        folder = Path(name)
        long = folder / "long.txt"
        with long.open("wb") as file:
            for _ in range(100):
                file.write(b"All work and no play. " * (MB // 22) + b"." * (MB % 22))
        costs = {
            "respond hi": run(port, folder, "any"),
            "1,000 events": run(port, folder, "events-1000"),
            "100,000 events": run(port, folder, "events-100000"),
            "100,000 events, --format events": run(
                port, folder, "events-100000", "--format", "events"
            ),
            "an answer of 50 MB": run(port, folder, f"bytes-{50 * MB}", "--no-stream"),
            "100 MB on stdin": run(port, folder, "any", stdin=long),
        }
    print("| | wall s | cpu s | first byte ms | peak MB |", "|---|---:|---:|---:|---:|", sep="\n")
    for title, cost in costs.items():
        print(
            f"| {title} | {cost.wall_ms / 1000:.2f} | {cost.cpu_ms / 1000:.2f} "
            f"| {cost.first_byte_ms:.0f} | {cost.peak_mb:.0f} |"
        )
    many, few = costs["100,000 events"], costs["1,000 events"]
    base = costs["respond hi"].peak_mb
    bounds = {
        # The text itself is kept, for the document and the checks: 1 MB here.
        "100,000 events: MB above 1,000 events": (many.peak_mb - few.peak_mb, 16),
        "100,000 events: microseconds of processor each": (
            (many.cpu_ms - few.cpu_ms) / 99_000 * 1000,
            60,
        ),
        "100 MB on stdin: MB above a short run, by its size": (
            (costs["100 MB on stdin"].peak_mb - base) * (1 << 20) / (100 * MB),
            2,
        ),
    }
    print()
    for title, (value, at_most) in bounds.items():
        verdict = "holds" if value <= at_most else "BROKEN"
        print(f"- {title}: {value:.2f} (at most {at_most}) {verdict}")
    if options.json:
        figures = {title: vars(cost) for title, cost in costs.items()}
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return int(any(value > at_most for value, at_most in bounds.values()))


if __name__ == "__main__":
    sys.exit(main())
