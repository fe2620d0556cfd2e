"""
The endpoint of a run, before anything is loaded: for the early connection.

It reads the command line as the parser will, flag by flag, with its values; environment and
config.toml without checking them; and gives up where anything is odd. Nothing is opened for a
run with a proxy, a CA bundle or a key file of the user's own: what is sent and whom one trusts
must be known first. The run itself resolves properly, and looks at all this again.
"""

from collections.abc import Iterator, Mapping, Sequence

from gradient_cli.errors import GradientError
from gradient_cli.settings.paths import LONGEST_FILE, config_path
from gradient_cli.settings.spelling import SWITCHES, WITH_VALUE
from gradient_cli.wire.address import DEFAULT_URL, host_of, is_loopback, normalised

_NO_EARLY_FLAGS = frozenset(
    {
        *("-h", "--help", "-n", "--dry-run", "--curl", "--replay"),
        *("--proxy", "--ca-bundle", "--key-file"),
    }
)
_NO_EARLY_KEYS = ("proxy", "ca_bundle", "key_file")
_PROXY_VARIABLES = ("https_proxy", "http_proxy", "all_proxy")


def likely_endpoint(argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """
    Give the base URL that a run will most likely use, or None if nothing should be opened.

    `argv` are the arguments after the command's name.
    """
    flags = _peek(argv)
    if flags is None or {"-p", "--profile"} <= flags.keys():
        return None
    profile = flags.get("-p") or flags.get("--profile") or environ.get("GRADIENT_PROFILE")
    try:
        url = _from_settings(flags.get("--base-url"), profile, environ)
        found = normalised(url, "") if url else None
    except (GradientError, OSError, ValueError, RecursionError):
        return None
    if not found or (_has_proxy(environ) and not is_loopback(host_of(found))):
        return None
    return found


def _peek(argv: Sequence[str]) -> Mapping[str, str] | None:
    """Give the flags with their values; None where they forbid a guess."""
    given: dict[str, str] = {}
    words = iter(argv)
    for word in words:
        if word == "--":
            break
        try:
            read = _long(word, words) if word.startswith("--") else _cluster(word, words)
        except (LookupError, StopIteration):
            return None  # Unknown, or without its value: the run will say so.
        given.update(read)
    return None if _NO_EARLY_FLAGS & given.keys() else given


def _long(word: str, words: Iterator[str]) -> dict[str, str]:
    name, equals, value = word.partition("=")
    if name in WITH_VALUE:
        # Whatever comes next is its value, be it `--` or another flag.
        return {name: value if equals else next(words)}
    if equals or name not in SWITCHES:
        raise LookupError(name)
    return {name: ""}


def _cluster(word: str, words: Iterator[str]) -> dict[str, str]:
    """Read `-q`, `-qp NAME`, `-pNAME`; a word without a dash, and `-` itself, is an argument."""
    given: dict[str, str] = {}
    letters = word[1:] if word.startswith("-") else ""
    if len(letters) > 1 and (f"-{word}" in WITH_VALUE or f"-{word}" in SWITCHES):
        raise LookupError(word)  # A long flag with one dash.
    for position, letter in enumerate(letters, 1):
        name = f"-{letter}"
        if name in WITH_VALUE:
            return given | {name: letters[position:] or next(words)}
        if name not in SWITCHES:
            raise LookupError(name)
        given[name] = ""
    return given


def _from_settings(flag: str | None, profile: str | None, environ: Mapping[str, str]) -> str | None:
    config = _read(environ)
    profile = profile or _text(config, "profile")
    profiles = config.get("profiles")
    own = profiles.get(profile) if isinstance(profiles, dict) else None
    tables = [own if isinstance(own, dict) else {}, config]
    # The early TLS trusts the system's store alone, and goes through no proxy.
    if any(key in table for table in tables for key in _NO_EARLY_KEYS):
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
