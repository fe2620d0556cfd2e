"""Fenced code blocks: found where CommonMark finds them, in lists and quotes too."""

import random
import re
import time

import pytest
from markdown_it import MarkdownIt

from gradient_cli.expect.extract import Extraction, extract, unwrap
from gradient_cli.expect.fences import fences

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
        ("```\r\na\r\n```\r\n", "a\r\n"),
        ("```\nnever closed", None),
        ("``` a`b\nx\n```", None),
        ("    ```\n    a\n", None),
        ("no code", None),
        ("`inline`", None),
        ("```\n```", None),
        ("```\nnever closed\n", None),
        ("1. do\n   ```sh\n   ls\n   ```\n", "ls\n"),
        ("10. do:\n\n    ```sh\n    ls\n      x\n    ```\n", "ls\n  x\n"),
        ("- ```sql\n  select 1;\n  ```\n", "select 1;\n"),
        ("- a\n  - b\n    ```\n    c\n    ```\n", "c\n"),
        ("- ```\n  a\n\nb\n", None),
        ("> as said:\n> ```sh\n> ls\n> ```\n", "ls\n"),
        ("> ```\n> a\nb\n```\nc\n```", "c\n"),
        ("1. make:\n\n   ```make\n   all:\n   \techo\n   ```", "all:\n\techo\n"),
        ("-\t```sh\n\tls\n\t```", "ls\n"),
        ("a\n    ```\n    b\n", None),
        ("* * *\n```\na\n```", "a\n"),
        ("```\n\ta\tb\n```", "\ta\tb\n"),
        ("- ```\n\ta\tb\n  ```", "  a\tb\n"),
        ("1. ```\n\t\ta\tb\n   ```", " \ta\tb\n"),
        (">\t```\n>\ta\tb\n>\t```", "a\tb\n"),
        ("> - ```\n>   a\tb\n>   \tc\n>   ```", "a\tb\n\tc\n"),
        ("> 10. ```\n>\t\tx\ty\n>     ```", "  x\ty\n"),
        ("- > ```\n  > a\tb\n  > \tc\n  > ```", "a\tb\n\tc\n"),
        ("```\na\n    ```\nb\n``` x\n```", "a\n    ```\nb\n``` x\n"),
    ],
)
def test_the_first_block_is_extracted(text, code):
    """By CommonMark's rules for fences; an empty or unclosed one is none."""
    assert extract(text, Extraction()).code == code


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Here you go: ```py\nprint(1)\n```\n", "print(1)\n"),
        ("Here:```py\nprint(1)\n```\nand ```sh\nls\n```\n", "print(1)\n"),
        ("1. Run ```sh\n   ls\n   ```\n2. Done\n", "ls\n"),
        ("- say: ~~~sh\n  ls\n  ~~~\n", "ls\n"),
        ("Here it is: ```\nls\n```\n", "ls\n"),
        ("Open it with ``` first:\n\n```sh\nls\n```\n", "ls\n"),
        ("Open it with ```\n\n```sh\nls\n```\n", "ls\n"),
        ("A block begins with ```\n\n```\nls\n```\n", "ls\n"),
        ("Use ```x``` or ```y\nand no more", None),
        ("never closed: ```py\nprint(1)\n", None),
        ("1. Run:\n   ```sh\nmake\n   make test\n   ```\n", "make\n   make test\n"),
        ("1. Run:\n\n   ```sh\n   make\n```\n2. x\n```py\na\n```\n", "make\n"),
        ("- Run:\n  ```py\nif x:\n    y\n  ```\n", "if x:\n    y\n"),
        ("1. Use:\n   ```yaml\n- a: b\n   ```\n", "- a: b\n"),
        ("1. a\n   ```\n   x\n2. b\n   ```\n   y\n   ```\n", "y\n"),
        ("1.    Run:\n    ```sh\n    ls\n    ```\n", "ls\n"),
        ("- Run:\n\n        ```sh\n        ls\n          x\n        ```\n", "ls\n  x\n"),
        ("- a\n\n  - b\n\n            ```sh\n            ls\n            ```\n", "ls\n"),
        ("```\n\n```\n\n```sh\nls\n```\n", "ls\n"),
        ("```c++\nint x;\n```", "int x;\n"),
        ("```sh\r\na\r\n\r\nb\r\n```\r\nbye", "a\r\n\r\nb\r\n"),
        ("```sh\na\r\nb\n```", "a\r\nb\n"),
        ("1. Do:\r\n   ```sh\r\n   a\r\n     b\r\n   ```\r\n", "a\r\n  b\r\n"),
        (
            "```markdown\n# T\n```bash\nls\n```\nTHE END\n```\nbye",
            "# T\n```bash\nls\n```\nTHE END\n",
        ),
        ("````md\n```sh\nls\n```\n````\n", "```sh\nls\n```\n"),
    ],
)
def test_a_careless_block_is_read_as_it_was_meant(text, code):
    """Behind text, less or more indented than its list item, with its line ends, nested."""
    assert extract(text, Extraction()).code == code


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no code", "has no fenced code block"),
        ("```\n```", "is empty"),
        ("```py\n\n  \n```", "is empty"),
        ("```py\nx", "is not closed"),
        ("```py\nx\n~~~", "is not closed"),
    ],
)
def test_no_block_says_why(text, words):
    """An old file is not replaced by nothing, and the reason is told."""
    found = extract(text, Extraction())

    assert found.code is None
    assert words in found.complaint


