"""
`gradient mock`: serve a scripted Responses endpoint on loopback until Ctrl-C.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gradient_cli.commands import values
from gradient_cli.commands.app import new_app
from gradient_cli.commands.expand import expand
from gradient_cli.commands.invocation import Invocation
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.wire.address import is_loopback

if TYPE_CHECKING:
    from gradient_cli.mock.script import Behaviour, Script
    from gradient_cli.mock.server import Record

app = new_app()


DEFAULT_PORT = 8399


def _flag(panel: str) -> Callable[..., Any]:
    return partial(typer.Option, rich_help_panel=panel, show_default=False)


_answer = _flag("Answers")
_failure = _flag("Failures")
_server = _flag("Server")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What is answered."""

    reply: Annotated[
        list[str] | None,
        _answer("--reply", metavar="TEXT|@FILE", help="what to answer; several in turn"),
    ] = None
    script: Annotated[
        str | None, _answer("--script", metavar="FILE", help="a TOML file says what to answer")
    ] = None
    dialect: Annotated[
        str | None,
        _answer("--dialect", metavar="typed|chunk", help="response.* events, or chunks (typed)"),
    ] = None
    reasoning: Annotated[str, _answer("--reasoning", metavar="TEXT", help="reason first")] = ""
    call: Annotated[
        list[str] | None,
        _answer("--call", metavar="NAME=JSON", help="call a function (repeatable)"),
    ] = None
    delay: Annotated[float, _answer("--delay", metavar="SECONDS", help="wait before the reply")] = (
        0.0
    )
    first_token: Annotated[
        float, _answer("--first-token", metavar="SECONDS", help="wait before the first word")
    ] = 0.0
    token_delay: Annotated[
        float, _answer("--token-delay", metavar="SECONDS", help="wait between two words")
    ] = 0.0
    loop: Annotated[
        bool, _answer("--loop", help="begin anew after the last reply, which otherwise stays")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """What fails before that."""

    status: Annotated[
        int | None, _failure("--status", metavar="N", help="refuse with this HTTP status first")
    ] = None
    header: Annotated[
        list[str] | None,
        _failure("--header", metavar="'NAME: VALUE'", help="a header of it (repeatable)"),
    ] = None
    times: Annotated[
        int, _failure("--times", metavar="N", min=0, help="how many fail; 0 is all (1)")
    ] = 1
    end: Annotated[
        str | None,
        _failure(
            "--end",
            metavar="HOW",
            help="incomplete, failed, error, cut, close, stall, malformed or done",
        ),
    ] = None
    after: Annotated[
        int | None, _failure("--after", metavar="N", min=0, help="end so after N words")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where, and for whom."""

    port: Annotated[
        int,
        _server(
            "--port",
            metavar="N",
            min=0,
            max=65535,
            help=f"the port; 0 takes a free one ({DEFAULT_PORT})",
        ),
    ] = DEFAULT_PORT
    host: Annotated[
        str, _server("--host", metavar="ADDRESS", help="where to listen (127.0.0.1)")
    ] = "127.0.0.1"
    key: Annotated[str | None, _server("--key", metavar="KEY", help="ask for this made-up key")] = (
        None
    )
    limit_per_minute: Annotated[
        int | None,
        _server(
            "--limit-per-minute",
            metavar="N",
            min=1,
            help="refuse more than that, with x-ratelimit headers",
        ),
    ] = None
    quiet: Annotated[bool, _server("-q", "--quiet", help="no line for each request")] = False


@app.command(name="mock", help="Serve a scripted Responses endpoint on loopback.")
@expand
def mock(ctx: typer.Context, answers: Answers, failures: Failures, address: Address) -> int:
    """
    Make a script from file and flags, and serve it.

    Raises:
        UsageError: a flag or the file is wrong, or the address is taken.

    """
    script = make_script(answers, failures, address)
    return serve(ctx.obj, script, address)


def make_script(answers: Answers, failures: Failures, address: Address) -> "Script":
    """
    Give the script that the flags describe: failures first, then replies, then the file's.

    Raises:
        UsageError: something in it cannot be carried out.

    """
    from gradient_cli.mock.script import Behaviour, Script, check, load_script

    made = load_script(Path(answers.script)) if answers.script else Script(behaviours=())
    plain = Behaviour(
        reasoning=answers.reasoning,
        calls=_calls(answers.call or []),
        delay=answers.delay,
        first_token=answers.first_token,
        token_delay=answers.token_delay,
    )
    replies = [replace(plain, text=values.text_or_file(text)) for text in answers.reply or []]
    if not replies and not answers.script:
        replies = [replace(plain, text="") if plain.calls else plain]
    own = [check(behaviour) for behaviour in [*_failing(plain, failures), *replies]]
    return replace(
        made,
        behaviours=(*own, *made.behaviours),
        dialect=_dialect(answers.dialect) or made.dialect,
        is_looped=answers.loop or made.is_looped,
        key=address.key or made.key,
        limit_per_minute=address.limit_per_minute or made.limit_per_minute,
    )


def _dialect(name: str | None) -> str | None:
    if name not in {None, "typed", "chunk"}:
        raise UsageError(f'--dialect "{name}" is not one of typed, chunk')
    return name


def _calls(given: list[str]) -> tuple[dict[str, str], ...]:
    pairs = (value.partition("=") for value in given)
    return tuple({"name": name, "arguments": arguments or "{}"} for name, _, arguments in pairs)


def _failing(plain: "Behaviour", failures: Failures) -> list["Behaviour"]:
    """Give the behaviours that fail, before those that answer."""
    pairs = (line.partition(":") for line in failures.header or [])
    headers = {name.strip(): text.strip() for name, _, text in pairs}
    if failures.status is None and headers:
        raise UsageError(
            "--header belongs to --status", hint="--status 429 --header 'Retry-After: 2'"
        )
    if failures.after is not None and failures.end is None:
        raise UsageError("--after belongs to --end", hint="--end cut --after 3")
    failing = []
    if failures.status is not None:
        failing.append(
            replace(plain, status=failures.status, headers=headers, times=failures.times)
        )
    if failures.end is not None:
        failing.append(
            replace(plain, text=_LONG, end=failures.end, after=failures.after, times=failures.times)
        )
    return failing


_LONG = "The quick brown fox jumps over the lazy dog while the mock counts its words."


def serve(invocation: Invocation, script: "Script", address: Address) -> int:
    """
    Serve a script until a signal ends the process.

    Raises:
        UsageError: the address is taken, or not this machine's own.

    """
    from gradient_cli.mock.server import MockServer

    terminal, host, port = invocation.terminal, address.host, address.port

    def log(record: "Record", seconds: float) -> None:
        if not address.quiet:
            terminal.note(
                f"{record.method} {record.path} {record.status} {seconds * 1000:.0f} ms"
                f"{_key_note(record)}"
            )

    server = MockServer(script, host, port, log)
    try:
        server.start()
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0).lower()}",
            hint="--port 0 takes a free one",
        ) from None
    if not is_loopback(host):
        terminal.note(f"warning: {host} can be reached from other machines")
    terminal.write(server.url + "\n")
    try:
        while True:
            invocation.sleep(3600)
    finally:
        server.stop()
    return ExitStatus.OK


def _key_note(record: "Record") -> str:
    return " (with a key)" if "authorization" in record.headers else ""
