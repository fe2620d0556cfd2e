"""A page that is longer than the screen, shown by the user's pager; others are written."""

import shlex
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress

from gradient_cli.ask.invocation import Invocation
from gradient_cli.settings.keyring import without_keys

_LESS = "FRX"
"""Unless the user says otherwise: end at once where all fits, keep the screen as it is."""


def show_page(text: str, invocation: Invocation) -> None:
    """
    Write a page of ours, or hand it to $PAGER (less) where two terminals can page it.

    Raises:
        OutputClosed: the reader has gone.

    """
    terminal, environ = invocation.terminal, invocation.environ
    is_long = text.count("\n") >= terminal.size()[1]
    is_seen = terminal.stdin_is_tty and terminal.stdout_is_tty and environ.get("TERM") != "dumb"
    if not (is_long and is_seen and _page(text, environ)):
        terminal.write(text)


def _page(text: str, environ: Mapping[str, str]) -> bool:
    """Run the pager; False where there is none."""
    with suppress(ValueError, OSError):
        words = shlex.split(environ.get("PAGER", "less"))
        if not words or not shutil.which(words[0], path=environ.get("PATH")):
            return False
        process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            env={"LESS": _LESS, **without_keys(environ)},
        )
        while True:
            try:
                # A pager that is left early closes the pipe, which is no fault of anybody's.
                process.communicate(text.encode() if process.poll() is None else None)
                return True
            except KeyboardInterrupt:
                continue  # Ctrl-C is the pager's own: it ends a search there.
    return False