@pytest.mark.parametrize(
    ("text", "is_warned"),
    [
        ("```markdown\n# T\n```bash\nls\n```\nTHE END\n```\n", True),
        ("```\n# T\n```bash\nls\n```\nTHE END\n```\n", True),
        ("```sh\ncat <<E\n```py\nE\n```\n", True),
        ("````markdown\n# T\n```bash\nls\n```\nTHE END\n````\n", False),
        ("~~~md\n```sh\nls\n```\n~~~\n", False),
        ("```markdown\n# T\n```\nls\n```\nEND\n```\n", True),
        ("```sh\nls\n```\n```py\nx\n```\n", False),
        ("```markdown\n# T\n```\n", False),
    ],
)
def test_a_block_that_may_end_elsewhere_is_warned_of(text, is_warned):
    """A fence within a fence of the same length has two readings."""
    assert bool(extract(text, Extraction()).warning) is is_warned


BLOCKS = "```py\np1\n```\n```bash\nb1\n```\n```{.python}\np2\n```\n```sql\ns1\n```\n"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (Extraction("python"), "p1\n"),
        (Extraction("Python", is_last=True), "p2\n"),
        (Extraction("sh"), "b1\n"),
        (Extraction("sql"), "s1\n"),
        (Extraction(is_last=True), "s1\n"),
        (Extraction("rust"), None),
    ],
)
def test_a_block_can_be_chosen(wanted, code):
    """By its language, by its place, or both."""
    assert extract(BLOCKS, wanted).code == code


def test_the_last_block_is_not_the_one_before_an_unclosed_one():
    """Nothing is given in place of something."""
    found = extract(BLOCKS + "```sh\ncut", Extraction(is_last=True))

    assert (found.code, found.complaint) == (None, "the last code block is not closed")


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


@pytest.mark.real
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
        found = [fence.code for fence in fences(text, is_strict=True)]
        if wanted != found:
            differing.append(text)

    assert differing == []


@pytest.mark.sampled
@pytest.mark.parametrize(
    "text",
    [
        "- " * 20_000,
        "```\n" * 50_000,
        ("- " * 50 + "x\n") * 500,
        "-\n" * 50_000,
        "*" * 99_999,
        "x ```py\n" * 50_000,
        "```md\n```md\n```\n" * 20_000,
        "- ```sh\nx\n" * 20_000,
        "> " * 50_000 + "```",
        "```md\n" * 50_000,
        "- x ```\n" * 50_000,
    ],
)
def test_odd_texts_take_no_longer(text):
    """Nothing that a model writes keeps the run busy."""
    begun = time.process_time()

    extract(text, Extraction())

    assert time.process_time() - begun < 1
