"""Every report, word for word, of a run in which everything happens that one can tell."""

import pytest

from tests.check.known_report import KNOWN, SAID, shown


def parts(text: str) -> dict[str, str]:
    """Give name -> report."""
    found = {}
    for part in text.split("=== ")[1:]:
        name, _, body = part.partition(" ===\n")
        found[name] = body
    return found


THEN = parts(KNOWN.read_text("utf-8"))


@pytest.mark.parametrize("name", SAID)
def test_a_report_says_what_it_said(name):
    """Where a change is meant, known_report.py says how to renew the text."""
    assert shown(name).splitlines() == THEN[name].removesuffix("\n").splitlines()


def test_no_report_is_left_out():
    """Neither a new one, nor one that is gone."""
    assert SAID.keys() == THEN.keys()
