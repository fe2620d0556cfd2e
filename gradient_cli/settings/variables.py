"""
The environment, read as it was meant: a `.env` with CRLF, or a file's last newline, leaves its
mark on values, and a name that only looks right is asked for in vain.
"""

import re
from collections.abc import Mapping

OURS = re.compile(
    r"GRADIENT_\w+|MODEL_ACCESS_KEY|DIGITALOCEAN_\w+|SSL_CERT_(?:FILE|DIR)"
    r"|(?:https?|all|no)_proxy|(?:HTTPS?|ALL|NO)_PROXY"
)
"""The variables that are read as settings."""


def trimmed(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the environment, what is ours without white space around it, and read as UTF-8."""
    found = dict(environ)
    for name, value in found.items():
        if OURS.fullmatch(name):
            found[name] = _read(value.strip())
    return found


def _read(value: str) -> str:
    """Give a value as UTF-8 whatever the locale is; what is none stays as it is, to be refused."""
    if value.isascii():
        return value
    try:
        return value.encode(errors="surrogateescape").decode()
    except UnicodeError:
        return value
