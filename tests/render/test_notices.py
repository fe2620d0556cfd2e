"""What is said to people on stderr."""

import pytest

from gradient_cli.errors import ReplayMiss, UsageError
from gradient_cli.render.notices import error_lines, usage_line
from gradient_cli.terminal.door import page
from gradient_cli.wire.events import Usage


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


@pytest.mark.parametrize(
    ("first_token_ms", "total_ms", "pace"),
    [
        (1000, 3000, "6 tokens/s"),
        (None, 2000, "6 tokens/s"),
        (1999, 2000, None),
        (500, 590, None),
        (60_000, 60_500, None),
        (0, 0, None),
    ],
)
def test_a_burst_is_no_pace(first_token_ms, total_ms, pace):
    """What comes all at once was held back before; nobody wrote 10,000 tokens a second."""
    line = usage_line(Usage(input_tokens=3, output_tokens=12), first_token_ms, total_ms)

    assert ("tokens/s" in line) is (pace is not None)
    assert pace is None or line.endswith(pace)
