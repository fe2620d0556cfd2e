"""Fenced code blocks: found where CommonMark finds them, in lists and quotes too."""

import random
import re
import time

import pytest
from markdown_it import MarkdownIt

from gradient_cli.expect.extract import fences, first_block, unwrap

PIECES = [
    "```", "~~~", "````", "```sh", "``` a`b", "text", "-", "*", "1.", "2.", "10.", ">", "#", "x",
    "---", "* * *", "+", "1)", "``", "1. x", "> -", "", "", " ", "  ", "   ", "    ",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```\na\n```", "a\n"),
        ("x\n\n```sql\nselect 1;\n```\ny\n```\nb\n```", "select 1;\n"),
        ("~~~\n```\n~~~", "```\n"),
        ("````\n```\n````", "```\n"),
        ("  ```\n  a\n    b\n  ```", "a\n  b\n"),
        ("```\r\na\r\n```\r\n", "a\n"),
        ("```\nnever closed", "never closed"),
        ("``` a`b\nx\n```", ""),
        ("    ```\n    a\n", None),
        ("no code", None),
        ("`inline`", None),
        ("```\n```", ""),
        ("```\nnever closed\n", "never closed\n"),
        ("1. do\n   ```sh\n   ls\n   ```\n", "ls\n"),
        ("10. do:\n\n    ```sh\n    ls\n      x\n    ```\n", "ls\n  x\n"),
        ("- ```sql\n  select 1;\n  ```\n", "select 1;\n"),
        ("- a\n  - b\n    ```\n    c\n    ```\n", "c\n"),
        ("- ```\n  a\n\nb\n", "a\n\n"),
        ("> as said:\n> ```sh\n> ls\n> ```\n", "ls\n"),
        ("> ```\n> a\nb\n```\nc\n```", "a\n"),
        ("1. make:\n\n   ```make\n   all:\n   \techo\n   ```", "all:\n\techo\n"),
        ("-\t```sh\n\tls\n\t```", "ls\n"),
        ("a\n    ```\n    b\n", None),
        ("* * *\n```\na\n```", "a\n"),
        ("```\na\n    ```\nb\n``` x\n```", "a\n    ```\nb\n``` x\n"),
    ],
)
def test_the_first_block_is_extracted(text, code):
    """By CommonMark's rules for fences."""
    assert first_block(text) == code


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("```json\n{}\n```\n", "{}\n"),
        ("\n ```\n{}\n ```\n\n", "{}\n"),
        ("Here:\n```json\n{}\n```", "Here:\n```json\n{}\n```"),
        ("```\n{}", "```\n{}"),
        ("{}", "{}"),
        ("- ```json\n  {}\n  ```", "- ```json\n  {}\n  ```"),
        ("```\n{}\n```\n```\n{}\n```", "```\n{}\n```\n```\n{}\n```"),
    ],
)
def test_only_an_answer_that_is_one_fence_is_unwrapped(text, inner):
    """Prose around it means that the model did not obey."""
    assert unwrap(text) == inner


def test_the_blocks_are_those_of_a_parser():
    """A thousand documents put together at random; only > after four spaces is left out."""
    chance = random.Random(1)
    parser = MarkdownIt("commonmark").disable("html_block")
    differing = []
    for _ in range(1000):
        rows = range(chance.randint(1, 8))
        lines = [" ".join(chance.choices(PIECES, k=chance.randint(1, 4))) for _ in rows]
        text = "\n".join(lines) + "\n"
        # markdown-it takes > after any indentation for a quote's mark; the specification does not.
        if re.search(r" {4,}>", text):
            continue
        wanted = [token.content for token in parser.parse(text) if token.type == "fence"]
        found = [fence.code for fence in fences(text)]
        if wanted != found:
            differing.append(text)

    assert differing == []


@pytest.mark.parametrize(
    "text",
    ["- " * 20_000, "```\n" * 50_000, ("- " * 50 + "x\n") * 500, "-\n" * 50_000, "*" * 99_999],
)
def test_odd_texts_take_no_longer(text):
    """Nothing that a model writes keeps the run busy."""
    begun = time.process_time()

    first_block(text)

    assert time.process_time() - begun < 1
