"""
Base URLs: what users write, and the one spelling that the program uses.

    inference.do-ai.run          https://inference.do-ai.run
    https://host/v1/             https://host
    https://host/v1/responses    https://host
    localhost:8000               http://localhost:8000
    https://host/team-a/v1       https://host/team-a
"""

from urllib.parse import SplitResult, urlsplit

from gradient_cli.errors import UsageError

DEFAULT_URL = "https://inference.do-ai.run"
DIGITALOCEAN = "do-ai.run"
"""The domain whose hosts demand a key and may see an account's credentials."""

_PORTS = {"http": 80, "https": 443}
_HOST_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._")
_OCTETS = frozenset(map(str, range(256)))
_ENDINGS = ("/v1/chat/completions", "/v1/completions", "/v1/models", "/responses", "/v1")
"""What is often pasted behind a base URL."""
_SLIP = r"(?i)(https?)(?:://?|//?|:)(?=[\w\[])"
"""`http:/host`, `http//host`, `https:host`."""


def normalised(text: str, source: str) -> str:
    """
    Give scheme, host, port and path of a base URL, without `/` or `/v1` at its end.

    A URL without a scheme is https, or http where it leads to this machine.
    `source` says in errors where the text came from, such as `--base-url`.

    Raises:
        UsageError: it is no http URL, or it holds a password, a query or a fragment.

    """
    trimmed = text.strip().lstrip("/")
    if not trimmed.isprintable():
        # urlsplit would drop a line end, and two spellings would be one address.
        raise UsageError(f'{source} "{_printable(text)}" is no URL', hint=_EXAMPLE)
    _check_form(trimmed, source)
    parts = _split(trimmed if "://" in trimmed else f"//{trimmed}", source)
    host = (parts.hostname or "").removesuffix(".")
    if "@" in parts.netloc:
        # The text is not repeated: what stands before the @ is a secret.
        raise UsageError(f"{source} holds a user name or a password; a key is not set that way")
    _check(parts, host, text, source)
    scheme = parts.scheme or ("http" if is_loopback(host) else "https")
    name = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port not in (None, _PORTS[scheme]) else ""
    return f"{scheme}://{name}{port}{_without_endings(parts.path)}"


def _check_form(text: str, source: str) -> None:
    """Refuse what is surely a slip, with what was meant; nothing with an @ is repeated."""
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        inner = "…" if "@" in text else text[1:-1]
        raise UsageError(f"{source} has quotes in it", hint=f"without them: {inner}")
    if "@" in text:
        return
    if "://" not in text and text[:4].lower() == "http":
        _check_slip(text, source)
    if text.isdecimal():
        meant = f"http://localhost:{text}"
        raise UsageError(f'{source} "{text}" names no host', hint=f"did you mean {meant}?")


def _check_slip(text: str, source: str) -> None:
    import re

    if found := re.match(_SLIP, text):
        meant = f"{found[1].lower()}://{text[found.end() :]}"
        raise UsageError(f'{source} "{_printable(text)}" is no URL', hint=f"did you mean {meant}?")


_QUOTES = "\"'`\u2018\u2019\u201c\u201d"


def _split(text: str, source: str) -> SplitResult:
    # Nothing is repeated: what stands for a port may be a password.
    try:
        parts = urlsplit(text)
    except ValueError as error:
        reason = str(error).split(":")[0].lower()
        raise UsageError(f"{source} is no URL: {reason}", hint=_EXAMPLE) from None
    try:
        _ = parts.port
    except ValueError:
        words = f"{source} is no URL: its port is no number up to 65535"
        raise UsageError(words, hint=_EXAMPLE) from None
    return parts


_EXAMPLE = "such as https://inference.do-ai.run or http://127.0.0.1:8000"


def _check(parts: SplitResult, host: str, text: str, source: str) -> None:
    if parts.scheme not in {"", *_PORTS}:
        raise UsageError(f'{source} "{text}" is neither http nor https', hint=_EXAMPLE)
    # A colon without a port is a scheme that somebody meant: `mailto:`, `demo:`.
    if parts.netloc.endswith(":") or not is_host(host):
        raise UsageError(f'{source} "{_printable(text)}" names no host', hint=_EXAMPLE)
    if parts.query or parts.fragment or not parts.path.isprintable() or " " in parts.path:
        raise UsageError(
            f"{source} has more than scheme, host, port and path: {_printable(text).split('?')[0]}",
            hint=_EXAMPLE,
        )


def is_host(host: str) -> bool:
    """Tell whether a text can be a host: an address, or labels of 1 to 63 letters."""
    if ":" in host:
        return True
    return _HOST_LETTERS.issuperset(host) and all(0 < len(n) < 64 for n in host.split("."))


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _without_endings(path: str) -> str:
    path = path.rstrip("/")
    for ending in _ENDINGS:
        path = path.removesuffix(ending).rstrip("/")
    return path


def host_of(url: str) -> str:
    """Give the host of a normalised URL, in lower case and without brackets."""
    return urlsplit(url).hostname or ""


def origin_of(url: str) -> tuple[str, str, int]:
    """Give (scheme, host, port) of a normalised URL: what a key belongs to."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


def is_digitalocean(url: str) -> bool:
    """Tell whether a normalised URL leads to a host of do-ai.run."""
    host = host_of(url)
    if ":" in host:
        return False  # An address, whatever the name of its zone.
    return host == DIGITALOCEAN or host.endswith("." + DIGITALOCEAN)


def is_loopback(host: str) -> bool:
    """
    Tell whether a host can only be this machine: `localhost`, 127.0.0.1 to 127.255.255.255, `::1`.

    Written rightly: what merely looks like an address (`127.0.0.256`, `127.0.0.01`, `127.1`,
    `127.0.0.1.example.com`, digits of another script) is a name, and a name can lead anywhere.
    """
    if host in {"localhost", "::1"}:
        return True
    first, *others = host.split(".")
    if first != "127" or len(others) != 3 or host == "127.0.0.0":
        return False
    return all(number in _OCTETS for number in others)


def is_private(url: str) -> bool:
    """Tell whether nobody between here and there can read what is sent: https, or loopback."""
    return url.startswith("https:") or is_loopback(host_of(url))


def without_password(url: str) -> str:
    """Give a URL as it may be shown: without what stands before the @."""
    scheme, _, rest = url.rpartition("://")
    host = rest.rpartition("@")[2]
    return f"{scheme}://{host}" if scheme else host
