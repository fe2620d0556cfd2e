"""
What is asked of a decision model, as flags say it: its questions, and which model.
"""

from collections.abc import Mapping

from gradient_cli.ask import flag_values
from gradient_cli.ask.decide_options import QuestionOptions
from gradient_cli.ask.session import Session
from gradient_cli.errors import GradientError, UsageError
from gradient_cli.expect.labels import parse_labels
from gradient_cli.terminal.intake import read_short_file
from gradient_cli.wire.decision import (
    MOST_LEVELS,
    MOST_OPTIONS,
    OneOf,
    Question,
    Scale,
    YesNo,
)

ONLY = "decision"
"""The name of the question on the wire where there is one."""


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


def decide_model(given: str | None, session: Session) -> str:
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
