"""The work for an answer grows with its length and no faster, whatever it is made of."""

import time

import pytest

from gradient_cli.render.markdown import MarkdownRenderer
from gradient_cli.wire.response import Response

SIZE = 12_000
KINDS = {
    "definitions": lambda n: "".join(f"[n{i}]: http://x/{i}\n" for i in range(n // 22)),
    "definitions below their links": lambda n: (
        "".join(f"see [n{i}] and [n{i + 1}]\n\n" for i in range(n // 50))
        + "".join(f"[n{i}]: http://x/{i}\n\n" for i in range(n // 45))
    ),
    "one name, many links": lambda n: "[a] \n\n" * (n // 12) + "[a]: /x\n\n" * (n // 20),
    "brackets": lambda n: "[" * n,
    "emphasis": lambda n: "*a_ " * (n // 4),
    "lines": lambda n: "aaaa\n" * (n // 5),
    "rows": lambda n: "|a|b|\n|-|-|\n" + "| x | y |\n" * (n // 10),
    "code": lambda n: "```py\n" + "a = 'b'\n" * (n // 8),
    "a line of code": lambda n: "```py\n" + "a(" * (n // 2),
}


def seconds(text: str) -> float:
    """Give the processor time of an answer that is streamed."""
    renderer = MarkdownRenderer(
        lambda piece: None,
        lambda: (80, 24),
        has_color=True,
        may_move=True,
        has_thread=False,
    )
    begun = time.process_time()
    for start in range(0, len(text), 100):
        renderer.show(text[start : start + 100])
    renderer.close(Response())
    return time.process_time() - begun


@pytest.mark.real
@pytest.mark.parametrize("name", KINDS)
def test_four_times_the_text_is_not_sixteen_times_the_work(name):
    """Nine times at most: a busy machine measures badly, and quadratic work is 16 times."""
    make = KINDS[name]
    seconds(make(500))
    small, large = seconds(make(SIZE)), seconds(make(4 * SIZE))

    assert large < 9 * small + 0.3
