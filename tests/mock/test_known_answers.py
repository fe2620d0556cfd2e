"""What the mock says to a request, word for word, in each dialect, streamed and whole."""

import pytest

from tests.check.test_known_report import parts
from tests.mock.known_answers import CASES, KNOWN, shown

THEN = parts(KNOWN.read_text("utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_an_answer_is_said_as_it_was(name):
    """Where a change is meant, known_answers.py says how to renew the text."""
    assert shown(name).splitlines() == THEN[name].removesuffix("\n").splitlines()


def test_no_answer_is_left_out():
    """Neither a new one, nor one that is gone."""
    assert CASES.keys() == THEN.keys()
