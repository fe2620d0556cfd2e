"""
The environment, read as it was meant: a `.env` with CRLF, or a file's last newline, leaves its
mark on values, and a name that only looks right is asked for in vain.
"""

from collections.abc import Mapping

_PREFIXES = ("GRADIENT_", "DIGITALOCEAN_")
_PROXIES = {f"{kind}_proxy" for kind in ("http", "https", "all", "no")}
_NAMES = {
    "MODEL_ACCESS_KEY",
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
    *_PROXIES,
    *map(str.upper, _PROXIES),
}
"""The variables that are read as settings, beside those with our prefixes."""


def trimmed(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the environment, what is ours without white space around it, and read as UTF-8."""
    found = dict(environ)
    for name, value in found.items():
        if name in _NAMES or name.startswith(_PREFIXES):
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
