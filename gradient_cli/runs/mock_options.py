"""The flags of `gradient mock`, in groups; see `ask.flag`."""

from functools import partial
from typing import Annotated

from gradient_cli.ask.flag import flag
from gradient_cli.ask.shared_flags import QUIET
from gradient_cli.values import record

DEFAULT_PORT = 8399


_answer = partial(flag, "Answers")
_failure = partial(flag, "Failures")
_server = partial(flag, "Server")


@record(kw_only=True)
class AnswerOptions:
    """What is answered."""

    reply: Annotated[
        list[str] | None,
        _answer(
            "--reply",
            metavar="TEXT|@FILE",
            help="what to answer; several in turn; {{ prompt }}, {{ tool NAME }} are filled in",
        ),
    ] = None
    script: Annotated[
        str | None,
        _answer(
            "--script", metavar="FILE", help="a TOML file says it; see `gradient help mock-script`"
        ),
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
    odds: Annotated[
        list[str] | None,
        _answer(
            "--odds",
            metavar="WORD=P,...",
            help="what the decision endpoint says, such as yes=0.97; several in turn",
        ),
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


@record(kw_only=True)
class FailureOptions:
    """What fails before that."""

    status: Annotated[
        int | None, _failure("--status", metavar="N", help="refuse with this HTTP status first")
    ] = None
    header: Annotated[
        list[str] | None,
        _failure("--header", metavar="'NAME: VALUE'", help="a header of it (repeatable)"),
    ] = None
    body: Annotated[
        str | None,
        _failure("--body", metavar="TEXT|@FILE", help="the body of it, such as an HTML page"),
    ] = None
    end: Annotated[
        str | None,
        _failure(
            "--end",
            metavar="HOW",
            help="incomplete, failed, error, cut, reset, close, stall, malformed or done",
        ),
    ] = None
    after: Annotated[
        int | None, _failure("--after", metavar="N", least=0, help="end so after N words")
    ] = None
    times: Annotated[
        int | None, _failure("--times", metavar="N", least=0, help="how many fail; 0 is all (1)")
    ] = None


@record(kw_only=True)
class ServerOptions:
    """Where, and for whom."""

    port: Annotated[
        int,
        _server(
            "--port",
            metavar="N",
            least=0,
            most=65535,
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
            least=1,
            help="refuse more than that, with x-ratelimit headers",
        ),
    ] = None
    quiet: Annotated[bool, QUIET.saying("no line for each request", panel="Server")] = False
