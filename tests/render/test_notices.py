"""What is said to people on stderr."""

import pytest

from gradient_cli.errors import ReplayMiss, UsageError
from gradient_cli.render.notices import error_lines
from gradient_cli.terminal.door import page


@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028"])
def test_an_error_is_one_line_whatever_it_names(end):
    """A CI service reads commands from lines; the name of a file must not be one."""
    name = f"a{end}::error::b\x1b[31m"

    error = UsageError(f'cannot read "{name}"', hint=f"see {name}")
    lines = page(error_lines(error), in_log=False).splitlines()

    assert [line.partition(" ")[0] for line in lines] == ["gradient:", "hint:"]
    assert "\x1b" not in "".join(lines)


def test_a_miss_keeps_the_lines_of_its_diff():
    """They are JSON, and shown to be read."""
    lines = error_lines(ReplayMiss("no recording\n- a\n+ b"))

    assert lines == ["gradient: no recording", "- a", "+ b"]
