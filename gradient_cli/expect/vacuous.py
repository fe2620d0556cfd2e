r"""
Patterns that cannot fail, or cannot be met: found in every text, or in none.

    '^30|'  '.*'          found in the empty text and in every probe
    'a^'  '$b'  '(?!)'    found nowhere, by the shape of the pattern

Probes are texts of every kind, and for `^(?!.*TODO)` what its lookahead refuses: a pattern that
one of them can fail is not vacuous. Shapes are read by Python's own parser of patterns; what
that does not understand is given the benefit of the doubt.
"""

import importlib
import re
import string
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import regex

_LIMIT_S = 0.2
_TEXTS = (
    "", "a", "zzz", "Z", "0", "30", "yes", "No.", "-", " ", "\n", "\t x", "a\nb\n\nc\n",
    "é ß 漢字 🙂",
    "The answer is 42.", '{"a": [1, null]}', "# T\n\n```py\nx = 1\n```\n", "<p>x</p>",
    "a@b.example",
    "ABCDEFGHIJ", "0123456789" * 4, string.printable, "x" * 5000, "word " * 2000, "line\n" * 2000,
)  # fmt: skip
_VARIANTS = 16
"""Samples of a pattern: each takes other branches."""

_NAMED_GROUP = re.compile(r"\(\?<(?![=!])")

Node = tuple[Any, Any]
"""(operation, argument) of Python's parsed patterns."""


def finds_everything(pattern: "regex.Pattern[str]") -> bool:
    """Tell whether a pattern is found in every text, as far as probes can tell."""
    if not _is_found(pattern, ""):
        return False
    tree = _parsed(pattern.pattern)
    if tree is None and "(?" in pattern.pattern.replace("(?:", "").replace("(?i)", ""):
        return False
    samples = list(_samples(tree)) if tree is not None else []
    around = [f"x {one}\ny {one} z\n" for one in samples]
    probes = (*_TEXTS, pattern.pattern, *samples, *around)
    return all(_is_found(pattern, probe) for probe in probes)


def finds_nothing(pattern: "regex.Pattern[str]") -> bool:
    """Tell whether a pattern cannot be found in any text, by its shape."""
    tree = _parsed(pattern.pattern)
    if tree is None:
        return False
    return _is_impossible(list(tree), 0, 0, multiline=bool(tree.state.flags & re.M))


def _is_found(pattern: "regex.Pattern[str]", text: str) -> bool:
    try:
        return pattern.search(text, timeout=_LIMIT_S) is not None
    except TimeoutError:
        return False


def _parsed(source: str) -> Any:
    """Give Python's tree of a pattern, or None where it is none of Python's."""
    parser: Any = importlib.import_module("re._parser")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # FutureWarning: what looks like a nested set.
            return parser.parse(_NAMED_GROUP.sub("(?P<", source))
    except (re.error, OverflowError, RecursionError):
        return None


# Samples --------------------------------------------------------------------------------------


def _samples(tree: Any) -> Iterator[str]:
    """Give texts that a pattern, and what its lookarounds refuse, would be found in."""
    for part in (tree, *_refused(tree)):
        yield from {_sample(part, variant) for variant in range(_VARIANTS)}


def _refused(tree: Any) -> Iterator[Any]:
    for operation, argument in tree:
        name = str(operation)
        for inner in _inner(name, argument):
            if name == "ASSERT_NOT":
                yield inner
            yield from _refused(inner)


def _inner(name: str, argument: Any) -> list[Any]:
    """Give the patterns within a node."""
    match name:
        case "ASSERT" | "ASSERT_NOT":
            return [argument[1]]
        case "BRANCH":
            return list(argument[1])
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return [argument[2]]
        case "SUBPATTERN":
            return [argument[3]]
        case "ATOMIC_GROUP":
            return [argument]
        case _:
            return []


def _sample(tree: Any, variant: int) -> str:
    return "".join(_sample_of(str(operation), argument, variant) for operation, argument in tree)


