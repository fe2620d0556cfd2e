"""
The flags of a question and its answer, in groups: respond, check and batch share them.

None and empty mean that the user did not say; the environment and the settings speak then.
How a flag is declared stands in `ask.flag`; `cli.expand` makes a command take whole groups.
"""

from typing import Annotated

from gradient_cli.ask.flag import flag
from gradient_cli.ask.shared_flags import (
    EXTRACT,
    FILE,
    JSON,
    MODEL,
    NO_STDIN,
    PROMPT_FILE,
    QUIET,
    SYSTEM,
    VAR,
    VERBOSE,
)
from gradient_cli.values import record

INPUT = "Input"
REQUEST = "Request"
OUTPUT = "Output"

FORMATS = ("auto", "text", "markdown", "json", "events")
COLORS = ("auto", "always", "never")


@record(kw_only=True)
class InputOptions:
    """What the prompt is made of."""

    file: Annotated[
        list[str] | None,
        FILE,
    ] = None
    instructions: Annotated[
        str | None,
        SYSTEM,
    ] = None
    var: Annotated[
        list[str] | None,
        VAR,
    ] = None
    prompt_file: Annotated[
        str | None,
        PROMPT_FILE,
    ] = None
    no_stdin: Annotated[bool, NO_STDIN] = False
    thread: Annotated[
        str | None,
        flag(
            INPUT,
            "--thread",
            metavar="FILE",
            help="go on with the conversation kept in FILE (`gradient help threads`)",
        ),
    ] = None
    tool_output: Annotated[
        list[str] | None,
        flag(
            INPUT,
            "--tool-output",
            metavar="CALL_ID=TEXT",
            help="answer a function call of the thread; TEXT is taken as it is (repeatable)",
        ),
    ] = None
    tool_output_file: Annotated[
        list[str] | None,
        flag(
            INPUT,
            "--tool-output-file",
            metavar="CALL_ID=PATH",
            help="the same, with the content of a file (repeatable)",
        ),
    ] = None


@record(kw_only=True)
class RequestOptions:
    """The fields of the body, by the wire's own names."""

    model: Annotated[
        str | None,
        MODEL,
    ] = None
    max_output_tokens: Annotated[
        int | None,
        flag(
            REQUEST,
            "--max-output-tokens",
            "--max-tokens",
            metavar="N",
            help="cut the answer after N tokens (then the status is 8)",
        ),
    ] = None
    temperature: Annotated[
        float | None,
        flag(REQUEST, "--temperature", metavar="0..2", help="how random the choice of words is"),
    ] = None
    top_p: Annotated[
        float | None,
        flag(
            REQUEST,
            "--top-p",
            metavar="0..1",
            help="choose among the words of this probability mass",
        ),
    ] = None
    stop: Annotated[
        list[str] | None,
        flag(REQUEST, "--stop", metavar="TEXT", help="end the answer before TEXT (up to 4)"),
    ] = None
    metadata: Annotated[
        list[str] | None,
        flag(
            REQUEST,
            "--metadata",
            metavar="KEY=VALUE",
            help="attach a pair to the request (up to 16)",
        ),
    ] = None
    user: Annotated[
        str | None,
        flag(REQUEST, "--user", metavar="ID", help="your end user, for the service's abuse checks"),
    ] = None
    modality: Annotated[
        list[str] | None,
        flag(REQUEST, "--modality", metavar="text", help="the kind of answer; only text exists"),
    ] = None
    parallel_tool_calls: Annotated[
        bool | None,
        flag(
            REQUEST,
            "--parallel-tool-calls/--no-parallel-tool-calls",
            help="whether several functions may be called at once",
        ),
    ] = None
    tool: Annotated[
        list[str] | None,
        flag(
            REQUEST,
            "--tool",
            metavar="NAME|FILE|JSON",
            help="a tool of the service's, web_search:max_uses=3, or functions (repeatable)",
        ),
    ] = None
    tool_choice: Annotated[
        str | None,
        flag(
            REQUEST,
            "--tool-choice",
            metavar="none|auto|required|NAME",
            help="whether tools may, must or which must be called",
        ),
    ] = None
    reasoning_effort: Annotated[
        str | None,
        flag(
            REQUEST,
            "--reasoning-effort",
            metavar="LEVEL",
            help="how much to think: none, low, medium, high, max",
        ),
    ] = None
    stream: Annotated[
        bool | None,
        flag(REQUEST, "--stream/--no-stream", help="stream the answer (the default but in batch)"),
    ] = None
    previous_response_id: Annotated[
        str | None,
        flag(
            REQUEST,
            "--previous-response-id",
            metavar="ID",
            help="go on from a response that the server stored",
        ),
    ] = None
    param: Annotated[
        list[str] | None,
        flag(
            REQUEST,
            "--param",
            metavar="KEY=JSON",
            help="any other body field; dotted keys nest (repeatable)",
        ),
    ] = None
    body: Annotated[
        str | None,
        flag(
            REQUEST,
            "--body",
            metavar="FILE|-",
            help="a whole request as JSON; flags win over its fields",
        ),
    ] = None


@record(kw_only=True)
class OutputOptions:
    """How the answer is shown."""

    format: Annotated[
        str | None,
        flag(
            OUTPUT,
            "--format",
            metavar="|".join(FORMATS),
            choices=FORMATS,
            help="auto is markdown on a terminal, text elsewhere",
        ),
    ] = None
    json: Annotated[bool, JSON.saying("the same as --format json: one object, on failure too")] = (
        False
    )
    output: Annotated[
        str | None,
        flag(
            OUTPUT,
            "-o",
            "--output",
            metavar="FILE",
            help="write the answer to FILE, only if the run succeeded",
        ),
    ] = None
    whole: Annotated[
        bool,
        flag(OUTPUT, "--whole", help="print nothing on stdout unless the run succeeded"),
    ] = False
    extract: Annotated[
        bool,
        EXTRACT,
    ] = False
    show_reasoning: Annotated[
        bool | None,
        flag(
            OUTPUT, "--show-reasoning/--hide-reasoning", help="show the model's reasoning on stderr"
        ),
    ] = None
    usage: Annotated[
        bool | None,
        flag(OUTPUT, "-u", "--usage/--no-usage", help="print token counts and times to stderr"),
    ] = None
    quiet: Annotated[bool, QUIET.saying("no notices on stderr but errors")] = False
    verbose: Annotated[
        bool,
        VERBOSE,
    ] = False
    color: Annotated[
        str | None,
        flag(
            OUTPUT,
            "--color",
            metavar="|".join(COLORS),
            choices=COLORS,
            help="colour the terminal's output",
        ),
    ] = None
