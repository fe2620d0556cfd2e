"""
The flags, in groups, each a frozen dataclass: respond, check and batch share them.

None and empty mean that the user did not say; the environment and the settings speak then.
`commands.expand` makes a command take whole groups.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer

INPUT = "Input"
REQUEST = "Request"
OUTPUT = "Output"
EXPECTATIONS = "Expectations"
NETWORK = "Network"
PROOF = "Proof"

FORMATS = ("auto", "text", "markdown", "json", "events")
COLORS = ("auto", "always", "never")


def _flag(panel: str, *names: str, help: str, **settings: Any) -> Any:  # noqa: A002  # as Typer says
    return typer.Option(*names, help=help, rich_help_panel=panel, show_default=False, **settings)


def _one_of(values: tuple[str, ...]) -> Callable[[str | None], str | None]:
    """Give a callback that refuses any other value."""

    def check(value: str | None) -> str | None:
        if value is not None and value not in values:
            from gradient_cli.commands.usage import nearest

            near = nearest(value, values)
            advice = f"; did you mean {near}?" if near else ""
            raise typer.BadParameter(f'"{value}" is not one of {", ".join(values)}{advice}')
        return value

    return check


@dataclass(frozen=True, slots=True, kw_only=True)
class InputOptions:
    """What the prompt is made of."""

    file: Annotated[
        list[str] | None,
        _flag(
            INPUT,
            "-f",
            "--file",
            metavar="PATH",
            help="a file to put before the prompt, labelled with its name; - is stdin (repeatable)",
        ),
    ] = None
    instructions: Annotated[
        str | None,
        _flag(
            INPUT,
            "-s",
            "--system",
            "--instructions",
            metavar="TEXT|@FILE",
            help="instructions to the model; @@ begins a literal @",
        ),
    ] = None
    var: Annotated[
        list[str] | None,
        _flag(
            INPUT,
            "--var",
            metavar="NAME=VALUE|@FILE",
            help="fill {{ NAME }} in prompt and instructions (repeatable)",
        ),
    ] = None
    prompt_file: Annotated[
        str | None,
        _flag(
            INPUT,
            "--prompt-file",
            metavar="FILE",
            help="take the prompt from a file, which may begin with settings",
        ),
    ] = None
    no_stdin: Annotated[bool, _flag(INPUT, "--no-stdin", help="do not read stdin")] = False
    thread: Annotated[
        str | None,
        _flag(INPUT, "--thread", metavar="FILE", help="go on with the conversation kept in FILE"),
    ] = None
    tool_output: Annotated[
        list[str] | None,
        _flag(
            INPUT,
            "--tool-output",
            metavar="CALL_ID=TEXT|@FILE",
            help="answer a function call of the thread (repeatable)",
        ),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOptions:
    """The fields of the body, by the wire's own names."""

    model: Annotated[
        str | None,
        _flag(
            REQUEST,
            "-m",
            "--model",
            metavar="ID",
            help="the model to ask; `gradient models` lists them",
        ),
    ] = None
    max_output_tokens: Annotated[
        int | None,
        _flag(
            REQUEST,
            "--max-output-tokens",
            "--max-tokens",
            metavar="N",
            help="cut the answer after N tokens (then the status is 8)",
        ),
    ] = None
    temperature: Annotated[
        float | None,
        _flag(REQUEST, "--temperature", metavar="0..2", help="how random the choice of words is"),
    ] = None
    top_p: Annotated[
        float | None,
        _flag(
            REQUEST,
            "--top-p",
            metavar="0..1",
            help="choose among the words of this probability mass",
        ),
    ] = None
    stop: Annotated[
        list[str] | None,
        _flag(REQUEST, "--stop", metavar="TEXT", help="end the answer before TEXT (up to 4)"),
    ] = None
    metadata: Annotated[
        list[str] | None,
        _flag(
            REQUEST,
            "--metadata",
            metavar="KEY=VALUE",
            help="attach a pair to the request (up to 16)",
        ),
    ] = None
    user: Annotated[
        str | None,
        _flag(
            REQUEST, "--user", metavar="ID", help="your end user, for the service's abuse checks"
        ),
    ] = None
    modality: Annotated[
        list[str] | None,
        _flag(REQUEST, "--modality", metavar="text", help="the kind of answer; only text exists"),
    ] = None
    parallel_tool_calls: Annotated[
        bool | None,
        _flag(
            REQUEST,
            "--parallel-tool-calls/--no-parallel-tool-calls",
            help="whether several functions may be called at once",
        ),
    ] = None
    tool: Annotated[
        list[str] | None,
        _flag(
            REQUEST,
            "--tool",
            metavar="FILE|JSON",
            help="a function the model may call: one definition or a list (repeatable)",
        ),
    ] = None
    tool_choice: Annotated[
        str | None,
        _flag(
            REQUEST,
            "--tool-choice",
            metavar="none|auto|required|NAME",
            help="whether functions may, must or which must be called",
        ),
    ] = None
    reasoning_effort: Annotated[
        str | None,
        _flag(
            REQUEST,
            "--reasoning-effort",
            metavar="LEVEL",
            help="how much to think: none, low, medium, high, max",
        ),
    ] = None
    stream: Annotated[
        bool | None,
        _flag(REQUEST, "--stream/--no-stream", help="stream the answer (the default but in batch)"),
    ] = None
    previous_response_id: Annotated[
        str | None,
        _flag(
            REQUEST,
            "--previous-response-id",
            metavar="ID",
            help="go on from a response that the server stored",
        ),
    ] = None
    param: Annotated[
        list[str] | None,
        _flag(
            REQUEST,
            "--param",
            metavar="KEY=JSON",
            help="any other body field; dotted keys nest (repeatable)",
        ),
    ] = None
    body: Annotated[
        str | None,
        _flag(
            REQUEST,
            "--body",
            metavar="FILE|-",
            help="a whole request as JSON; flags win over its fields",
        ),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """How the answer is shown."""

    format: Annotated[
        str | None,
        _flag(
            OUTPUT,
            "--format",
            metavar="|".join(FORMATS),
            callback=_one_of(FORMATS),
            help="auto is markdown on a terminal, text elsewhere",
        ),
    ] = None
    json: Annotated[
        bool, _flag(OUTPUT, "--json", help="the same as --format json: one object, on failure too")
    ] = False
    output: Annotated[
        str | None,
        _flag(
            OUTPUT,
            "-o",
            "--output",
            metavar="FILE",
            help="write the answer to FILE, only if the run succeeded",
        ),
    ] = None
    extract: Annotated[
        bool,
        _flag(
            OUTPUT,
            "-x",
            "--extract",
            help="print the first fenced code block alone; none is status 1",
        ),
    ] = False
    show_reasoning: Annotated[
        bool | None,
        _flag(
            OUTPUT, "--show-reasoning/--hide-reasoning", help="show the model's reasoning on stderr"
        ),
    ] = None
    usage: Annotated[
        bool | None,
        _flag(OUTPUT, "-u", "--usage/--no-usage", help="print token counts and times to stderr"),
    ] = None
    quiet: Annotated[
        bool, _flag(OUTPUT, "-q", "--quiet", help="no notices on stderr but errors")
    ] = False
    verbose: Annotated[
        bool,
        _flag(
            OUTPUT, "-v", "--verbose", help="say where things come from and what is sent, on stderr"
        ),
    ] = False
    color: Annotated[
        str | None,
        _flag(
            OUTPUT,
            "--color",
            metavar="|".join(COLORS),
            callback=_one_of(COLORS),
            help="colour the terminal's output",
        ),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectOptions:
    """What a complete answer must be; status 1 if it is not."""

    expect: Annotated[
        list[str] | None,
        _flag(
            EXPECTATIONS, "--expect", metavar="TEXT", help="the answer contains TEXT (repeatable)"
        ),
    ] = None
    expect_re: Annotated[
        list[str] | None,
        _flag(
            EXPECTATIONS,
            "--expect-re",
            metavar="RE",
            help="a regular expression is found in it (repeatable)",
        ),
    ] = None
    reject: Annotated[
        list[str] | None,
        _flag(
            EXPECTATIONS, "--reject", metavar="TEXT", help="it does not contain TEXT (repeatable)"
        ),
    ] = None
    reject_re: Annotated[
        list[str] | None,
        _flag(
            EXPECTATIONS,
            "--reject-re",
            metavar="RE",
            help="the regular expression is not found in it (repeatable)",
        ),
    ] = None
    one_of: Annotated[
        str | None,
        _flag(
            EXPECTATIONS,
            "--one-of",
            metavar="A,B,C",
            help="it is exactly one of these labels; the label is printed",
        ),
    ] = None
    schema: Annotated[
        str | None,
        _flag(
            EXPECTATIONS,
            "--schema",
            metavar="FILE|JSON|SHORT",
            help="it is JSON of this schema, or short: 'name, age int, tags list'",
        ),
    ] = None
    send_schema: Annotated[
        bool,
        _flag(
            EXPECTATIONS,
            "--send-schema/--no-send-schema",
            help="whether the schema is sent to the server, too",
        ),
    ] = True
    allow_incomplete: Annotated[
        bool,
        _flag(
            EXPECTATIONS,
            "--allow-incomplete",
            help="take an answer that was cut by a limit for a whole one",
        ),
    ] = False
    repair: Annotated[
        int,
        _flag(
            EXPECTATIONS,
            "--repair",
            metavar="N",
            min=0,
            help="if --one-of or --schema fails, ask again up to N times",
        ),
    ] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkOptions:
    """How to reach the service, and as whom."""

    timeout: Annotated[
        float | None,
        _flag(NETWORK, "--timeout", metavar="SECONDS", help="the longest silence (120)"),
    ] = None
    max_time: Annotated[
        float | None, _flag(NETWORK, "--max-time", metavar="SECONDS", help="the longest run")
    ] = None
    retries: Annotated[
        int | None,
        _flag(
            NETWORK,
            "--retries",
            metavar="N",
            help="how often to try again before the answer begins (3)",
        ),
    ] = None
    base_url: Annotated[
        str | None,
        _flag(NETWORK, "--base-url", metavar="URL", help="the endpoint; /v1/responses is added"),
    ] = None
    proxy: Annotated[
        str | None, _flag(NETWORK, "--proxy", metavar="URL", help="go through this proxy")
    ] = None
    ca_bundle: Annotated[
        str | None, _flag(NETWORK, "--ca-bundle", metavar="FILE", help="trust the roots in FILE")
    ] = None
    profile: Annotated[
        str | None,
        _flag(
            NETWORK,
            "-p",
            "--profile",
            metavar="NAME",
            help="a profile of the settings; demo needs no key",
        ),
    ] = None
    key_file: Annotated[
        str | None, _flag(NETWORK, "--key-file", metavar="FILE", help="read the key from FILE")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofOptions:
    """Seeing what is sent, and doing without the service."""

    dry_run: Annotated[
        bool, _flag(PROOF, "-n", "--dry-run", help="print the body and send nothing")
    ] = False
    curl: Annotated[
        bool, _flag(PROOF, "--curl", help="print the request as a curl command and send nothing")
    ] = False
    record: Annotated[
        str | None,
        _flag(PROOF, "--record", metavar="DIR", help="keep each exchange as a file in DIR"),
    ] = None
    replay: Annotated[
        str | None,
        _flag(PROOF, "--replay", metavar="DIR", help="answer from the files in DIR; no network"),
    ] = None
