"""
What the flags expect of an answer, and what came of it.

    ExpectOptions ─► Expected ─► judge(request, outcome, client) ─► Judged
                                     └── --repair: ask again, with what was wrong
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gradient_cli.ask.client import Asker, Outcome
from gradient_cli.ask.flaws import Allowed, accepted, flaw, silent_cut
from gradient_cli.ask.run_options import ExpectOptions
from gradient_cli.ask.texts import Texts
from gradient_cli.errors import ExpectationFailed, GradientError, NoAnswer, UsageError
from gradient_cli.values import record
from gradient_cli.wire.json import Json, canonical
from gradient_cli.wire.request import Request

if TYPE_CHECKING:
    from gradient_cli.expect.evidence import Evidence
    from gradient_cli.expect.expectations import Expectations, Judgement, Verdict
    from gradient_cli.expect.extract import Extraction
    from gradient_cli.expect.schema import Schema


@record
class Judged:
    """An outcome with its verdicts."""

    outcome: Outcome
    error: GradientError | None = None
    """Why the status is not 0: the exchange failed, or an expectation did."""
    text: str | None = None
    """What to print instead of the answer: a label, a code block, JSON."""
    parsed: Json = None
    checks: tuple[Mapping[str, Json], ...] = ()
    failed: "tuple[Verdict, ...]" = ()
    warning: str = ""
    """What a reader should know of the text all the same."""
    probability: Mapping[str, Json] | None = None
    """How probable the label is, and by what: `value`, `from`, and of votes their interval."""


@record
class Expected:
    """All that is expected of an answer."""

    expectations: "Expectations | None" = None
    """None: any complete answer will do; nothing of `expect` is loaded then."""
    allowed: Allowed = Allowed()
    repairs: int = 0
    text_format: Json = None
    """What the request carries, so that servers which can will obey the schema."""
    fingerprint: str = ""
    """What is expected, as a text: the same for the same expectations; "" for none."""

    @property
    def is_held(self) -> bool:
        """Tell whether stdout waits for the verdict."""
        needs_whole = self.expectations is not None and self.expectations.needs_whole
        return needs_whole or self.repairs > 0

    def warnings(self) -> Iterator[str]:
        """Give what is expected less strictly than it reads; a suite refuses that."""
        if self.expectations is not None:
            yield from (f"warning: {doubt}" for doubt in self.expectations.doubts())

    def judge(self, request: Request | None, outcome: Outcome, client: Asker) -> Judged:
        """Judge an answer, asking again where --repair allows it and the request is known."""
        outcome = accepted(outcome, self.allowed)
        request = outcome.asked or request
        found = verdict_on(request, outcome, self.expectations, self.allowed)
        for _ in range(self.repairs):
            is_unfit = isinstance(found.error, ExpectationFailed)
            if request is None or found.judgement is None or not is_unfit:
                break
            from gradient_cli.expect.repair import is_repairable, repaired

            if not is_repairable(request, found.judgement):
                break
            request = repaired(request, outcome.response.text, found.judgement)
            again = accepted(client.ask(request, None, self.allowed.reading()), self.allowed)
            outcome = outcome.followed_by(again)
            request = outcome.asked or request
            found = verdict_on(request, outcome, self.expectations, self.allowed)
        return judged_of(outcome, found)

    def with_tags(self, think_tags: Json) -> "Expected":
        """Give the same, with what the settings say of reasoning in the text."""
        return replace(self, allowed=replace(self.allowed, tags=think_tags == "keep"))


@record
class Found:
    """What came of judging one reply."""

    error: GradientError | None = None
    """Why the status is not 0."""
    judgement: "Judgement | None" = None
    """None: it could not be judged, or nothing was expected."""


def verdict_on(
    request: Request | None, outcome: Outcome, expectations: "Expectations | None", allowed: Allowed
) -> Found:
    """
    Judge one reply, for whoever asked: whether it is an answer, and the one that was expected.

    The text that is judged is the one that is printed.
    """
    if outcome.error:
        return Found(outcome.error)
    request = outcome.asked or request
    response = outcome.response
    error = flaw(request, response, allowed)
    if error and not isinstance(error, ExpectationFailed):
        return Found(error)
    judgement = expectations.judge(response, outcome.answer_s) if expectations else None
    if judgement is None or not judgement.is_proof:
        # A cut answer is not judged: what it lacks may be what was expected.
        cut = None if isinstance(error, NoAnswer) else silent_cut(request, response, allowed)
        if cut:
            return Found(cut)
    return Found(error or (judgement.error() if judgement else None), judgement)


def judged_of(outcome: Outcome, found: Found) -> Judged:
    """Put an outcome and its verdicts together."""
    error, judgement = found.error, found.judgement
    checks: list[Mapping[str, Json]] = []
    if isinstance(error, NoAnswer):
        checks.append({"expectation": "answer", "ok": False, "message": error.message})
    if judgement is None:
        return Judged(outcome, error, checks=tuple(checks))
    checks += [
        {"expectation": v.expectation, "ok": v.ok, "message": v.message} for v in judgement.verdicts
    ]
    return Judged(
        outcome,
        error,
        judgement.text,
        judgement.parsed,
        tuple(checks),
        () if isinstance(error, NoAnswer) else judgement.failed,
        judgement.warning,
    )


def filled(options: ExpectOptions, texts: Texts) -> ExpectOptions:
    """
    Give the flags with their variables filled and their files opened, but for the schema.

    Raises:
        UsageError: a variable is not set, or a file cannot be read.

    """
    given: dict[str, Any] = {}
    for name in ("expect", "expect_re", "reject", "reject_re"):
        if said := getattr(options, name):
            flag = f"--{name.replace('_', '-')}"
            is_pattern = name.endswith("_re")
            given[name] = list(texts.expected_all(said, flag, is_pattern=is_pattern))
    if options.one_of is not None:
        given["one_of"] = texts.expected(options.one_of, "--one-of")
    if options.expect_source:
        given["expect_source"] = list(texts.expected_all(options.expect_source, "--expect-source"))
    if options.expect_call:
        given["expect_call"] = _calls(options.expect_call, texts)
    return replace(options, **given) if given else options


def expected(
    options: ExpectOptions, *, extract: bool = False, texts: Texts | None = None
) -> Expected:
    """
    Give what the flags expect; `texts` fills the schema.

    Raises:
        UsageError: something is empty, no pattern, no schema, or they exclude each other.

    """
    schema = _schema(options, texts)
    extraction = _extraction(options, extract=extract)
    kind = _kind(options, extraction)
    labels = _labels(options)
    rests_on = _evidence(options)
    fingerprint = _fingerprint(
        options, labels, schema.definition if schema else None, extraction, rests_on
    )
    allowed = _allowed(options)
    if kind is None and rests_on is None and not _texts(options):
        return Expected(None, allowed, fingerprint=fingerprint)
    from gradient_cli.expect.expectations import Expectations

    expectations = Expectations.build(
        expect=options.expect or (),
        expect_re=options.expect_re or (),
        reject=options.reject or (),
        reject_re=options.reject_re or (),
        one_of=labels,
        schema=schema,
        extract=extraction,
        evidence=rests_on,
    )
    return Expected(
        expectations,
        allowed,
        options.repair,
        schema.text_format() if schema and options.send_schema else None,
        fingerprint,
    )


def _schema(options: ExpectOptions, texts: Texts | None) -> "Schema | None":
    if options.schema is None:
        return None
    from gradient_cli.expect.load import load_schema

    return load_schema(options.schema, fill=texts.expected_json if texts else None)


def _labels(options: ExpectOptions) -> tuple[str, ...]:
    if options.one_of is None:
        return ()
    from gradient_cli.expect.labels import parse_labels

    return parse_labels(options.one_of)


def _evidence(options: ExpectOptions) -> "Evidence | None":
    """Give what the answer must call and cite; nothing is loaded for nothing."""
    if not (options.expect_call or options.expect_source):
        return None
    from gradient_cli.expect.evidence import call_said, evidence

    calls = [call_said(given, "--expect-call") for given in options.expect_call or []]
    return evidence(
        options.expect_source or [], calls, lambda field: f"--{field.replace('_', '-')}"
    )


def _calls(given: Sequence[str], texts: Texts) -> list[str]:
    """Give `NAME=JSON` with its variables filled and its files opened."""
    from gradient_cli.expect.evidence import call_said

    flag = "--expect-call"
    calls = [call_said(call, flag, texts.opened) for call in given]
    return [call.filled(texts.expected_json, flag).words for call in calls]


def _allowed(options: ExpectOptions) -> Allowed:
    return Allowed(
        incomplete=options.allow_incomplete,
        empty=options.allow_empty,
        refusal=options.allow_refusal,
        tags=options.think_tags == "keep",
    )


def _kind(options: ExpectOptions, extraction: "Extraction | None") -> str | None:
    """Give the flag that says what stdout is; None: the answer as it comes."""
    kinds = [("--one-of", options.one_of), ("--schema", options.schema), ("-x", extraction)]
    given = [name for name, value in kinds if value is not None]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} exclude each other: stdout is one or the other")
    if options.repair and not (options.one_of or options.schema):
        raise UsageError("--repair needs --one-of or --schema", hint="those it can ask for again")
    return given[0] if given else None


def _extraction(options: ExpectOptions, *, extract: bool) -> "Extraction | None":
    if not (extract or options.extract_last or options.extract_lang is not None):
        return None
    from gradient_cli.expect.extract import Extraction

    if options.extract_lang is not None and not options.extract_lang.strip():
        raise UsageError("--extract-lang is empty", hint="such as sql; -x takes any block")
    language = options.extract_lang.strip() if options.extract_lang else None
    return Extraction(language, options.extract_last)


def _fingerprint(
    options: ExpectOptions,
    labels: tuple[str, ...],
    schema: Json,
    extraction: "Extraction | None",
    rests_on: "Evidence | None",
) -> str:
    said = {
        "evidence": rests_on.words if rests_on else None,
        **{name: getattr(options, name) for name in ("expect", "expect_re", "reject", "reject_re")},
        "one_of": labels,
        "schema": schema,
        "extract": extraction is not None,
        "extract_lang": extraction and extraction.language,
        "extract_last": extraction is not None and extraction.is_last,
        "allow_incomplete": options.allow_incomplete,
        "allow_empty": options.allow_empty,
        "allow_refusal": options.allow_refusal,
        "think_tags": options.think_tags,
    }
    said = {name: value for name, value in said.items() if value not in (None, False, (), [])}
    return canonical(said) if said else ""


def _texts(options: ExpectOptions) -> list[str]:
    texts = (options.expect, options.expect_re, options.reject, options.reject_re)
    return [text for values in texts for text in values or []]
