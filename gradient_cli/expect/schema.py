"""
JSON Schema, draft 2020-12: checked itself, and held against an answer.

A schema of draft 6, 7 or 2019-09 is read as one of 2020-12, and refused where they differ.

What the library would let pass is refused here: keywords that nobody knows (`vocabulary.py`),
references that lead out (`references.py`), and what could keep it busy without end or run it
out of its stack. Formats are asserted. Patterns are those of ECMA-262. Numbers have all their
digits.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from gradient_cli.errors import UsageError
from gradient_cli.expect.excerpt import one_line
from gradient_cli.expect.extract import unwrap
from gradient_cli.expect.references import check_references
from gradient_cli.expect.vocabulary import DRAFT, check_keywords, says_all
from gradient_cli.values import record
from gradient_cli.wire.json import Json, dumps, escaped
from gradient_cli.wire.strict import parse

MOST_ERRORS = 3
LONGEST_PLACE = 80
"""Characters of a place; a model chooses the names in it."""
DEEPEST = 250
"""
Values within values; the library goes down the stack, which ends the program at its end.

Measured: 1,000 deep need half a megabyte, and a thread may have that (macOS) or less (musl).
"""
LISTED = 20_000
"""
Characters of an answer whose errors are all told; of a longer one the first alone.

The library keeps a copy of the value with each error: 2,000 missing names of a megabyte took
21 s and 4.7 GB.
"""
_STEPS = 1_000_000
_LEAST_STEPS = 1_000
_WORK = 300_000_000
"""
Steps back of a pattern times characters of an answer: a third of a second.

Only a pattern that looks around or back takes any; `(?=a*b)c` took 8 s for 100,000 characters.
"""
_PATTERN_BYTES = 40_000_000
"""What a compiled pattern may take: enough for `[\\p{L}]{1,500}`, which the default is not."""
_TEXTS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[^][{}"]+', re.DOTALL)
_HALVES = re.compile("[\ud800-\udfff]")


@record
class Schema:
    """A schema that is itself sound."""

    definition: Json
    source: str
    """Where it came from, for errors: a file, or the flag."""

    def text_format(self) -> dict[str, Json]:
        """Give what `text.format` carries, for servers that can obey a schema."""
        form = {"type": "json_schema", "name": "answer", "schema": self.definition}
        return {**form, "strict": True} if says_all(self.definition) else form

    def judge(self, answer: str) -> "Reading":
        """
        Hold an answer against the schema.

        If the whole answer is one fenced block, what is in it counts.
        """
        text = unwrap(answer)
        try:
            found = parse(text, is_exact=True)
        except ValueError as error:
            return Reading(None, None, f"the answer is not JSON: {error}")
        complaint: str | None = "the answer is nested too deeply to be held against the schema"
        if not _is_deep(text):
            complaint = self._complaint(_without_halves(found, text), len(text))
        if complaint:
            return Reading(found, None, complaint)
        return Reading(found, escaped(dumps(found, ", ", ": ")), None)

    def accepts(self, found: Json) -> bool:
        """Tell whether a value of moderate size fits; its numbers are no Decimals yet."""
        return self.judge(dumps(found)).complaint is None

    def takes_null(self, place: str) -> bool:
        """Tell whether null fits what stands at a place: `#/properties/tags`."""
        from jsonschema_rs import validator_map_for

        definition = {**_read(dumps(self.definition)), "$schema": DRAFT}
        part = validator_map_for(definition, **_options(_STEPS)).get(place)
        return part is not None and part.is_valid(None)

    def _complaint(self, found: Json, length: int) -> str | None:
        from jsonschema_rs import ValidationError

        validator = _validator(dumps(self.definition), _steps(length))
        if validator.is_valid(found):
            return None
        if length <= LISTED:
            errors = sorted(
                validator.iter_errors(found), key=lambda e: list(map(str, e.instance_path))
            )
            shown = "; ".join(_words(error) for error in errors[:MOST_ERRORS])
            more = f"; and {len(errors) - MOST_ERRORS} more" if len(errors) > MOST_ERRORS else ""
            return f"{shown}{more}"
        try:
            validator.validate(found)
        except ValidationError as error:
            return _words(error)
        return "the answer does not fit the schema"


@record
class Reading:
    """What an answer is by a schema."""

    value: Json
    """The parsed answer, its numbers as Decimals; None too where it is no JSON."""
    canonical: str | None
    """The answer as one line of JSON; None if it does not fit."""
    complaint: str | None
    """What is wrong, in one line; None if nothing is."""


def make_schema(definition: Json, source: str) -> Schema:
    """
    Check a schema and give it.

    Raises:
        UsageError: it is no schema of the draft, has a keyword that nobody knows, or a
            reference that leads nowhere.

    """
    if not isinstance(definition, Mapping | bool):
        raise UsageError(f"{source}: a schema is an object, or true or false")
    check_keywords(definition, source)
    try:
        text = dumps(definition)
    except RecursionError:
        text = "[" * (DEEPEST + 1)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{source} is not JSON: {error}") from None
    if _is_deep(text):
        raise UsageError(f"{source}: the schema is nested too deeply")
    check_references(_without_halves(definition, text), source)
    _check_sound(text, source)
    return Schema(definition, source)


def lenient_schema(definition: Json) -> Schema | None:
    """
    Give a schema whose unknown keywords say nothing, or None if it is none at all.

    For schemas that a service reads, in a dialect of its own: `nullable`, `example`.
    """
    from jsonschema_rs import ReferencingError

    try:
        text = dumps(definition)
        if _is_deep(text):
            return None
        _validator(text, _STEPS)
    except (RecursionError, TypeError, ValueError, ReferencingError):
        return None
    return Schema(definition, "")


def _check_sound(text: str, source: str) -> None:
    """Let the library make its validator, which holds the schema against the draft's own."""
    from jsonschema_rs import ValidationError

    try:
        _validator(text, _STEPS)
    except ValidationError as error:
        place = "/".join(["#", *map(str, error.instance_path)])
        raise UsageError(f"{source}: {place}: {one_line(error.message[:200])}") from None


