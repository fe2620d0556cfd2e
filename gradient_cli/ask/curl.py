"""`--curl`: the request as a curl command that anyone can run, the key as a variable."""

import os
import shlex
from collections.abc import Mapping, Sequence
from typing import BinaryIO
from urllib.parse import urlsplit

from gradient_cli.errors import CredentialError, UsageError
from gradient_cli.settings.config_file import DEMO_URL
from gradient_cli.settings.resolve import Settings
from gradient_cli.transport.proxy import proxy_for
from gradient_cli.wire.request import PATH, Request

_MARK = "\ue000tool secret\ue000"
"""Stands in the body for a tool's secret, which is left to a variable as the key is."""
LONGEST = 100_000
"""Bytes of a body on a command line; systems begin to refuse at 128 KiB for one argument."""


def curl_command(
    base_url: str, request: Request, key_variable: str | None, way: Sequence[str] = ()
) -> str:
    """
    Give the command, without a newline at its end.

    Raises:
        UsageError: the body is too long for a command line.

    """
    body = b"".join(request.encode(body=request.shown(_MARK)))
    line = command_line(base_url + PATH, body, key_variable, way, is_stream=request.stream)
    # Within single quotes: they end, the shell fills in the variable, and they begin again.
    first, *rest = line.split(_MARK)
    names = (f"$TOOL_SECRET{f'_{n}' if n > 1 else ''}" for n in range(1, len(rest) + 1))
    return first + "".join(f"'\"{name}\"'{part}" for name, part in zip(names, rest, strict=True))


def way_of(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """
    Give the flags that let curl go the way that the run would: proxy, roots, time.

    A password of the proxy is left to a variable, as the key is.
    """
    found = []
    proxy = proxy_for(settings.base_url, settings.get("proxy"), environ)
    if proxy:
        parts = urlsplit(proxy)
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        found.append(f"--proxy {shlex.quote(bare)}")
        if "@" in parts.netloc:
            found.append('--proxy-user "$PROXY_USER"')
    elif any(environ.get(name) or environ.get(name.upper()) for name in _PROXIES):
        found.append("--noproxy '*'")
    roots = settings.get("ca_bundle") or environ.get("SSL_CERT_FILE")
    if roots and settings.base_url.startswith("https:"):
        kind = "--capath" if os.path.isdir(roots) else "--cacert"
        found.append(f"{kind} {shlex.quote(str(roots))}")
    if settings.max_time_s is not None:
        found.append(f"--max-time {settings.max_time_s:g}")
    return found


_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def command_line(
    url: str, body: bytes, key_variable: str | None, way: Sequence[str] = (), *, is_stream: bool
) -> str:
    """
    Give the command that posts a body, without a newline at its end; `way` are more flags.

    Raises:
        UsageError: the body is too long for a command line.

    """
    if url.startswith(DEMO_URL):
        raise UsageError(
            "the demo profile has no address outside of this process",
            hint="`gradient mock` serves one that curl can reach",
        )
    if len(body) > LONGEST:
        raise UsageError(
            f"the body has {len(body):,} bytes, too many for a command line",
            hint="`--dry-run > body.json` writes it; curl reads it with -d @body.json",
        )
    lines = [f"curl -sS{'N' if is_stream else ''} {shlex.quote(url)}"]
    lines.extend(way)
    if key_variable:
        # Double quotes: the shell that runs it fills in the variable.
        lines.append(f'-H "Authorization: Bearer ${key_variable}"')
    lines.append("-H 'Content-Type: application/json'")
    lines.append(f"--data-binary {shlex.quote(body.decode())}")
    return " \\\n  ".join(lines)


def key_variable(settings: Settings, stdin: BinaryIO | None) -> str | None:
    """Give the variable that a key would be in, or None where the endpoint asks for none."""
    try:
        credential = settings.credential(stdin)
    except CredentialError:
        # The command is for reading or for another machine: no key is needed to print it.
        return "MODEL_ACCESS_KEY"
    if credential.source.startswith("$"):
        return credential.source.removeprefix("$").split()[0]
    return "MODEL_ACCESS_KEY" if credential.secret else None
