"""
The plan of `batch run --decide`: one question of many states.

    flags ─► question, gate ─► Deciding ─┐
    PROMPT, ITEMS ─► states ─────────────┴─► Plan
"""

from dataclasses import fields

from gradient_cli.ask import flag_values, inputs
from gradient_cli.ask.decide_options import QuestionOptions
from gradient_cli.ask.decide_questions import ONLY, decide_model, make_questions
from gradient_cli.ask.decision import Gate
from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.question import read_prompt_file, texts_of
from gradient_cli.ask.run_options import ExpectOptions
from gradient_cli.ask.session import open_session
from gradient_cli.ask.texts import from_files
from gradient_cli.ask.verdict import Expected
from gradient_cli.batch.decided_rows import ROW_FIELDS, Deciding
from gradient_cli.batch.flags import Flags
from gradient_cli.batch.join import Join
from gradient_cli.batch.plan import Plan, blocks_of, prepare, silent, tell_unused
from gradient_cli.batch.provenance import provenance
from gradient_cli.batch.request_maker import RequestMaker
from gradient_cli.errors import UsageError
from gradient_cli.render.progress_bar import Meter
from gradient_cli.wire.request import Request

OWN_COLUMNS = ("prompt", "state", "text")
"""Columns that are the state of a row, where no PROMPT says what is."""


def make_decision_plan(invocation: Invocation, flags: Flags) -> Plan:
    """
    Read everything but the items, and check it.

    Raises:
        GradientError: something is wrong with a flag, a file or the settings.

    """
    invocation.deadline(flags.network.max_time)
    choice, part, proof, output = flags.choice(), flags.part(), flags.proof(), flags.output
    flags.check_out()
    _refuse_others(flags)
    deciding = _deciding(flags)
    prompt_file = read_prompt_file(flags.prompt, flags.items.prompt_file)
    if prompt_file and prompt_file.fields:
        raise UsageError(f"`{next(iter(prompt_file.fields))}` says nothing of a decision")
    texts = texts_of(prompt_file, flags.items.var, is_strict=True)
    tell = invocation.terminal.note if not output.quiet else silent
    session = open_session(invocation, {}, flags.network, proof, tell=tell, detail=silent)
    model = decide_model(flags.request.model, session)
    request = Request(model=model, instructions=deciding.question.instructions)
    said = flag_values.pairs("--var", flags.items.var or [])
    prompt = prompt_file.text if prompt_file else flags.prompt
    if prompt is not None:
        prompt = flag_values.utf8(prompt)
        tell_unused(prompt, request, said, texts, tell)
    blocks = blocks_of(session, flags.items.file or [], from_files(said, texts))
    maker = RequestMaker(
        request,
        prompt,
        texts.variables,
        blocks,
        flags.items.prompt_file or "the prompt",
        own_columns=OWN_COLUMNS,
        row_fields=ROW_FIELDS,
    )
    prepare(session, part, is_verbose=output.verbose)
    items = choice.open(invocation.terminal, tell, session.settings.timeout_s, output.output)
    join = Join(items, maker, deciding.fingerprint, part)
    known = provenance(maker, deciding.fingerprint, session.settings.base_url)
    meter = Meter(invocation.clock)
    return Plan(
        session, maker, Expected(), flags.expectations, tell, meter, join, known, deciding=deciding
    )


def _deciding(flags: Flags) -> Deciding:
    options = flags.decide
    asked = QuestionOptions(
        one_of=flags.expectations.one_of,
        one_of_file=options.one_of_file,
        scale=options.scale,
        yes_means=options.yes_means,
        no_means=options.no_means,
    )
    question = make_questions(options.decide, asked)[ONLY]
    expect = flags.expectations.expect or []
    if len(expect) > 1:
        raise UsageError("--expect names one word of a decision", hint="give it once")
    gate = Gate(
        expected=expect[0] if expect else None,
        at_least=options.at_least,
        at_most=options.at_most,
        sure=options.sure,
    )
    gate.check(question)
    return Deciding(question, gate)


def _refuse_others(flags: Flags) -> None:
    """Refuse flags that say nothing of a decision: what is sent has no place for them."""
    given = [f"--{name.replace('_', '-')}" for name in inputs.request_flags(flags.request)]
    given += [
        f"--{field.name.replace('_', '-')}"
        for field in fields(ExpectOptions)
        if getattr(flags.expectations, field.name) != field.default
    ]
    given += ["--instructions"] if flags.items.instructions is not None else []
    given += ["-x"] if flags.output.extract else []
    given += ["--body"] if flags.request.body is not None else []
    given += ["--param"] if flags.request.param else []
    for flag in given:
        if flag not in {"--model", "--one-of", "--expect"}:
            raise UsageError(f"{flag} and --decide exclude each other")