@cache
def _validator(definition: str, steps: int) -> Any:
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator(_read(definition), **_options(steps))


def _read(definition: str) -> Json:
    return _without_halves(parse(definition, is_exact=True), definition)


def _options(steps: int) -> dict[str, Any]:
    from jsonschema_rs import EmailOptions, FancyRegexOptions

    return {
        "validate_formats": True,
        "offline": True,
        "email_options": EmailOptions(allow_display_text=False),
        "pattern_options": FancyRegexOptions(backtrack_limit=steps, size_limit=_PATTERN_BYTES),
    }


def _steps(length: int) -> int:
    """Give the steps back that a pattern may take, by powers of ten of the answer's length."""
    magnitude: int = 10 ** len(str(length))
    return max(_LEAST_STEPS, min(_STEPS, _WORK // magnitude))


def _is_deep(text: str) -> bool:
    """Tell whether JSON, known to be sound, has values more than DEEPEST deep."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    brackets = _TEXTS.sub("", text)
    for _ in range(DEEPEST):
        fewer = brackets.replace("[]", "").replace("{}", "")
        if len(fewer) == len(brackets):
            break
        brackets = fewer
    return bool(brackets)


def _without_halves(found: Json, text: str) -> Json:
    """
    Give a value whose halves of characters are whole ones, each its own; the library knows none.

    They become the last characters there are, of the private plane 16.
    """
    if "\\u" not in text and text.isascii():
        return found
    written = dumps(found)
    if _HALVES.search(written) is None:
        return found
    whole = _HALVES.sub(lambda match: chr(ord(match[0]) + 0x10F800 - 0xD800), written)
    return parse(whole, is_exact=True)


def _words(error: Any) -> str:
    from jsonschema_rs import ValidationErrorKind

    path = error.instance_path
    place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
    place = place if len(place) <= LONGEST_PLACE else f"{place[: LONGEST_PLACE - 1]}…"
    message = error.message
    if isinstance(error.kind, ValidationErrorKind.BacktrackLimitExceeded):
        message = "its pattern looks around or back, and took too many steps on this text"
    message = message if len(message) <= 160 else f"{message[:159]}…"
    return one_line(f"{place or 'the answer'}: {message}")
