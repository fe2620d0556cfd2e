"""`--curl`: the request as a curl command that anyone can run, the key as a variable."""

import shlex
from typing import BinaryIO

from gradient_cli.errors import CredentialError, UsageError
from gradient_cli.settings.config import DEMO_URL
from gradient_cli.settings.resolve import Settings
from gradient_cli.wire.request import PATH, Request

LONGEST = 100_000
"""Bytes of a body on a command line; systems begin to refuse at 128 KiB for one argument."""


def curl_command(base_url: str, request: Request, key_variable: str | None) -> str:
    """
    Give the command, without a newline at its end.

    Raises:
        UsageError: the body is too long for a command line.

    """
    return command_line(
        base_url + PATH, b"".join(request.encode()), key_variable, is_stream=request.stream
    )


def command_line(url: str, body: bytes, key_variable: str | None, *, is_stream: bool) -> str:
    """
    Give the command that posts a body, without a newline at its end.

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
