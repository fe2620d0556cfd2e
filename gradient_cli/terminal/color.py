"""
Whether to colour, by the conventions.

The first rule that applies wins:

    --color always | never
    NO_COLOR          not empty: no
    FORCE_COLOR       not empty and not 0: yes
    CLICOLOR_FORCE    not empty and not 0: yes
    CLICOLOR=0        no
    TERM=dumb         no
    a terminal        yes

no-color.org, force-color.org, bixense.com/clicolors. Forced colour never moves the cursor.
"""

from collections.abc import Mapping


def wants_color(flag: str | None, environ: Mapping[str, str], is_tty: bool) -> bool:  # a fact
    """Tell whether a stream gets colours; `flag` is auto, always, never or None."""
    if flag in {"always", "never"}:
        return flag == "always"
    if environ.get("NO_COLOR"):
        return False
    if _is_on(environ, "FORCE_COLOR") or _is_on(environ, "CLICOLOR_FORCE"):
        return True
    if environ.get("CLICOLOR") == "0" or environ.get("TERM") == "dumb":
        return False
    return is_tty


def may_move_cursor(environ: Mapping[str, str], is_tty: bool) -> bool:  # a fact
    """Tell whether lines may be redrawn: only on a terminal that is not dumb."""
    return is_tty and environ.get("TERM") != "dumb"


def _is_on(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "") not in {"", "0"}
