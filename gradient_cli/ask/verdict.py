"""
What the flags expect of an answer, and what came of it.

    ExpectOptions ─► Expected ─► judge(request, outcome, client) ─► Judged
                                     └── --repair: ask again, with what was wrong
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from gradient_cli.ask.client import Asker, Outcome
from gradient_cli.ask.run_options import ExpectOptions
from gradient_cli.errors import GradientError, IncompleteAnswer, UsageError
from gradient_cli.values import record
from gradient_cli.wire.json import Json, canonical
from gradient_cli.wire.request import Request

if TYPE_CHECKING:
    from gradient_cli.expect.expectations import Expectations, Judgement, Verdict
    from gradient_cli.expect.extract import Extraction


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


@record
class Expected:
    """All that is expected of an answer."""

    expectations: "Expectations | None" = None
    """None: any complete answer will do; nothing of `expect` is loaded then."""
    allows_incomplete: bool = False
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

    def judge(self, request: Request, outcome: Outcome, client: Asker) -> Judged:
        """Judge an answer, asking again where --repair allows it."""
        outcome = self.accepted(outcome)
        judgement = self._judgement(outcome)
        for _ in range(self.repairs):
            if outcome.error or judgement is None or judgement.ok:
                break
            from gradient_cli.expect.repair import is_repairable, repaired

            if not is_repairable(request, judgement):
                break
            request = repaired(request, outcome.response.text, judgement)
            again = self.accepted(client.ask(request))
            outcome = replace(
                again,
                attempts=outcome.attempts + again.attempts,
                total_ms=outcome.total_ms + again.total_ms,
                first_token_ms=outcome.first_token_ms,
                used_before=outcome.usage,
            )
            judgement = self._judgement(outcome)
        return judged(outcome, judgement)

    def accepted(self, outcome: Outcome) -> Outcome:
        """Give the outcome without its error, where a cut by a limit is allowed."""
        is_limit = outcome.response.status == "incomplete"
        if self.allows_incomplete and is_limit and isinstance(outcome.error, IncompleteAnswer):
            return replace(outcome, error=None)
        return outcome

    def _judgement(self, outcome: Outcome) -> "Judgement | None":
        if outcome.error or self.expectations is None:
            return None
        return self.expectations.judge(outcome.response, outcome.answer_s)


def judged(outcome: Outcome, judgement: "Judgement | None") -> Judged:
    """Put an outcome and its verdicts together."""
    if judgement is None:
        return Judged(outcome, outcome.error)
    checks = tuple(
        {"expectation": v.expectation, "ok": v.ok, "message": v.message} for v in judgement.verdicts
    )
    return Judged(
        outcome,
        outcome.error or judgement.error(),
        judgement.text,
        judgement.parsed,
        checks,
        judgement.failed,
        judgement.warning,
    )


def expected(options: ExpectOptions, *, extract: bool = False) -> Expected:
    """
    Give what the flags expect.

    Raises:
        UsageError: something is empty, no pattern, no schema, or they exclude each other.

    """
    schema = None
    if options.schema is not None:
        from gradient_cli.expect.load import load_schema

        schema = load_schema(options.schema)
    extraction = _extraction(options, extract=extract)
    kinds = [("--one-of", options.one_of), ("--schema", options.schema), ("-x", extraction)]
    kinds_given = [name for name, value in kinds if value is not None]
    if len(kinds_given) > 1:
        raise UsageError(
            f"{' and '.join(kinds_given)} exclude each other: stdout is one or the other"
        )
    if options.repair and not (options.one_of or options.schema):
        raise UsageError("--repair needs --one-of or --schema", hint="those it can ask for again")
    labels: tuple[str, ...] = ()
    if options.one_of is not None:
        from gradient_cli.expect.labels import parse_labels

        labels = parse_labels(options.one_of)
    fingerprint = _fingerprint(options, labels, schema.definition if schema else None, extraction)
    if not kinds_given and not _texts(options):
        return Expected(None, options.allow_incomplete, fingerprint=fingerprint)
    from gradient_cli.expect.expectations import Expectations

    expectations = Expectations.build(
        expect=options.expect or (),
        expect_re=options.expect_re or (),
        reject=options.reject or (),
        reject_re=options.reject_re or (),
        one_of=labels,
        schema=schema,
        extract=extraction,
    )
    return Expected(
        expectations,
        options.allow_incomplete,
        options.repair,
        schema.text_format() if schema and options.send_schema else None,
        fingerprint,
    )


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
) -> str:
    said = {
        **{name: getattr(options, name) for name in ("expect", "expect_re", "reject", "reject_re")},
        "one_of": labels,
        "schema": schema,
        "extract": extraction is not None,
        "extract_lang": extraction and extraction.language,
        "extract_last": extraction is not None and extraction.is_last,
        "allow_incomplete": options.allow_incomplete,
    }
    said = {name: value for name, value in said.items() if value not in (None, False, (), [])}
    return canonical(said) if said else ""


def _texts(options: ExpectOptions) -> list[str]:
    texts = (options.expect, options.expect_re, options.reject, options.reject_re)
    return [text for values in texts for text in values or []]
