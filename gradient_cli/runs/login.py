"""
Logging in: read a key, ask the service about it, keep it, offer models.

    hidden prompt │ stdin ─► a usable key? ─► GET /v1/models ─► credentials.toml ─► a default model
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.run_options import NetworkOptions, ProofOptions
from gradient_cli.ask.session import Session, open_session
from gradient_cli.errors import (
    CredentialError,
    GradientError,
    RateLimited,
    RequestRejected,
    ServiceError,
    TimedOut,
    UsageError,
)
from gradient_cli.exits import ExitStatus
from gradient_cli.runs.models import for_text
from gradient_cli.settings import edit
from gradient_cli.settings.config_file import BUILT_IN_PROFILES
from gradient_cli.settings.credentials import Credential, checked, from_stdin
from gradient_cli.settings.keyring import before_stored, check_privacy
from gradient_cli.settings.paths import credentials_path
from gradient_cli.settings.resolve import load
from gradient_cli.terminal.door import one_line
from gradient_cli.terminal.streams import Terminal
from gradient_cli.wire.address import is_digitalocean
from gradient_cli.wire.json import Json

Ask = Callable[[str], str]
"""Asks on the terminal without showing what is typed; EOFError if nothing more will come."""

HOW_TO = "https://docs.digitalocean.com/products/inference/how-to/model-access-keys/"
TRIES = 3


def ask_hidden(question: str) -> str:
    """Ask on the terminal; nothing of the answer is shown."""
    import getpass

    return getpass.getpass(one_line(question))


class Login:
    """One login."""

    def __init__(self, invocation: Invocation, profile: str | None, ask: Ask = ask_hidden) -> None:
        self._terminal: Terminal = invocation.terminal
        self._note = invocation.terminal.note
        self._ask = ask
        config = load(invocation.environ)
        known = {*config.profiles, *BUILT_IN_PROFILES}
        self._is_new_profile = profile is not None and profile not in known
        if profile is not None and self._is_new_profile:
            config = replace(config, profiles={**config.profiles, profile: {}})
        self._session: Session = open_session(
            invocation,
            {},
            NetworkOptions(profile=profile),
            ProofOptions(),
            tell=self._note,
            detail=lambda _: None,
            config=config,
        )
        self._settings = self._session.settings

    def run(self, *, is_piped: bool, is_checked: bool) -> int:
        """
        Do it; nothing is kept unless the service accepts the key.

        Raises:
            GradientError: see `auth.login`.

        """
        if self._settings.is_demo:
            raise UsageError("the demo needs no key", hint="name another profile with -p NAME")
        check_privacy(self._settings.destination(), "the login")
        credential = self._read(is_piped=is_piped)
        models = self._check(credential) if is_checked else None
        self._keep(credential)
        if models and not is_piped:
            self._offer(for_text(models))
        return ExitStatus.OK

    def _read(self, *, is_piped: bool) -> Credential:
        if self._terminal.stdin_is_tty:
            return self._read_hidden()
        if not is_piped:
            raise UsageError(
                "stdin is no terminal to ask for a key on",
                hint="`gradient auth login --with-key < FILE` reads it from stdin",
            )
        return from_stdin(self._terminal.stdin, "stdin")

    def _read_hidden(self) -> Credential:
        endpoint = self._settings.base_url
        if is_digitalocean(endpoint):
            self._note(f"how to make a key: {HOW_TO}")
        try:
            text = self._ask(f"key for {endpoint} (it is not shown): ")
        except EOFError:
            self._note("")
            raise UsageError("no key was given") from None
        except UnicodeDecodeError:
            raise CredentialError("what was typed holds no key: it is not UTF-8") from None
        return Credential(checked(text, "the prompt"), "the prompt")

    def _check(self, credential: Credential) -> list[Json] | None:
        """Give the models that the key may use; None where the endpoint has no list."""
        self._session.use(credential)
        client = self._session.open_client()
        try:
            return client.models()
        except CredentialError as error:
            error.hint = "nothing was kept"
            raise
        except (ServiceError, RateLimited, TimedOut) as error:
            if not self._keeps_unchecked(error):
                error.hint = "nothing was kept; --no-check keeps a key without asking the service"
                raise
            return None
        except RequestRejected as error:
            if error.http_status not in {404, 405}:
                raise
            self._note("the endpoint has no list of models, so the key is not checked")
            return None
        finally:
            client.close()

    def _keeps_unchecked(self, error: GradientError) -> bool:
        """Ask whether what was typed is kept although the service cannot be asked now."""
        terminal = self._terminal
        if not (terminal.stdin_is_tty and terminal.stderr_is_tty):
            return False
        self._note(error.message)
        terminal.ask("keep the key unchecked? [y/N] ")
        answer = terminal.stdin.readline() if terminal.stdin else b""
        return answer.strip().lower() in {b"y", b"yes"}

    def _keep(self, credential: Credential) -> None:
        settings = self._settings
        assert credential.secret, "what was read is a key"
        path = credentials_path(settings.environ)
        if self._is_new_profile and settings.profile:
            edit.add_profile(settings.config.path, settings.profile)
            self._note(f'profile "{settings.profile}" is new in {settings.config.path}')
        edit.store_key(path, settings.profile, credential.secret, settings.base_url)
        self._note(f"the key {credential.secret.hint()} for {settings.base_url} is kept in {path}")
        if other := before_stored(settings.destination()):
            self._note(f"warning: {other} is used before it")

    def _offer(self, ids: Sequence[str]) -> None:
        """Let the user choose a default model."""
        terminal = self._terminal
        if not ids or not (terminal.stdin_is_tty and terminal.stderr_is_tty):
            return
        for line in numbered(sorted(ids), terminal.size()[0]):
            self._note(line)
        now = self._settings.get("model")
        keep = f"Enter keeps {now}" if now else "Enter for none"
        for _ in range(TRIES):
            terminal.ask(f"default model (number or part of its id; {keep}): ")
            answer = terminal.stdin.readline().decode("utf-8", "replace") if terminal.stdin else ""
            if not answer.strip():
                return
            match meant(answer.strip(), sorted(ids)):
                case [model]:
                    self._set_model(model)
                    return
                case []:
                    self._note("that is none of them")
                case several:
                    self._note(f"that is in {len(several)} of them")

    def _set_model(self, model: str) -> None:
        settings = self._settings
        where = ("profiles", settings.profile, "model") if settings.profile else ("model",)
        edit.set_value(settings.config.path, where, model)
        self._note(f"the default model is {model}")
        if settings.source("model").startswith("$"):
            self._note(f"warning: {settings.source('model')} is used before it")


def numbered(ids: Sequence[str], width: int) -> list[str]:
    """Give ids with their numbers, from 1, in as many columns as fit, read downwards."""
    cells = [f"{number:3} {one_line(name)}" for number, name in enumerate(ids, 1)]
    column = max(map(len, cells)) + 2
    rows = -(-len(cells) // max(1, width // column))
    return ["".join(c.ljust(column) for c in cells[row::rows]).rstrip() for row in range(rows)]


def meant(answer: str, ids: Sequence[str]) -> list[str]:
    """Give the ids that a number, an id or a part of an id means."""
    if re.fullmatch("[0-9]{1,6}", answer) and 1 <= int(answer) <= len(ids):
        return [ids[int(answer) - 1]]
    if answer in ids:
        return [answer]
    return [name for name in ids if answer.lower() in name.lower()]
