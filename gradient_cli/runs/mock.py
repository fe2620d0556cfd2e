"""
Serving a scripted Responses endpoint on loopback until Ctrl-C.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gradient_cli.ask import flag_values
from gradient_cli.ask.invocation import Invocation
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.runs.mock_options import AnswerOptions, FailureOptions, ServerOptions
from gradient_cli.wire.address import is_loopback

if TYPE_CHECKING:
    from gradient_cli.mock.script import Behaviour, Script
    from gradient_cli.mock.server import Record


def run(
    answers: AnswerOptions, failures: FailureOptions, address: ServerOptions, invocation: Invocation
) -> int:
    """
    Make the script and serve it.

    Raises:
        UsageError: a flag or the file is not usable, or the address is taken.

    """
    return serve(invocation, make_script(answers, failures, address), address)


def make_script(
    answers: AnswerOptions, failures: FailureOptions, address: ServerOptions
) -> "Script":
    """
    Give the script that the flags describe: failures first, then replies, then the file's.

    Raises:
        UsageError: something in it cannot be carried out.

    """
    from gradient_cli.mock.script import DIALECTS, Script, WrongScript, check, one_of
    from gradient_cli.mock.script_file import load_script

    made = load_script(Path(answers.script)) if answers.script else Script(behaviours=())
    try:
        plain = _plain(answers)
        replies = _replies(answers, plain)
        failing = _failing(replies[0] if replies else replace(plain, text=_LONG), failures)
        if not replies:
            replies = _unspoken(answers, plain, has_others=bool(failing))
        own = [check(behaviour) for behaviour in [*failing, *replies]]
        decided = [check(_odds(given)) for given in answers.odds or []]
        one_of("dialect", answers.dialect or made.dialect, DIALECTS)
    except WrongScript as wrong:
        flag = f"--{wrong.key.replace('_', '-')}"
        raise UsageError(f"{flag} {wrong.words}", hint=wrong.hint) from None
    return replace(
        made,
        behaviours=(*own, *made.behaviours),
        decisions=(*decided, *made.decisions),
        dialect=answers.dialect or made.dialect,
        is_looped=answers.loop or made.is_looped,
        key=address.key or made.key,
        limit_per_minute=address.limit_per_minute or made.limit_per_minute,
    )


def _replies(answers: AnswerOptions, plain: "Behaviour") -> list["Behaviour"]:
    """
    Give the replies of the flags.

    One that speaks of a tool's result answers who brings a result, and the calls stand in a
    reply of their own before it.
    """
    replies = [replace(plain, text=flag_values.text_or_file(text)) for text in answers.reply or []]
    if not plain.calls or not any("{{ tool" in reply.text for reply in replies):
        return replies
    seeing = [replace(reply, calls=(), sees="", times=1) for reply in replies]
    return [*seeing[:-1], replace(seeing[-1], times=0), replace(plain, text="", times=0)]


def _plain(answers: AnswerOptions) -> "Behaviour":
    """Give how every reply of the flags is sent."""
    from gradient_cli.mock.script import Behaviour

    return Behaviour(
        reasoning=answers.reasoning,
        calls=tuple(_call(call) for call in answers.call or []),
        delay=answers.delay,
        first_token=answers.first_token,
        token_delay=answers.token_delay,
    )


def _odds(given: str) -> "Behaviour":
    """Give how a decision is answered."""
    from gradient_cli.mock.script import Behaviour

    found = {}
    for pair in given.split(","):
        word, _, number = pair.partition("=")
        try:
            found[word.strip()] = float(number)
        except ValueError:
            raise UsageError(
                f'--odds "{given}" is not WORD=P,...', hint="--odds yes=0.97"
            ) from None
    return Behaviour(odds=found)


def _call(given: str) -> dict[str, str]:
    """Give a call; its arguments may be no JSON, as a model's may."""
    name, _, arguments = given.partition("=")
    if not name:
        raise UsageError(f'--call "{given}" is not NAME=JSON')
    return {"name": name, "arguments": arguments or "{}"}


