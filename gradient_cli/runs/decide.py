"""
Deciding: a word on stdout, its probability on stderr, and a status that `if` can read.

    flags ─► state, questions, gate ─► ask.decision ─► the word, the numbers ─► exit status
"""

from collections.abc import Mapping

from gradient_cli.ask import curl, inputs
from gradient_cli.ask.decide_options import (
    GateOptions,
    QuestionOptions,
    ShowOptions,
    StateOptions,
)
from gradient_cli.ask.decide_questions import ONLY, decide_model, make_questions
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
from gradient_cli.render.document import error_object, usage_object
from gradient_cli.render.notices import error_lines
from gradient_cli.values import record
from gradient_cli.wire.attachment import Block, compose
from gradient_cli.wire.decision import (
    DECISION_PATH,
    Decision,
    Question,
    decision_body,
)
from gradient_cli.wire.json import Json, line
from gradient_cli.wire.request import LongText, encode_json


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
        model = decide_model(flags.asked.model, session)
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
