"""
What a test expects, as its suite says it; made into expectations once its variables are known.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gradient_cli.ask.sureness import Sureness
from gradient_cli.ask.texts import Texts
from gradient_cli.check.inquiry import Point, Posed, posed
from gradient_cli.errors import UsageError
from gradient_cli.expect.expectations import Expectations, Limits
from gradient_cli.expect.extract import Extraction
from gradient_cli.expect.load import load_schema
from gradient_cli.expect.schema import Schema
from gradient_cli.terminal.opener import Opener
from gradient_cli.values import record
from gradient_cli.wire.json import Json

if TYPE_CHECKING:
    from gradient_cli.expect.evidence import Evidence


@record(kw_only=True)
class Wants:
    """The expectations of a test, not yet opened and filled."""

    equals: str | None = None
    expect: tuple[str, ...] = ()
    expect_re: tuple[str, ...] = ()
    reject: tuple[str, ...] = ()
    reject_re: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    schema: str | None = None
    extraction: Extraction | None = None
    max_output_tokens_used: int | None = None
    max_seconds: float | None = None
    max_characters: int | None = None
    max_words: int | None = None
    ignore_case: bool = False
    calls: tuple[Json, ...] = ()
    """Names, `NAME=JSON`, or tables {name, arguments}."""
    sources: tuple[str, ...] = ()
    """Hosts."""
    checks: tuple[str, ...] = ()
    """Names of programs."""
    judge: tuple[str, ...] = ()
    decide: tuple[Point, ...] = ()
    sure: float | None = None
    votes: int | None = None

    def expectations(self, texts: Texts, opener: Opener) -> Expectations:
        """
        Give what is expected, checked.

        Raises:
            UsageError: begins with the key that is wrong.

        """
        schema = None
        if self.schema is not None:
            schema = _schema(self.schema, texts, opener)
        found = Expectations.build(
            expect=texts.expected_all(self.expect, "expect"),
            expect_re=texts.expected_all(self.expect_re, "expect_re", is_pattern=True),
            reject=texts.expected_all(self.reject, "reject"),
            reject_re=texts.expected_all(self.reject_re, "reject_re", is_pattern=True),
            equals=None if self.equals is None else texts.expected(self.equals, "equals"),
            one_of=labels(texts.expected_all(self.one_of, "one_of")),
            schema=schema,
            extract=self.extraction,
            max_output_tokens_used=self.max_output_tokens_used,
            max_seconds=self.max_seconds,
            limits=Limits(characters=self.max_characters, words=self.max_words),
            ignores_case=self.ignore_case,
            evidence=self._evidence(texts),
            prefix="",
        )
        for doubt in found.doubts(""):
            raise UsageError(doubt, hint="a check that cannot fail checks nothing")
        return found

    def _evidence(self, texts: Texts) -> "Evidence | None":
        if not (self.calls or self.sources):
            return None
        from gradient_cli.expect.evidence import call_given, evidence

        calls = [
            call_given(given, "calls", texts.opened).filled(texts.expected_json, "calls")
            for given in self.calls
        ]
        return evidence(texts.expected_all(self.sources, "sources"), calls, lambda _: "sources")

    def criteria(self, texts: Texts) -> tuple[str, ...]:
        """
        Give what judges are asked.

        Raises:
            UsageError: one of them is empty.

        """
        found = texts.expected_all(self.judge, "judge")
        if not all(text.strip() for text in found):
            raise UsageError("judge is empty: it says nothing about an answer")
        return found

    def points(self, texts: Texts) -> tuple[Posed, ...]:
        """
        Give what is to be decided.

        Raises:
            UsageError: one of it cannot be decided.

        """
        return tuple(posed(point, texts, self.sure) for point in self.decide)

    def sureness(self) -> Sureness | None:
        """Give how sure the label of `one_of` must be; None: nobody asks."""
        if not self.one_of or (self.votes is None and (self.decide or self.sure is None)):
            return None
        return Sureness(sure=self.sure, votes=self.votes or 1)


def _schema(given: str, texts: Texts, opener: Opener) -> Schema:
    try:
        return load_schema(given, "schema", opener, texts.expected_json)
    except UsageError as error:
        error.message = f"schema: {error.message.removeprefix('schema: ')}"
        raise


def labels(texts: Sequence[str]) -> list[str]:
    """Give the labels of `one_of`: a list of them, or one text `A,B,C`."""
    if len(texts) == 1 and "," in texts[0]:
        return [label.strip() for label in texts[0].split(",")]
    return list(texts)
