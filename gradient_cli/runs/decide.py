"""
Deciding: a word on stdout, its probability on stderr, and a status that `if` can read.

    flags ─► state, questions, gate ─► ask.decision ─► the word, the numbers ─► exit status
"""

from collections.abc import Mapping

from gradient_cli.ask import curl, flag_values, inputs
from gradient_cli.ask.decision import (
    DecisionOutcome,
    Gate,
    Ruling,
    decide,
    in_numbers,
)
from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.question import reader_of
from gradient_cli.ask.run_options import NetworkOptions, ProofOptions
from gradient_cli.ask.session import Session, open_session
from gradient_cli.errors import GradientError, UsageError
from gradient_cli.exits import ExitStatus, worst
from gradient_cli.expect.labels import parse_labels
from gradient_cli.render.document import error_object, usage_object
from gradient_cli.render.notices import error_lines
from gradient_cli.runs.decide_options import (
    GateOptions,
    QuestionOptions,
    ShowOptions,
    StateOptions,
)
from gradient_cli.terminal.intake import read_short_file
from gradient_cli.values import record
from gradient_cli.wire.attachment import Block, compose
from gradient_cli.wire.decision import (
    DECISION_PATH,
    MOST_LEVELS,
    MOST_OPTIONS,
    Decision,
    OneOf,
    Question,
    Scale,
    YesNo,
    decision_body,
)
from gradient_cli.wire.json import Json, line
from gradient_cli.wire.request import LongText, encode_json

ONLY = "decision"
"""The name of the question on the wire where there is one."""


@record
class Flags:
    """All that the user said."""

    question: str | None
    state: StateOptions
    asked: QuestionOptions
    gate: GateOptions
    show: ShowOptions
    network: NetworkOptions
    proof: ProofOptions


def run(flags: Flags, invocation: Invocation) -> int:
    """
    Ask, tell, and give the status.

    Raises:
        GradientError: a flag is not usable, or nothing was decided.

    """
    questions = make_questions(flags.question, flags.asked)
    gate = Gate(
        expected=flags.gate.expect,
        at_least=flags.gate.at_least,
        at_most=flags.gate.at_most,
        sure=flags.gate.sure,
    )
    for question in questions.values():
        gate.check(question)
    if flags.show.json:
        invocation.machine_format = "json"
    terminal = invocation.terminal
    note = _silent if flags.show.quiet else terminal.note
    session = open_session(invocation, {}, flags.network, flags.proof, tell=note, detail=_silent)
    try:
        state = _state(flags, session)
        model = _model(flags.asked.model, session)
        if flags.proof.dry_run or flags.proof.curl:
            return _show_request(session, decision_body(model, state, questions), flags.proof)
        client = session.open_client()
        try:
            outcome = decide(client, model, state, questions)
        finally:
            client.close()
    finally:
        session.close()
    return _tell(flags, invocation, questions, gate, outcome)


def make_questions(question: str | None, asked: QuestionOptions) -> dict[str, Question]:
    """
    Give the questions by their names.

    Raises:
        UsageError: flags that exclude each other, or words that are none.

    """
    kinds = {
        "--one-of": asked.one_of,
        "--one-of-file": asked.one_of_file,
        "--scale": asked.scale,
        "--yes-means or --no-means": asked.yes_means or asked.no_means,
        "--ask": asked.ask,
    }
    given = [name for name, value in kinds.items() if value]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} exclude each other")
    if asked.ask:
        if question is not None:
            raise UsageError("QUESTION and --ask exclude each other")
        found = flag_values.pairs("--ask", asked.ask)
        return {name: YesNo(instructions=_said(text)) for name, text in found.items()}
    text = _said(question)
    if asked.one_of or asked.one_of_file:
        return {ONLY: OneOf(instructions=text, options=_options(asked))}
    if asked.scale:
        levels = parse_labels(asked.scale, "--scale")
        if len(levels) > MOST_LEVELS:
            raise UsageError(f"--scale has {len(levels)} levels; the most is {MOST_LEVELS}")
        return {ONLY: Scale(instructions=text, levels=levels)}
    return {ONLY: YesNo(instructions=text, yes_means=asked.yes_means, no_means=asked.no_means)}


def _said(question: str | None) -> str:
    if question is None or not question.strip():
        raise UsageError(
            "there is no question",
            hint='git diff | gradient decide "This change leaks a secret"',
        )
    return flag_values.utf8(question)


def _options(asked: QuestionOptions) -> Mapping[str, str | None]:
    if asked.one_of:
        found: dict[str, str | None] = dict.fromkeys(parse_labels(asked.one_of))
    else:
        found = _described(str(asked.one_of_file))
    if len(found) > MOST_OPTIONS:
        raise UsageError(f"{len(found)} options to choose from; the most is {MOST_OPTIONS}")
    return found


def _described(path: str) -> dict[str, str | None]:
    import tomllib

    try:
        table = tomllib.loads(read_short_file(path))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f'"{path}" is not TOML: {error}') from None
    for name, text in table.items():
        if not isinstance(text, str):
            raise UsageError(f'"{path}": what `{name}` means must be a text')
    if len(table) < 2:
        raise UsageError(f'"{path}" holds fewer than two options')
    return {name: text or None for name, text in table.items()}


