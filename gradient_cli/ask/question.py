"""
What is asked: the prompt, from whichever place it comes, and the request around it.

    --prompt-file ─► its settings ─► Session (below flags, above environment and profile)
                  └► its text ──┐
    PROMPT, -f, stdin ──────────┴► variables filled ─► input ─► Question
    --thread ─► its history before the input; the new turn to be added after the answer
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from gradient_cli.ask import flag_values, inputs
from gradient_cli.ask.question_options import InputOptions, RequestOptions
from gradient_cli.ask.session import Session
from gradient_cli.ask.texts import Texts, with_files
from gradient_cli.errors import UsageError
from gradient_cli.settings.resolve import Settings, no_model
from gradient_cli.terminal.intake import read_short_file
from gradient_cli.terminal.streams import Terminal
from gradient_cli.values import record
from gradient_cli.wire.address import is_digitalocean
from gradient_cli.wire.json import Json
from gradient_cli.wire.request import LongText, Request

if TYPE_CHECKING:
    from gradient_cli.ask.conversation import Thread
    from gradient_cli.settings.prompt_file import PromptFile


@record
class Question:
    """A request, and the conversation that it belongs to."""

    request: Request
    thread: "Thread | None" = None
    turn: tuple[Json, ...] = ()
    """What the user says in this turn, for the thread."""


def read_prompt_file(prompt: str | None, path: str | None) -> "PromptFile | None":
    """
    Read --prompt-file, if there is one.

    Raises:
        UsageError: it cannot be read, its settings are wrong, or PROMPT is given, too.

    """
    if path is None:
        return None
    if prompt is not None:
        raise UsageError(
            "PROMPT and --prompt-file exclude each other",
            hint="-f FILE puts a file before a prompt",
        )
    from gradient_cli.settings.prompt_file import parse_prompt_file
    from gradient_cli.terminal.opener import Opener

    parsed = parse_prompt_file(read_short_file(path), path)
    return with_files(parsed, Opener.beside(path))


def texts_of(
    prompt_file: "PromptFile | None", given: Sequence[str] | None, *, is_strict: bool = False
) -> Texts:
    """
    Give what fills the texts of a run: the variables of `--var`, and of a prompt file.

    Raises:
        UsageError: a variable is no pair, or its file cannot be read.

    """
    own = prompt_file.variables if prompt_file else {}
    return Texts({**own, **flag_values.variables(given or [])}, is_strict=is_strict)


def make_question(
    prompt: str | None,
    options: InputOptions,
    request: RequestOptions,
    session: Session,
    texts: Texts,
    text_format: Json,
) -> Question:
    """
    Read everything the request is made of, and make it; PROMPT may be that of a prompt file.

    Raises:
        UsageError: something cannot be read, is not set, or there is nothing to ask.

    """
    _tell_of_a_file(prompt, session.invocation.terminal, session.tell)
    reader = reader_of(session)
    base = inputs.base_body(request, reader.explicit_stdin)
    fields = own_fields(session, base, options.instructions)
    if prompt != inputs.STDIN:
        prompt = _filled(prompt, fields, options, texts, session)
    # A prompt or a file takes the place of a body's input, like any flag that of its field.
    of_body = _said_by(base) if options.thread else []
    thread, outputs = _open_thread(options, session)
    try:
        intake = inputs.read_input(prompt, options, request.body, reader, texts)
        if intake.is_empty and not base.get("input") and not outputs:
            raise _nothing_to_ask(session.invocation.terminal, thread)
        turn = _turn(thread, intake, outputs, of_body) if thread else ()
        made = inputs.build_request(
            fields,
            input=_input(intake, thread, turn),
            options=request,
            base=base,
            text_format=text_format,
            stream=bool(fields.get("stream", base.get("stream", True))),
            note=session.tell,
        )
        _check(made, thread, session)
    except BaseException:
        if thread:
            thread.close()
        raise
    return Question(made, thread, turn)


def shared_request(
    session: Session, options: RequestOptions, instructions: str | None, text_format: Json
) -> Request:
    """
    Give the request that many have in common: all but its input.

    Raises:
        UsageError: something cannot be read, or a value is out of its range.

    """
    base = inputs.base_body(options, lambda: "")
    fields = own_fields(session, base, instructions)
    made = inputs.build_request(
        fields,
        input="",
        options=options,
        base=base,
        text_format=text_format,
        stream=bool(fields.get("stream", base.get("stream", False))),
        note=session.tell,
    )
    if made.has_tools:
        made.check_tools()  # A choice alone may be of the tools that rows have.
    return made


def reader_of(session: Session) -> inputs.Reader:
    """Give what reads files and stdin for a session."""
    settings = session.settings
    return inputs.Reader(
        session.invocation.terminal,
        timeout_s=settings.timeout_s,
        max_bytes=settings.max_input_bytes,
        note=session.tell,
        environ=session.invocation.environ,
        holds_key=settings.flags.get("key_file") == inputs.STDIN,
    )


def own_fields(
    session: Session, base: Mapping[str, Json], instructions: str | None
) -> dict[str, Json]:
    """Give the request's settings; a body's own fields yield to flags alone."""
    settings = session.settings
    fields = {
        name: value
        for name, value in settings.request().items()
        if name not in base or settings.source(name).startswith("--")
    }
    if instructions is not None:
        fields["instructions"] = flag_values.text_or_file(instructions)
    return fields


def _filled(
    prompt: str | None,
    fields: dict[str, Json],
    options: InputOptions,
    texts: Texts,
    session: Session,
) -> str | None:
    """Fill the variables into prompt and instructions; warn of those that nobody asked for."""
    if isinstance(fields.get("instructions"), str):
        fields["instructions"] = texts.filled(fields["instructions"], "the instructions")
    if prompt is not None:
        where = options.prompt_file or "the prompt"
        is_template = options.prompt_file is not None
        prompt = texts.filled(flag_values.utf8(prompt), where, is_template=is_template)
    for name in flag_values.pairs("--var", options.var or []):
        if name not in texts.asked:
            session.tell(f"warning: --var {name} is not used")
    return prompt


def _said_by(base: Mapping[str, Json]) -> list[Json]:
    """Give what a body's input says in this turn of a thread."""
    from gradient_cli.ask.conversation import turn_of_body

    return turn_of_body(base.get("input") or "")


