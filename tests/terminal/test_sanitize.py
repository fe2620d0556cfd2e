"""What a model writes is shown, and does nothing."""

import pytest

from gradient_cli.terminal.sanitize import Sanitizer, visible
from tests.hostile import HOSTILE

SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    "text",
    [
        *HOSTILE,
        "plain\n\ttab",
        "\r\n",
        "x\r",
        "\u200d",
        "👩\u200d👩",
        SCOTLAND,
        "a\ufe0f\ufe0f",
        "\ud83d\ude00",
    ],
)
def test_cuts_change_nothing_for_the_sanitizer(text):
    """What is made of a text does not depend on how it came."""
    for position in range(len(text) + 1):
        sanitizer = Sanitizer()
        pieces = [
            sanitizer.feed(text[:position]),
            sanitizer.feed(text[position:]),
            sanitizer.close(),
        ]

        assert "".join(pieces) == visible(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a␛[31mb"),
        ("a\r\nb\rc", "a\nb␍c"),
        ("\x9b", "<U+009B>"),
        ("\u202e", "<U+202E>"),
        ("a\u2028b\u0085c\x0bd", "a\nb\nc\nd"),
        ("\x7f", "␡"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("a\u200db", "a<U+200D>b"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        (f"{SCOTLAND}!", f"{SCOTLAND}!"),
        ("a\U000e0041", "a<U+E0041>"),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("a\ufe0f\ufe01\U000e0100", "a\ufe0f<U+FE01><U+E0100>"),
        ("\ud83d\ude00 \ud83d", "\U0001f600 <U+D83D>"),
        ("naïve 你好\t\n", "naïve 你好\t\n"),
    ],
)
def test_what_is_made_visible(text, shown):
    """The scheme: pictures for C0, names for the rest, newlines for line ends."""
    assert visible(text) == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_is_left_that_a_terminal_obeys(text):
    """No control character but newline and tab, whatever came."""
    assert [
        c for c in visible(text) if (c < " " and c not in "\n\t") or "\x7f" <= c <= "\x9f"
    ] == []


def test_plain_text_is_not_held_back():
    """Each piece is shown when it comes; only what may change with the next waits."""
    sanitizer = Sanitizer()

    assert [sanitizer.feed(p) for p in ("a", "b\x1b", "[2J", "c\r", "\n")] == [
        "a", "b␛", "[2J", "c", "\n",
    ]  # fmt: skip
