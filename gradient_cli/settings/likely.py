"""
A guess at the endpoint of a run, before anything is loaded: for the early connection.

It reads arguments, environment and config.toml without checking them, and gives up where
anything is odd. A wrong guess costs an unused connection; the run itself resolves properly.
"""

from collections.abc import Mapping, Sequence

from gradient_cli.errors import GradientError
from gradient_cli.settings.paths import LONGEST_FILE, config_path
from gradient_cli.wire.address import DEFAULT_URL, host_of, is_loopback, normalised

_NO_EARLY_FLAGS = frozenset(
    {"-h", "--help", "-n", "--dry-run", "--curl", "--replay", "--proxy", "--ca-bundle"}
)
_PROXY_VARIABLES = ("https_proxy", "http_proxy", "all_proxy")
_SWITCHES = frozenset("quvx")
"""Short flags without a value: they may stand before `p` in a cluster such as `-qp NAME`."""


def likely_endpoint(argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """
    Give the base URL that a run will most likely use, or None if nothing should be opened.

    `argv` are the arguments after the command's name.
    """
    base_url, profile = _peek(argv)
    if base_url is _NOTHING:
        return None
    try:
        url = _from_settings(base_url, profile or environ.get("GRADIENT_PROFILE"), environ)
        found = normalised(url, "") if url else None
    except (GradientError, OSError, ValueError, RecursionError):
        return None
    if not found or (_has_proxy(environ) and not is_loopback(host_of(found))):
        return None
    return found


_NOTHING = "-"


def _peek(argv: Sequence[str]) -> tuple[str | None, str | None]:
    """Give (--base-url, --profile); `_NOTHING` for the first where the flags forbid a guess."""
    base_url = profile = None
    for position, argument in enumerate(argv):
        if argument == "--":
            break
        name, _, value = argument.partition("=")
        if name in _NO_EARLY_FLAGS:
            return _NOTHING, None
        following = argv[position + 1] if position + 1 < len(argv) else None
        if name == "--base-url":
            base_url = value or following
        elif name == "--profile":
            profile = value or following
        elif argument.startswith("-") and not argument.startswith("--"):
            letters = argument[1:].lstrip("".join(_SWITCHES))
            if letters.startswith("p"):
                profile = letters[1:] or following
    return base_url, profile


def _from_settings(flag: str | None, profile: str | None, environ: Mapping[str, str]) -> str | None:
    config = _read(environ)
    profile = profile or _text(config, "profile")
    profiles = config.get("profiles")
    own = profiles.get(profile) if isinstance(profiles, dict) else None
    tables = [own if isinstance(own, dict) else {}, config]
    # The early TLS trusts the system's store alone, and goes through no proxy.
    if any(key in table for table in tables for key in ("proxy", "ca_bundle")):
        return None
    if flag:
        return flag
    if profile == "demo" and not _text(tables[0], "base_url"):
        return None
    named = environ.get("GRADIENT_INFERENCE_ENDPOINT")
    return named or next(filter(None, (_text(t, "base_url") for t in tables)), DEFAULT_URL)


def _read(environ: Mapping[str, str]) -> Mapping[str, object]:
    path = config_path(environ)
    if not path.is_file():
        return {}
    import tomllib

    with path.open("rb") as file:
        data = file.read(LONGEST_FILE + 1)
    if len(data) > LONGEST_FILE:
        raise ValueError("no settings file; the run itself refuses it")
    return tomllib.loads(data.decode("utf-8-sig"))


def _text(table: Mapping[str, object], key: str) -> str | None:
    value = table.get(key)
    return value if isinstance(value, str) else None


def _has_proxy(environ: Mapping[str, str]) -> bool:
    return any(environ.get(name) or environ.get(name.upper()) for name in _PROXY_VARIABLES)