def _open_thread(options: InputOptions, session: Session) -> "tuple[Thread | None, list[Json]]":
    """Open the thread, and give the outputs of its open calls."""
    if options.thread is None:
        if options.tool_output or options.tool_output_file:
            flag = "--tool-output" if options.tool_output else "--tool-output-file"
            raise UsageError(f"{flag} belongs to --thread FILE")
        return None, []
    from gradient_cli.ask.conversation import open_thread

    proof = session.proof
    thread = open_thread(
        options.thread,
        session.tell,
        session.sleep,
        session.deadline,
        will_add=not (proof.dry_run or proof.curl),
    )
    if not (options.tool_output or options.tool_output_file):
        return thread, []
    from gradient_cli.ask.tool_output import outputs_of

    try:
        most = session.settings.max_input_bytes
        given = options.tool_output or (), options.tool_output_file or ()
        return thread, outputs_of(thread.open_calls, *given, most)
    except BaseException:
        thread.close()
        raise


def _turn(
    thread: "Thread", intake: inputs.Intake, outputs: list[Json], of_body: list[Json]
) -> tuple[Json, ...]:
    """Give what the user says in this turn, held against the calls that wait."""
    from gradient_cli.ask.conversation import OUTPUT, user_item

    said = of_body
    if not intake.is_empty:
        text = intake.text()
        if isinstance(text, LongText):
            raise UsageError("a turn of a thread cannot be longer than 8 MiB")
        said = [user_item(text)]
    turn = (*outputs, *said)
    answers = [item for item in turn if item.get("type") == OUTPUT]
    thread.check_outputs(answers, has_prompt=len(answers) < len(turn))
    return turn


def _check(request: Request, thread: "Thread | None", session: Session) -> None:
    """Refuse what nobody could answer; a recorded answer needs no model."""
    if thread:
        _check_alone(request)
    request.check_tools()
    if not session.proof.replay:
        _check_model(request, session.settings)


def _check_alone(request: Request) -> None:
    """Refuse what would say the history twice."""
    if request.body().get("previous_response_id"):
        raise UsageError(
            "--thread and --previous-response-id exclude each other",
            hint="a thread sends its whole history; the service would have it twice",
        )


def _input(intake: inputs.Intake, thread: "Thread | None", turn: tuple[Json, ...]) -> Json:
    if thread:
        return (*thread.items, *turn)
    return "" if intake.is_empty else intake.text()


def _tell_of_a_file(prompt: str | None, terminal: Terminal, tell: Callable[[str], None]) -> None:
    """Say to a person that the name of a file is asked as a text."""
    if not prompt or not terminal.stderr_is_tty or any(map(str.isspace, prompt)):
        return
    if os.path.isfile(prompt):
        import shlex

        tell(f"note: the model sees the name alone; -f {shlex.quote(prompt)} reads the file")


def _nothing_to_ask(terminal: Terminal, thread: "Thread | None") -> UsageError:
    if thread:
        return thread.how_to_go_on()
    if terminal.stdin_is_tty:
        return UsageError(
            "there is no prompt", hint='gradient respond "three names for a build bot"'
        )
    return UsageError(
        "there is no prompt, and nothing came on stdin",
        hint='gradient respond "…", or pipe the prompt in',
    )


def _check_model(request: Request, settings: Settings) -> None:
    if is_digitalocean(settings.base_url) and not request.body().get("model"):
        raise no_model(settings)
