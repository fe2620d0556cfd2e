"""Patterns that check nothing are told from those that look alike."""

import random
import time

import pytest
import regex

from gradient_cli.expect.vacuous import finds_everything, finds_nothing

EVERYTHING = [
    "^30|", ".*", "x*", "(?s).*", "^$|.", "(?:)", "a?", r"\b|", "^", "$", r"\A", r"\Z", "|a",
    "(a|)", ".{0,5}", "(?i)a*", "(?m)^.*$", r"^(.|\n)*$", "(yes)?(no)?", "(?!x)|x", r"[\s\S]*",
    r"\d*\.?\d*", r"(?i)\p{L}*", r"(?:\p{L})*", "(?P<n>a)*", "(?<n>a)*", "(?=)", r"(?<![\s\S]{3})", "a{0}", "^|$", r"\p{L}*",
]  # fmt: skip
NOTHING = [
    "a^", "x?a^", "(?:x)*$b", "$b", "(?!)", r"x\bx", r"[^\s\S]", "(?!.*)", r"a\Ab", r"\Zx", "(?m)a$b", "(a^|b$c)",
    "x(?=^)y", "a(?!)", r"\w^", "end$ ", r"a\B b", r"[^\w\W]", "(?:a^)+", "foo$bar", "(?:$b)",
]  # fmt: skip
SOUND = [
    "^30$", ".+", r"\S", "^.*$", "^(?!.*TODO)", "^(?!.*(?:foo|bar) baz)", "(?s)^.{0,280}$",
    "^[^X]*$", r"^\d*$", r"^(?![\s\S]{500,})", r"(?s)^(?!.*\bAs an AI\b).*$", "^(?!.*[A-Z]{4})",
    "^[^ß]*$", "(?<!x)y", "^(?:(?!password).)*$", "(?s)^(?:(?!password).)*$", r"^[ -~\s]*$",
    r"^\s*$", "^$", "yes|no", "(?i)^(yes|no)$", r"^(?!\s)", r"(?s)^(?=.*a)(?=.*b)", r"^\p{L}*$",
    "(?s)^(?!.*(sorry|cannot|can't))", "^[a-z]{0,20}$", r"(?:^|\n)a", r"a(?:$|\n)", "(?m)^a$",
    "(?m)a$\n^b", "x\n(?m:^a)", "(?m:a$)\n", "foo$", "^foo", "(?=a$)a", "(?<=a)b", r"a\b b",
    r"\Ba", "z(?:^a)?", "(?:a^)*b", "$\n", "(?i)(?!.*error)^.*$", r"(?!\p{L}{99})",
    "^(?!.*[^a]b)", r"^(?![\s\S]*\d)", r"^(?![\s\S]*\W)", "^(?!(?>a)b)", "^(?!.*(?:ab){3})",
    "^(a)?(?(1)b|c)", "^(?!(?:x?)++y)", "^(?!.*[b-d]{2}z)", "^(?!.*https?://)", "(?s)^(?!.*<b>)",
]  # fmt: skip


@pytest.mark.parametrize("pattern", EVERYTHING)
def test_a_pattern_of_everything_is_found_out(pattern):
    """It is found in every answer, so it checks nothing."""
    assert finds_everything(regex.compile(pattern))


@pytest.mark.parametrize("pattern", NOTHING)
def test_a_pattern_of_nothing_is_found_out(pattern):
    """No answer can hold it: a ban of it bans nothing."""
    assert finds_nothing(regex.compile(pattern))
    assert not finds_everything(regex.compile(pattern))


def test_a_pattern_that_some_answer_fails_is_left_alone():
    """A ban by a lookahead, a length, a class: all of them check something."""
    compiled = [regex.compile(pattern) for pattern in SOUND]

    assert [one.pattern for one in compiled if finds_everything(one)] == []
    assert [one.pattern for one in compiled if finds_nothing(one)] == []


class Slow:
    """A pattern of everything that takes too long for a long text."""

    pattern = "(?:a*)*"

    def search(self, text: str, timeout: float) -> str:
        if len(text) > 100:
            raise TimeoutError
        return text


def test_a_pattern_that_takes_too_long_gets_the_benefit_of_the_doubt():
    """It is the user's own: that it checks nothing must be certain."""
    assert not finds_everything(Slow())


PIECES = [
    "a", "b", "\n", ".", "^", "$", r"\b", r"\B", r"\A", r"\Z", "(?=a)", "(?!a)", "a*", "b?",
    "(a|b)", "[ab]", "[^a]", "(?:^a)", "(?:b$)", r"\w", r"\W",
]  # fmt: skip


@pytest.mark.real
def test_what_is_called_impossible_is_found_in_no_short_text():
    """Random patterns against every text of four characters from three."""
    chance = random.Random(7)
    letters = "ab\n"
    texts = [""]
    for text in texts:
        if len(text) < 4:
            texts.extend(text + letter for letter in letters)
    wrong, judged = [], 0
    for _ in range(600):
        flags = chance.choice(["", "(?m)", "(?s)"])
        pattern = flags + "".join(chance.choices(PIECES, k=chance.randint(1, 4)))
        compiled = regex.compile(pattern)
        found = [compiled.search(text) is not None for text in texts]
        if finds_nothing(compiled):
            judged += 1
            wrong += [pattern] if any(found) else []
        if finds_everything(compiled):
            wrong += [] if all(found) else [pattern]

    assert wrong == []
    assert judged > 50


@pytest.mark.sampled
@pytest.mark.parametrize("pattern", ["(x+x+)*y|", "(?:(a*)*)*b|", "(" * 60 + "a*" + ")*" * 60])
def test_a_pattern_takes_no_time(pattern):
    """Nor does one that backtracks without end."""
    begun = time.monotonic()

    finds_everything(regex.compile(pattern))
    finds_nothing(regex.compile(pattern))

    assert time.monotonic() - begun < 5
