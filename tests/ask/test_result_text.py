"""A result's bytes as text for the model."""

import pytest

from gradient_cli.ask.result_text import result_text

SAID = "note: this output is not UTF-8 (byte "


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"42", "42"),
        (b"42\n", "42"),
        (b"42\r\n", "42"),
        (b"42\n\n", "42\n"),
        (b"\n", ""),
        ("Grüße\u2028\0".encode(), "Grüße\u2028\0"),
    ],
)
def test_text_is_text(data, text):
    """One line end at its end is the program's, not the result's."""
    assert result_text(data) == text


@pytest.mark.parametrize(
    "data", [b"caf\xe9", b"\xff\xfeh\0i\0", b"\xc3(", b"\xed\xa0\x80", b"a\xe2\x82"]
)
def test_what_is_not_utf8_is_said(data):
    """And what can be read is there."""
    text = result_text(data)

    assert text.startswith(SAID)
    assert text.split("\n", 1)[1] == data.decode("utf-8", "replace")


@pytest.mark.parametrize("end", [b"", b"\xe2", b"\xe2\x82", b"\xf0\x9f\x98"])
def test_a_cut_may_go_through_a_character(end):
    """Then the text was UTF-8 all the same."""
    text = result_text(b"abc" + end, most=5, is_cut=True)

    assert text == "note: this output was cut after 5 bytes; there was more\nabc"


def test_a_cut_text_that_is_none_has_both_notes():
    """Before the text: a reader who stops early knows."""
    notes = result_text(b"a\xffb", most=3, is_cut=True).split("\n")

    assert [note[:17] for note in notes[:2]] == ["note: this output", "note: this output"]
    assert notes[2] == "a\N{REPLACEMENT CHARACTER}b"
