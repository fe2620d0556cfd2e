"""
What live Markdown costs: CPU and bytes, against drawing everything anew.

    python scripts/bench/markdown.py [--quick]

The answer is made up but shaped like a model's: headings, paragraphs, lists, code, tables,
3 to 4 characters a token. "paced" pretends that 100 tokens come a second (the clock is
simulated, the CPU is real); "unpaced" hands them over as fast as they are taken.
"""

import argparse
import random
import re
import time
from collections.abc import Callable, Iterator

from gradient_cli.render.markdown import MarkdownRenderer
from gradient_cli.wire.response import Response

TOKENS_PER_SECOND = 100
WORDS = (
    "the", "answer", "arrives", "in", "pieces", "and", "each", "block", "is", "printed", "once",
    "while", "only", "one", "still", "open", "because", "a", "terminal", "cannot", "change",
)  # fmt: skip

MARKS = {"list item": "- ", "quote": "> "}


def sentence(dice: random.Random, length: int) -> str:
    words = [dice.choice(WORDS) for _ in range(length)]
    marks = (
        "{}",
        "{}",
        "{}",
        "{}",
        "{}",
        "{}",
        "{}",
        "**{}**",
        "`{}`",
        "[{}](https://example.com)",
    )
    return " ".join(dice.choice(marks).format(word) for word in words).capitalize() + "."


def paragraph(dice: random.Random) -> str:
    return " ".join(sentence(dice, 12) for _ in range(3)) + "\n\n"


def bullets(dice: random.Random) -> str:
    return "".join(f"- {sentence(dice, 9)}\n" for _ in range(5)) + "\n"


def code(dice: random.Random) -> str:
    lines = "".join(
        f"    value_{n} = {n} * {dice.randint(0, 99)}  # {dice.choice(WORDS)}\n" for n in range(9)
    )
    return f"```python\ndef function():\n{lines}```\n\n"


def table(dice: random.Random, rows: int = 5) -> str:
    lines = "".join(
        f"| item {n} | {dice.randint(0, 999)} | {dice.choice(WORDS)} |\n" for n in range(rows)
    )
    return f"| name | value | note |\n|---|---:|---|\n{lines}\n"


def tokens(text: str) -> list[str]:
    return re.findall(r" ?\w{1,5}|\s+|[^\w\s]+", text)


def mixed(count: int) -> list[str]:
    dice = random.Random(1)
    kinds: list[Callable[[random.Random], str]] = [
        lambda d: f"## {sentence(d, 4)}\n\n", paragraph, bullets, paragraph, code, paragraph, table,
    ]  # fmt: skip
    found: list[str] = []
    while len(found) < count:
        for kind in kinds:
            found += tokens(kind(dice))
    return found[:count]


def one_block(kind: str, count: int) -> list[str]:
    dice = random.Random(2)
    text = (
        table(dice, count // 8)
        if kind == "table"
        else " ".join(sentence(dice, 12) for _ in range(count // 12))
    )
    return tokens(MARKS.get(kind, "") + text)[:count]


def measure(pieces: list[str], *, is_paced: bool) -> tuple[float, int]:
    """Give (CPU seconds, bytes)."""
    written = 0
    pretended = 0.0

    def write(text: str) -> None:
        nonlocal written
        written += len(text.encode())

    begun = time.process_time()

    def clock() -> float:
        return pretended + (time.process_time() - begun) if is_paced else time.monotonic()

    renderer = MarkdownRenderer(
        write, lambda: (80, 24), has_color=True, may_move=True, clock=clock, has_thread=False
    )
    for number, piece in enumerate(pieces):
        pretended = number / TOKENS_PER_SECOND
        renderer.show(piece)
    renderer.close(Response())
    return time.process_time() - begun, written


def measure_naive(pieces: list[str]) -> tuple[float, int]:
    """Give the same for rich's Live with the whole text drawn at each token."""
    import io

    from rich.console import Console
    from rich.live import Live
    from rich.markdown import Markdown

    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, height=24)
    begun, text = time.process_time(), ""
    with Live(console=console, auto_refresh=False) as live:
        for piece in pieces:
            text += piece
            live.update(Markdown(text), refresh=True)
    return time.process_time() - begun, len(out.getvalue().encode())


def rows(quick: bool) -> Iterator[tuple[str, int, float, int]]:
    scale = 10 if quick else 1
    for count in (5_000 // scale, 20_000 // scale):
        for is_paced in (True, False):
            name = f"mixed, {'100 tokens a second' if is_paced else 'unpaced'}"
            yield (name, count, *measure(mixed(count), is_paced=is_paced))
    for kind in ("table", "paragraph", *MARKS):
        for count in (1_000 // scale, 5_000 // scale):
            pieces = one_block(kind, count)
            yield (f"one {kind}, 100 tokens a second", len(pieces), *measure(pieces, is_paced=True))
    count = 1_000 // scale
    yield ("mixed, everything anew at each token (rich Live)", count, *measure_naive(mixed(count)))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="a tenth of the tokens")
    quick = arguments.parse_args().quick
    print("| answer | tokens | CPU s | ms a token | bytes |")
    print("|---|---:|---:|---:|---:|")
    for name, count, seconds, written in rows(quick):
        print(
            f"| {name} | {count:,} | {seconds:.2f} | {1000 * seconds / count:.3f} | {written:,} |"
        )


if __name__ == "__main__":
    main()