def _sample_of(name: str, argument: Any, variant: int) -> str:
    match name:
        case "LITERAL":
            return chr(argument)
        case "NOT_LITERAL":
            return "b" if argument == ord("a") else "a"
        case "ANY":
            return "x"
        case "IN":
            return _member(argument, variant)
        case "BRANCH":
            branches = argument[1]
            return _sample(branches[variant // 2 % len(branches)], variant)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, inner = argument
            # As few as it may be, then one more: `.*\bword` has no letter before its word.
            times = max(int(least), min(variant % 2, int(most)))
            return _sample(inner, variant // 2) * min(times, 1000)
        case "SUBPATTERN" | "ATOMIC_GROUP":
            return _sample(_inner(name, argument)[0], variant)
        case _:
            return ""


_CATEGORIES = {"DIGIT": "7", "SPACE": " ", "WORD": "w", "NOT_DIGIT": "x", "NOT_SPACE": "x"}


def _member(members: Sequence[Node], variant: int) -> str:
    """Give a character of a class; of a negated one, something unlikely."""
    first, argument = members[variant % len(members)]
    match str(first):
        case "LITERAL":
            return chr(argument)
        case "RANGE":
            return chr(argument[0])
        case "CATEGORY":
            return _CATEGORIES.get(str(argument).removeprefix("CATEGORY_"), "-")
        case _:
            return "\u2603"


# Shapes ---------------------------------------------------------------------------------------


def _is_impossible(nodes: Sequence[Node], before: int, after: int, *, multiline: bool) -> bool:
    """Tell whether a sequence can match nothing; `before`, `after`: characters around it."""
    widths = [_width(node) for node in nodes]
    for place, (operation, argument) in enumerate(nodes):
        left, right = before + sum(widths[:place]), after + sum(widths[place + 1 :])
        name = str(operation)
        if name == "AT" and _is_out_of_place(argument, nodes, place, left, right, multiline):
            return True
        if name == "FAILURE":  # How Python 3.13 reads `(?!)`.
            return True
        if name == "ASSERT_NOT" and _always_matches(argument[1]):
            return True
        if name == "IN" and _is_empty_class(argument):
            return True
        if name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"} and not argument[0]:
            continue
        inner = _inner(name, argument) if name != "ASSERT_NOT" else []
        if name == "ASSERT":
            left, right = (left, 0) if argument[0] > 0 else (0, right)
        lines = multiline
        if name == "SUBPATTERN":
            lines = (multiline or bool(argument[1] & re.M)) and not argument[2] & re.M
        if inner and all(_is_impossible(list(one), left, right, multiline=lines) for one in inner):
            return True
    return False


def _width(node: Node) -> int:
    """Give the fewest characters that a node takes."""
    operation, argument = node
    name = str(operation)
    match name:
        case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
            return 1
        case "BRANCH":
            return min(sum(map(_width, branch)) for branch in argument[1])
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return min(int(argument[0]) * sum(map(_width, argument[2])), 1 << 30)
        case "SUBPATTERN" | "ATOMIC_GROUP":
            return sum(map(_width, _inner(name, argument)[0]))
        case _:
            return 0


def _is_out_of_place(
    anchor: Any, nodes: Sequence[Node], place: int, left: int, right: int, multiline: bool
) -> bool:
    previous = _literal(nodes, place - 1)
    following = _literal(nodes, place + 1)
    match str(anchor).removeprefix("AT_"):
        case "BEGINNING_STRING":
            return left > 0
        case "BEGINNING":
            return previous not in {None, "\n"} if multiline else left > 0
        case "END_STRING":
            return right > 0
        case "END":
            is_wrong = following not in {None, "\n"}
            return is_wrong or (right > 1 and not multiline)
        case "BOUNDARY":
            return None not in (previous, following) and _is_word(previous) == _is_word(following)
        case "NON_BOUNDARY":
            return None not in (previous, following) and _is_word(previous) != _is_word(following)
        case _:
            return False


def _literal(nodes: Sequence[Node], place: int) -> str | None:
    if 0 <= place < len(nodes) and str(nodes[place][0]) == "LITERAL":
        return chr(nodes[place][1])
    return None


def _is_word(character: str | None) -> bool:
    return character is not None and (character.isalnum() or character == "_")


def _always_matches(tree: Any) -> bool:
    """Tell whether a lookahead's pattern is found anywhere: it takes nothing and asks nothing."""
    return all(
        not _width(node) and str(node[0]) not in {"AT", "ASSERT", "ASSERT_NOT", "GROUPREF"}
        for node in tree
    ) and not any(str(node[0]).startswith("GROUPREF") for node in tree)


def _is_empty_class(members: Sequence[Node]) -> bool:
    names = {str(argument).removeprefix("CATEGORY_") for kind, argument in members}
    is_negated = str(members[0][0]) == "NEGATE"
    both = any({one, f"NOT_{one}"} <= names for one in ("DIGIT", "SPACE", "WORD"))
    return is_negated and both
