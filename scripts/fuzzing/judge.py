"""What no run may do, whatever it meets."""

import re

from fuzzing.nasty import PWNED

SLACK_S = 1.0
LATE = "too late"
MOST_MB = 300
STATUSES = frozenset(range(10))

_TERMINAL = re.compile(r"\x1b\]|\x1b\[5i|\x1bP|\x1bc|[\x07\x08\x9b\x9d\x90\u202e\u2066\u2069\x85]")
"""What only somebody else can have written: we move the cursor and colour, no more."""
_COMMAND = re.compile(
    rf"(?m)(?:^|\r)[ \t]*::(?!error file=)[a-z-]+[^\n]*?::{PWNED}|##\[|##vso\[|##teamcity\[|section_start:"
)


def complaints(
    argv: list[str],
    status: int,
    out: str,
    err: str,
    took_s: float,
    limit_s: float,
    *,
    is_tty: bool,
    is_ci: bool,
) -> list[str]:
    """Give what is wrong with a run; nothing if it is as promised."""
    found = []
    if status not in STATUSES or "Traceback" in err:
        found.append(f"status {status}: {err.strip().splitlines()[-3:]}")
    if took_s > limit_s + SLACK_S:
        found.append(f"{took_s:.1f} s, {LATE}: --max-time was {limit_s:g}")
    # The answer itself goes to a pipe byte for byte; everything else is for people.
    shown = err + (out if is_tty or argv[0] in {"check", "doctor", "auth"} else "")
    if "--json" in argv or "json" in argv or "events" in argv:
        shown = err
    if match := _TERMINAL.search(shown):
        found.append(f"a control character: {_around(shown, match)!r}")
    if is_ci and (match := _COMMAND.search(shown if argv[0] == "check" else err)):
        found.append(f"a command in the log: {_around(shown, match)!r}")
    return found


def _around(text: str, match: re.Match[str]) -> str:
    return text[max(0, match.start() - 40) : match.end() + 40]
