"""
Expectations: pure functions of a Response that give Verdicts.

    Expectations.build(...)  checked: nothing empty, every pattern and schema sound
        .judge(response)     Judgement: the verdicts, and what to print of the answer

`one_of`, `schema` and `extract` also say what the answer is: a label, a JSON value, a code block.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from gradient_cli.errors import ExpectationFailed, UsageError
from gradient_cli.expect import patterns
from gradient_cli.expect.excerpt import around, excerpt, one_line
from gradient_cli.expect.extract import Extract, Extraction, extract
from gradient_cli.expect.labels import check_labels, match_label
from gradient_cli.expect.schema import Reading, Schema
from gradient_cli.values import record
from gradient_cli.wire.json import Json
from gradient_cli.wire.response import Response

if TYPE_CHECKING:
    import regex

    from gradient_cli.expect.evidence import Evidence

Fold = Callable[[str], str]
"""Makes texts comparable: as they are, or without their case."""


@record
class Verdict:
    """What one expectation says of one answer."""

    expectation: str
    """Such as `expect "NONE"`."""
    ok: bool
    message: str = ""
    """Why not, in one line; "" where it is."""
    excerpt: str = ""
    """The place of the answer that shows it, on one line; "" where it is."""


@record(kw_only=True)
class Limits:
    """How long an answer may be, in what people count."""

    characters: int | None = None
    """Without a last line end, which is the terminal's."""
    words: int | None = None
    """What blanks and line ends set apart."""

    def verdicts(self, text: str) -> Iterator[Verdict]:
        """Judge the text that is printed."""
        for key, most, used in (
            ("max_characters", self.characters, len(text.removesuffix("\n"))),
            ("max_words", self.words, len(text.split()) if self.words else 0),
        ):
            if most is not None:
                message = "" if used <= most else f"the answer has {used}"
                shown = excerpt(text) if message else ""
                yield Verdict(f"{key} {most}", used <= most, message, shown)


@record
class Judgement:
    """The verdicts on an answer, and the answer as it is to be printed."""

    verdicts: tuple[Verdict, ...] = ()
    text: str | None = None
    """The label, the JSON or the code; None: the answer as it came."""
    parsed: Json = None
    """The value that the schema accepted."""
    warning: str = ""
    """What a reader should know of the text all the same; lower case, no full stop."""
    is_proof: bool = False
    """The answer is whole: a label, a JSON value, a closed block, exactly what was wanted."""

    @property
    def ok(self) -> bool:
        """Tell whether every expectation was met."""
        return all(verdict.ok for verdict in self.verdicts)

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """Give the verdicts that are a no."""
        return tuple(verdict for verdict in self.verdicts if not verdict.ok)

    def error(self) -> ExpectationFailed | None:
        """Give the error that says which expectation failed, or None."""
        if self.ok:
            return None
        first, *others = self.failed
        more = f" (and {len(others)} more)" if others else ""
        return ExpectationFailed(f"{first.expectation}: {first.message}{more}")


