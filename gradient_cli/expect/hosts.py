"""
Whether an address is of a host that was named: the host itself, or one below it.

    docs.example.com   https://docs.example.com/a, https://v2.docs.example.com/a
                       not: https://example.com/?docs.example.com, https://notdocs.example.com/,
                       https://docs.example.com.evil.example/, https://docs.example.com@evil.example/

Addresses are read as browsers read them: what stands before an @ is a user, a backslash is a
slash. A name without a dot is that host alone. A port that is named must be the address's.
"""

import re
from urllib.parse import urlsplit

from gradient_cli.errors import UsageError

_NAMED = re.compile(
    r"(?:(?P<name>[^\s/\\@?#%*<>\"'`,;|^{}()\[\]:]+)|\[(?P<six>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?"
)
_UNSOUND = re.compile(r"[\s/\\@?#%*<>\"'`,;|^{}()\[\]\x00-\x1f]")
"""Characters that no host's name has."""
_USUAL = {"http": 80, "https": 443}


Host = tuple[str, int | None]
"""A name in the wire's form, and a port; None: any that is usual."""


def host_named(given: str, flag: str) -> Host:
    """
    Give the host that a user names, `HOST` or `HOST:PORT`.

    Raises:
        UsageError: it is no host's name.

    """
    text = given.strip()
    if not text:
        raise UsageError(f"{flag} is empty: it says nothing about an answer")
    if "/" in text:
        inner = host_of(text if "//" in text else f"https://{text}")
        hint = f"the host alone: {inner[0]}" if inner else None
        raise UsageError(f'{flag} "{text[:80]}" is an address, and a host is wanted', hint=hint)
    found = _NAMED.fullmatch(text)
    name = _plain(found["name"] or found["six"]) if found else ""
    if not found or not name or (found["port"] and int(found["port"]) > 65535):
        hint = "hosts below a host are meant anyway" if "*" in text else "such as docs.example.com"
        raise UsageError(f'{flag} "{text[:80]}" is no host', hint=hint)
    return name, int(found["port"]) if found["port"] else None


def host_of(address: str) -> tuple[str, int] | None:
    """Give host and port of a web address; None for anything else."""
    try:
        parts = urlsplit(address.strip().replace("\\", "/"))
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _USUAL or not name or _UNSOUND.search(name):
        return None
    return _plain(name), port or _USUAL[parts.scheme]


def is_of(address: str, host: Host) -> bool:
    """Tell whether an address is of a host, or of one below it."""
    found = host_of(address)
    name, port = host
    if found is None or (port is not None and found[1] != port):
        return False
    is_domain = "." in name and re.fullmatch(r"[0-9.]+|.*:.*", name) is None
    return found[0] == name or (is_domain and found[0].endswith(f".{name}"))


def words_of(host: Host) -> str:
    """Give a host as it is written."""
    name, port = host
    shown = f"[{name}]" if ":" in name else name
    return shown if port is None else f"{shown}:{port}"


def _plain(name: str) -> str:
    """Give a name as the wire has it: in lower case, foreign letters as xn--, no dot at its end."""
    name = name.strip().rstrip(".\u3002\uff0e").lower()
    if set(name) & _KEPT:
        # Python's codec takes these for other letters; browsers have not since 2023.
        return ".".join(map(_label, name.split(".")))
    try:
        return name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return name


_KEPT = frozenset("\u00df\u03c2\u200c\u200d")
"""Letters that IDNA2008 keeps apart: ß is not ss."""


def _label(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"