def _unspoken(answers: AnswerOptions, plain: "Behaviour", *, has_others: bool) -> list["Behaviour"]:
    """Give what is answered where no --reply says it."""
    from gradient_cli.mock.script import Behaviour

    if not answers.script:
        return [replace(plain, text="") if plain.calls else replace(plain, obey_schema=True)]
    if plain != Behaviour() and not has_others:
        raise UsageError(
            "--reasoning, --call and the delays are how a --reply is sent, and there is none",
            hint="the file can say the same: reasoning, calls, delay, first_token, token_delay",
        )
    return []


def _failing(reply: "Behaviour", failures: FailureOptions) -> list["Behaviour"]:
    """Give the behaviours that fail, before those that answer."""
    is_refusal = failures.status is not None or failures.body is not None
    if failures.header and not is_refusal:
        raise UsageError(
            "--header belongs to --status or --body", hint="--status 429 --header 'Retry-After: 2'"
        )
    if failures.after is not None and failures.end is None:
        raise UsageError("--after belongs to --end", hint="--end cut --after 3")
    if failures.times is not None and not is_refusal and failures.end is None:
        raise UsageError("--times belongs to --status, --body or --end", hint="--status 503")
    times = 1 if failures.times is None else failures.times
    failing = []
    if is_refusal:
        failing.append(
            replace(
                reply,
                status=200 if failures.status is None else failures.status,
                headers=dict(_header(line) for line in failures.header or []),
                body=None if failures.body is None else flag_values.text_or_file(failures.body),
                times=times,
            )
        )
    if failures.end is not None:
        failing.append(replace(reply, end=failures.end, after=failures.after, times=times))
    return failing


def _header(line: str) -> tuple[str, str]:
    name, sign, text = line.partition(":")
    if not sign or not name.strip():
        raise UsageError(f'--header "{line}" is not NAME: VALUE')
    return name.strip(), text.strip()


_LONG = "The quick brown fox jumps over the lazy dog while the mock counts its words."
"""What is broken off where no --reply gives a text."""


def serve(invocation: Invocation, script: "Script", address: ServerOptions) -> int:
    """
    Serve a script until a signal ends the process.

    Raises:
        UsageError: the address is taken, or not this machine's own.

    """
    import gc

    from gradient_cli.mock.server import MockServer

    # Off since the start, which is right for a run of seconds; a server lives longer.
    gc.enable()
    terminal, host, port = invocation.terminal, address.host, address.port

    def log(record: "Record", seconds: float) -> None:
        if not address.quiet:
            terminal.note(_line(record, seconds))

    server = MockServer(script, host, port, log, keep=0)
    try:
        server.start()
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host}:{port}: {_cause(error)}",
            hint="--port 0 takes a free one",
        ) from None
    if not is_loopback(host):
        terminal.note(f"warning: {host} can be reached from other machines")
    terminal.say(server.url)
    if terminal.stderr_is_tty and not address.quiet:
        terminal.note(f'try: GRADIENT_INFERENCE_ENDPOINT={server.url} gradient respond -m any "hi"')
    try:
        while True:
            invocation.sleep(3600)
    finally:
        server.stop()
        if server.counts and not address.quiet:
            terminal.note(_sum(server.counts))
    return ExitStatus.OK


def _cause(error: OSError) -> str:
    """Give the system's words, without what `socket.create_server` adds to them."""
    return (error.strerror or str(error)).partition(" (while attempting")[0].lower()


def _line(record: "Record", seconds: float) -> str:
    """Give the line of a request: what it was, how it was answered, and never the key."""
    from gradient_cli.mock.server import LEFT

    end = {"completed": "", LEFT: " the client left after"}.get(record.end, f" {record.end}")
    key = " (with a key)" if "authorization" in record.headers else ""
    return f"{record.method} {record.path} {record.status}{end} {seconds * 1000:.0f} ms{key}"


def _sum(counts: Mapping[int, int]) -> str:
    by_status = ", ".join(f"{number} x {status}" for status, number in sorted(counts.items()))
    total = sum(counts.values())
    return f"{total} request{'' if total == 1 else 's'}: {by_status}"