@record(kw_only=True)
class Expectations:
    """All that is expected of an answer; build it with `build`."""

    contains: tuple[str, ...] = ()
    matches: "tuple[regex.Pattern[str], ...]" = ()
    rejects: tuple[str, ...] = ()
    rejects_matching: "tuple[regex.Pattern[str], ...]" = ()
    equals: str | None = None
    labels: tuple[str, ...] = ()
    schema: Schema | None = None
    extraction: Extraction | None = None
    max_output_tokens_used: int | None = None
    max_seconds: float | None = None
    limits: Limits = Limits()
    ignores_case: bool = False
    """In every text and pattern; labels and schemas have their own rules."""
    evidence: "Evidence | None" = None
    """What it must cite and call."""

    @classmethod
    def build(
        cls,
        *,
        expect: Sequence[str] = (),
        expect_re: Sequence[str] = (),
        reject: Sequence[str] = (),
        reject_re: Sequence[str] = (),
        equals: str | None = None,
        one_of: Sequence[str] = (),
        schema: Schema | None = None,
        extract: Extraction | None = None,
        max_output_tokens_used: int | None = None,
        max_seconds: float | None = None,
        limits: Limits = Limits(),  # noqa: B008  # frozen
        ignores_case: bool = False,
        evidence: "Evidence | None" = None,
        prefix: str = "--",
    ) -> "Expectations":
        """
        Check the expectations and give them.

        `prefix` is how errors name them: `--expect-re` for flags, `expect_re` for a suite ("").

        Raises:
            UsageError: an empty text, a pattern that is none, labels that are the same.

        """
        name = _named(prefix)
        _check_said(name, expect=expect, reject=reject)
        labels = _checked_labels(one_of, expect, name)
        return cls(
            contains=tuple(expect),
            matches=_compiled(expect_re, name("expect_re"), ignores_case),
            rejects=tuple(reject),
            rejects_matching=_compiled(reject_re, name("reject_re"), ignores_case),
            equals=equals,
            labels=labels,
            schema=schema,
            extraction=extract,
            max_output_tokens_used=max_output_tokens_used,
            max_seconds=max_seconds,
            limits=limits,
            ignores_case=ignores_case,
            evidence=evidence if evidence and evidence.words else None,
        )

    def doubts(self, prefix: str = "--") -> Iterator[str]:
        """Say what cannot fail, or cannot be met: it would be weaker than it reads."""
        from gradient_cli.expect.vacuous import finds_everything, finds_nothing
        from gradient_cli.expect.weakness import weakness

        wanted, unwanted = (f"{prefix}expect-re", f"{prefix}reject-re") if prefix else (
            "expect_re", "reject_re",
        )  # fmt: skip
        for pattern in self.matches:
            if finds_everything(pattern):
                yield f'{wanted} "{pattern.pattern}" is found in every answer, even an empty one'
            if finds_nothing(pattern):
                yield f'{wanted} "{pattern.pattern}" can be found in no answer'
        for pattern in self.rejects_matching:
            if finds_nothing(pattern):
                yield f'{unwanted} "{pattern.pattern}" can be found in no answer: it rejects none'
            if finds_everything(pattern):
                yield f'{unwanted} "{pattern.pattern}" is found in every answer: none can pass'
        if self.schema and (doubt := weakness(self.schema)):
            yield f"{prefix}schema: {doubt}"

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is expected."""
        return self == Expectations()

    @property
    def needs_whole(self) -> bool:
        """Tell whether what is printed is known only at the end."""
        return bool(self.labels or self.schema or self.extraction)

    def judge(self, response: Response, seconds: float = 0.0) -> Judgement:
        """
        Judge a complete answer; `seconds` is how long it took.

        Where a label, a value or a block is printed instead of the answer, the other
        expectations are of that: what was judged is what was printed.
        """
        said = response.text
        reading = self.schema.judge(said) if self.schema else None
        label = match_label(said, self.labels) if self.labels else None
        block = extract(said, self.extraction) if self.extraction else None
        text = label
        if reading and reading.canonical is not None:
            text = reading.canonical
        if block and block.code is not None:
            text = block.code
        forms = self._forms(said, reading, label, block)
        shown = response.printed(text)
        held = self.evidence.judge(response) if self.evidence else ()
        rests_on = (Verdict(name, not why, why, place) for name, why, place in held)
        verdicts = (*forms, *self._texts(shown), *rests_on, *self._measures(response, seconds))
        return Judgement(
            verdicts,
            text,
            reading.value if reading and text is not None else None,
            block.warning if block else "",
            is_proof=text is not None or self._is_equal(said),
        )

    def _is_equal(self, said: str) -> bool:
        return (
            bool(self.equals)
            and _equals(said, str(self.equals), str.casefold if self.ignores_case else str).ok
        )

    def _forms(
        self, said: str, reading: Reading | None, label: str | None, block: Extract | None
    ) -> Iterator[Verdict]:
        """Judge the form of the answer as it came."""
        if self.labels:
            yield self._label_verdict(said, label)
        if reading is not None:
            shown = excerpt(said) if reading.complaint else ""
            yield Verdict("schema", reading.complaint is None, reading.complaint or "", shown)
        if block is not None:
            is_found = block.code is not None
            yield Verdict("extract", is_found, block.complaint, "" if is_found else excerpt(said))

    def _texts(self, text: str) -> Iterator[Verdict]:
        """Judge the text that is printed."""
        fold = str.casefold if self.ignores_case else str
        if not self.labels:  # With labels, `expect` names one of them.
            yield from (_contains(text, wanted, fold) for wanted in self.contains)
        if self.equals is not None:
            yield _equals(text, self.equals, fold)
        yield from (_matches(text, pattern) for pattern in self.matches)
        yield from (_rejects(text, unwanted, fold) for unwanted in self.rejects)
        yield from (_rejects_matching(text, pattern) for pattern in self.rejects_matching)
        yield from self.limits.verdicts(text)

    def _label_verdict(self, text: str, label: str | None) -> Verdict:
        """Judge the label: with `expect`, it must be exactly the one that is named."""
        name = f"one-of {','.join(self.labels)}"
        if label is None:
            return Verdict(name, False, "the answer is none of the labels", excerpt(text))
        wanted = [match_label(text_, self.labels) for text_ in self.contains]
        if wanted and label not in wanted:
            expected = " or ".join(f'"{w}"' for w in wanted)
            return Verdict(f"expect {expected}", False, f'the answer is "{label}"')
        return Verdict(name, True)

    def _measures(self, response: Response, seconds: float) -> Iterator[Verdict]:
        if self.max_output_tokens_used is not None:
            used = response.usage.output_tokens if response.usage else None
            name = f"max_output_tokens_used {self.max_output_tokens_used}"
            if used is None:
                yield Verdict(name, False, "the server counted no tokens")
            else:
                ok = used <= self.max_output_tokens_used
                yield Verdict(name, ok, "" if ok else f"{used} tokens were used")
        if self.max_seconds is not None:
            ok = seconds <= self.max_seconds
            complaint = "" if ok else f"it took {seconds:.2f} s"
            yield Verdict(f"max_seconds {self.max_seconds:g}", ok, complaint)


def _check_said(name: Callable[[str], str], **fields: Sequence[str]) -> None:
    """Refuse an empty text: every answer holds it."""
    for field, texts in fields.items():
        if "" in texts:
            raise UsageError(f"{name(field)} is empty: it says nothing about an answer")


def _named(prefix: str) -> Callable[[str], str]:
    """Give how errors name a field: as a flag, or as the key of a suite."""
    return lambda field: prefix + field.replace("_", "-") if prefix else field


def _compiled(
    given: Sequence[str], name: str, ignores_case: bool
) -> "tuple[regex.Pattern[str], ...]":
    return tuple(patterns.compile_pattern(one, name, ignores_case=ignores_case) for one in given)


def _checked_labels(
    one_of: Sequence[str], expect: Sequence[str], name: Callable[[str], str]
) -> tuple[str, ...]:
    if not one_of:
        return ()
    labels = check_labels(one_of, name("one_of"))
    for wanted in expect:
        if match_label(wanted, labels) is None:
            raise UsageError(
                f'{name("expect")} "{wanted}" is none of the labels {", ".join(labels)}',
                hint="with one-of, expect names the label that is wanted",
            )
    wanted_labels = {match_label(wanted, labels) for wanted in expect}
    if len(wanted_labels) > 1:
        raise UsageError(
            f"{name('expect')} names two labels, and the answer is one of them",
            hint="a pattern such as ^(a|b)$ takes either",
        )
    return labels


def _contains(text: str, wanted: str, fold: Fold) -> Verdict:
    name = f'expect "{one_line(wanted)}"'
    if fold(wanted) in fold(text):
        return Verdict(name, True)
    return Verdict(name, False, "the answer does not contain it", excerpt(text))


def _equals(text: str, wanted: str, fold: Fold) -> Verdict:
    name = f'equals "{excerpt(wanted)}"'
    text, wanted = fold(text), fold(wanted)
    # One newline at the end is the terminal's, not the answer's.
    if text.removesuffix("\n") == wanted.removesuffix("\n"):
        return Verdict(name, True)
    position = next(
        (n for n, (a, b) in enumerate(zip(text, wanted, strict=False)) if a != b),
        min(len(text), len(wanted)),
    )
    return Verdict(
        name,
        False,
        f"the answer differs from character {position + 1} on",
        around(text, position, min(len(text), position + 40)),
    )


def _matches(text: str, pattern: "regex.Pattern[str]") -> Verdict:
    name = f"expect-re {one_line(pattern.pattern)}"
    try:
        if patterns.search(pattern, text) is not None:
            return Verdict(name, True)
    except ExpectationFailed as error:
        return Verdict(name, False, error.message, excerpt(text))
    return Verdict(name, False, "it is not found in the answer", excerpt(text))


def _rejects(text: str, unwanted: str, fold: Fold) -> Verdict:
    name = f'reject "{one_line(unwanted)}"'
    text, unwanted = fold(text), fold(unwanted)
    position = text.find(unwanted)
    if position < 0:
        return Verdict(name, True)
    return Verdict(
        name,
        False,
        "the answer contains it",
        around(text, position, position + len(unwanted)),
    )


def _rejects_matching(text: str, pattern: "regex.Pattern[str]") -> Verdict:
    name = f"reject-re {one_line(pattern.pattern)}"
    try:
        place = patterns.search(pattern, text)
    except ExpectationFailed as error:
        return Verdict(name, False, error.message, excerpt(text))
    if place is None:
        return Verdict(name, True)
    return Verdict(name, False, "it is found in the answer", around(text, *place))