def _state(flags: Flags, session: Session) -> str:
    """Give what is decided about: one text as it is, several labelled with their names."""
    reader = reader_of(session)
    paths = flags.state.file or []
    blocks = reader.files(paths)
    extra = "" if flags.state.no_stdin or inputs.STDIN in paths else reader.implicit_stdin()
    if extra:
        blocks.append(Block(None, extra))
    if any(isinstance(block.text, LongText) for block in blocks):
        raise UsageError("a state cannot be longer than 8 MiB")
    state = str(blocks[0].text if len(blocks) == 1 else compose(blocks, ""))
    if not any(str(block.text).strip() for block in blocks):
        raise UsageError(
            "there is nothing to decide about",
            hint="-f FILE, or a pipe: git diff | gradient decide …",
        )
    return state


def _model(given: str | None, session: Session) -> str:
    """
    Give the decision model.

    Raises:
        UsageError: none is set; the hint names what the service offers.

    """
    model = given or session.settings.get("decide_model")
    if isinstance(model, str):
        return model
    if session.settings.is_demo:
        return "demo"
    raise UsageError("no decision model is set", hint=_offer(session))


def _offer(session: Session) -> str:
    way = "-m ID, or `gradient config set decide_model ID`"
    if session.proof.replay or session.proof.dry_run or session.proof.curl:
        return way
    try:
        client = session.open_client()
        try:
            names = [str(model["id"]) for model in client.models()]
        finally:
            client.close()
    except GradientError:
        return f"{way}; `gradient models` lists the ids"
    likely = [name for name in names if any(word in name.lower() for word in _DECIDERS)]
    shown = ", ".join((likely or names)[:8])
    return f"{way}; the service offers {shown}" if shown else way


_DECIDERS = ("jev", "systemone", "laya", "clef", "decide", "decision")
"""Parts of the names of models that decide; the list of models has no field for it."""


def _show_request(session: Session, body: Json, proof: ProofOptions) -> int:
    terminal = session.invocation.terminal
    if proof.curl:
        variable = curl.key_variable(session.settings, terminal.stdin)
        url = session.settings.base_url + DECISION_PATH
        way = curl.way_of(session.settings, session.invocation.environ)
        command = curl.command_line(url, encode_json(body), variable, way, is_stream=False)
        terminal.write_json(command + "\n")
        return ExitStatus.OK
    terminal.write_request(encode_json(body) + b"\n")
    return ExitStatus.OK


def _tell(
    flags: Flags,
    invocation: Invocation,
    questions: Mapping[str, Question],
    gate: Gate,
    outcome: DecisionOutcome,
) -> int:
    answers = outcome.decisions.answers
    rulings = {name: gate.rule(answers[name], questions[name]) for name in questions}
    is_one = not flags.asked.ask
    errors = {name: rulings[name].error(answers[name], gate) for name in questions}
    if not is_one:
        # Several answers have no common yes: a no is an answer like another.
        errors = {
            name: error if rulings[name].has_passed is None or gate.expected else None
            for name, error in errors.items()
        }
    status = worst(error.status if error else 0 for error in errors.values())
    terminal = invocation.terminal
    if flags.show.json:
        terminal.write_json(
            line(_document(questions, gate, rulings, outcome, errors, is_one=is_one)) + "\n"
        )
    elif is_one:
        terminal.write_text(f"{answers[ONLY].word}\n")
    else:
        found = {name: _facts(answers[name], gate, rulings[name]) for name in questions}
        terminal.write_json(line(found) + "\n")
    for name in questions:
        prefix = "" if is_one else f"{name}: "
        error = errors[name]
        if error is not None and error.status != ExitStatus.EXPECTATION:
            terminal.note(error_lines(error) if is_one else f"{prefix}{error.message}")
        elif not flags.show.quiet:
            terminal.note(f"{prefix}{in_numbers(answers[name])}")
    return status


def _facts(decision: Decision, gate: Gate, ruling: Ruling) -> dict[str, Json]:
    return {
        "decision": decision.word,
        "probability": decision.probability,
        "probabilities": dict(decision.probabilities),
        "confidence": decision.confidence,
        "score": decision.score,
        "expected": gate.expected,
        "unsure": ruling.has_passed is None,
    }


def _document(
    questions: Mapping[str, Question],
    gate: Gate,
    rulings: Mapping[str, Ruling],
    outcome: DecisionOutcome,
    errors: Mapping[str, GradientError | None],
    *,
    is_one: bool,
) -> dict[str, Json]:
    found = {
        name: _facts(outcome.decisions.answers[name], gate, rulings[name]) for name in questions
    }
    error = next((error for error in errors.values() if error), None)
    status = worst(error.status if error else 0 for error in errors.values())
    return {
        "ok": status == 0,
        "exit_code": int(status),
        **(found[ONLY] if is_one else {"answers": found}),
        "model": outcome.decisions.model,
        "request_id": outcome.request_id,
        "usage": usage_object(outcome.decisions.usage),
        "timing": {"total_ms": outcome.total_ms},
        "attempts": outcome.attempts,
        "error": error_object(error),
        "response": outcome.decisions.reply,
    }


def _silent(_: str) -> None:
    """Say nothing."""
