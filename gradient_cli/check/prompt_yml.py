"""
`.prompt.yml`: suites in the format of GitHub Models' evaluations, run as they are.

    model, modelParameters     model, temperature, max_output_tokens, top_p
    messages                   system: instructions; the last user's: the prompt; those between
                               are turns of a conversation
    testData                   rows; a column is a variable
    responseFormat, jsonSchema schema
    evaluators  string         patterns; contains, startsWith, endsWith take a for A
                uses github/…  a judge, told in our words

What cannot be said in a suite (`llm`: its own prompt and scores) and every key that is not known
is an error with its line: nothing of the file is left out in silence. A scalar is the text that
stands there, whatever YAML makes of it: `no` is no, and 1.10 is not 1.1. A text is never a file's
name, as it is in our own suites.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from gradient_cli.check.case import Case
from gradient_cli.check.positions import Lines
from gradient_cli.check.suite_reader import Reader, near_words
from gradient_cli.errors import UsageError
from gradient_cli.wire import template
from gradient_cli.wire.json import Json, dumps
from gradient_cli.wire.strict import parse

if TYPE_CHECKING:
    from yaml import Node

MOST_NODES = 1_000_000
"""Values that a file may have, those that an alias repeats counted again."""
_PLAIN = "tag:yaml.org,2002:"
_TAGS = ("map", "seq", "str", "null", "bool", "int", "float", "timestamp", "merge", "value")
_PLACE = re.compile(r"(\{\{[^{}]*\}\})")
_KEYS = (
    "name", "description", "model", "modelParameters", "messages", "testData", "evaluators",
    "responseFormat", "jsonSchema",
)  # fmt: skip
_PARAMETERS = {"temperature": "temperature", "maxTokens": "max_output_tokens", "topP": "top_p"}
_NUMBERS: Mapping[str, Callable[[str], int | float]] = {"maxTokens": int}
_BUILT_IN = {
    "similarity": "It says in substance the same as this: {{ expected }}",
    "relevance": "It answers what was asked, and nothing else.",
    "coherence": "Its sentences follow from each other and fit together.",
    "fluency": "It is correct, natural language.",
    "groundedness": "Everything that it claims is supported by what was given to it.",
}
_SEES_PROMPT = ("relevance", "groundedness")


class _File:
    """One file, read strictly: node by node, each with its line."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._left = MOST_NODES

    def fault(self, node: "Node | None", words: str, hint: str | None = None) -> UsageError:
        line = node.start_mark.line + 1 if node else 1
        return UsageError(f"{self._path}:{line}: {words}", hint=hint)

    def count(self, node: "Node") -> None:
        """Bound the work: an alias in an alias repeats without end."""
        self._left -= 1
        if self._left < 0:
            raise self.fault(node, f"the file has more than {MOST_NODES:,} values")
        if node.tag.removeprefix(_PLAIN) not in _TAGS:
            raise self.fault(node, f"the tag `{node.tag}` is not known")

    def table(
        self, node: "Node", what: str, known: Sequence[str] | None = None
    ) -> dict[str, "Node"]:
        """Give a mapping; a key twice and one that is not `known` is an error."""
        self.count(node)
        if not _is(node, "mapping"):
            raise self.fault(node, f"{what} is a table")
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = self.text(key, f"a key of {what}")
            if name in found:
                raise self.fault(key, f"{what} has `{name}` twice")
            if known is not None and name not in known:
                near = near_words(name, list(known))
                raise self.fault(key, f"{what}: `{name}` is not honoured{near}", _honoured(known))
            found[name] = value
        return found

    def items(self, node: "Node", what: str) -> "list[Node]":
        self.count(node)
        if not _is(node, "sequence"):
            raise self.fault(node, f"{what} is a list")
        items: list[Node] = node.value
        return items

    def text(self, node: "Node", what: str) -> str:
        """Give a scalar as it stands there."""
        self.count(node)
        if not _is(node, "scalar"):
            raise self.fault(node, f"{what} is a text")
        value: str = node.value
        return "" if node.tag == f"{_PLAIN}null" else value

    def number(self, node: "Node", name: str) -> int | float:
        words = self.text(node, name)
        try:
            return _NUMBERS.get(name, float)(words)
        except ValueError:
            kind = "whole number" if name in _NUMBERS else "number"
            raise self.fault(node, f"`{name}` is a {kind}") from None


def _is(node: "Node", kind: str) -> bool:
    """Tell scalar, sequence and mapping; without the library's classes, which may be missing."""
    return bool(getattr(node, "id", "") == kind)


def _honoured(known: Sequence[str]) -> str:
    return f"known are {', '.join(known)}"


def load_prompt_yml(path: str, text: str) -> Case:
    """
    Read a file as one test.

    Raises:
        UsageError: names file and line of what is wrong, or of what is not honoured.

    """
    file = _File(path)
    root = _compose(path, text)
    if root is None:
        raise UsageError(f"{path}: the file is empty")
    nodes = file.table(root, "a .prompt.yml", _KEYS)
    table: dict[str, Json] = {"name": _name(file, path, nodes)}
    lines = Lines(1, {"name": nodes["name"].start_mark.line + 1} if "name" in nodes else {})

    def put(key: str, value: Json, node: "Node") -> None:
        table[key] = value
        lines.keys.setdefault(key, node.start_mark.line + 1)

    if "model" in nodes:
        put("model", file.text(nodes["model"], "`model`"), nodes["model"])
    if "modelParameters" in nodes:
        known = file.table(nodes["modelParameters"], "`modelParameters`", tuple(_PARAMETERS))
        for name, node in known.items():
            put(_PARAMETERS[name], file.number(node, name), node)
    turns = _put_messages(file, root, nodes, put)
    _put_rows(file, nodes, put, lines)
    _put_schema(file, nodes, put)
    _put_evaluators(file, nodes, put)
    return replace(Reader(path, table, lines).case(), turns=turns, has_named_rows=False)


_Put = Callable[[str, Json, "Node"], None]


def _compose(path: str, text: str) -> "Node | None":
    try:
        import yaml
    except ImportError:
        raise UsageError(
            f"{path}: reading YAML needs a library that is not installed",
            hint="pip install 'gradient-cli[yaml]', or pipx inject gradient-cli pyyaml",
        ) from None
    try:
        root: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{path}:{line}: not YAML: {error.problem or error}") from None
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: not YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise UsageError(f"{path}: it is nested too deeply") from None
    return root


def _name(file: _File, path: str, nodes: Mapping[str, "Node"]) -> str:
    if "description" in nodes:  # For people; nothing is asked or checked by it.
        file.text(nodes["description"], "`description`")
    name = file.text(nodes["name"], "`name`").strip() if "name" in nodes else ""
    return name or PurePath(path).name.partition(".")[0] or "prompt"


def _literal(text: str) -> str:
    """Give a text that is no file's name."""
    return f"@{text}" if text.startswith("@") else text


def _put_messages(
    file: _File, root: "Node", nodes: Mapping[str, "Node"], put: _Put
) -> tuple[tuple[str, str], ...]:
    """Put the instructions and the prompt; give the turns before it."""
    if "messages" not in nodes:
        raise file.fault(root, "there are no `messages`: nothing would be asked")
    said: list[tuple[str, str, Node]] = []
    for node in file.items(nodes["messages"], "`messages`"):
        message = file.table(node, "a message", ("role", "content"))
        for key in ("role", "content"):
            if key not in message:
                raise file.fault(node, f"a message has no `{key}`")
        role = file.text(message["role"], "`role`").strip().lower()
        if role not in {"system", "user", "assistant"}:
            raise file.fault(message["role"], f'the role "{role}" is not honoured',
                             "system, user, assistant")  # fmt: skip
        said.append((role, file.text(message["content"], "`content`"), node))
    system = [(content, node) for role, content, node in said if role == "system"]
    others = [(role, content, node) for role, content, node in said if role != "system"]
    if [role for role, _, _ in said[: len(system)]] != ["system"] * len(system):
        late = next(node for n, (role, _, node) in enumerate(said) if role == "system" and n)
        raise file.fault(late, "a `system` message stands before all others")
    if not others or others[-1][0] != "user":
        raise file.fault(nodes["messages"], "the last message is a user's: what is asked")
    if system:
        put("instructions", _literal("\n\n".join(text for text, _ in system)), system[0][1])
    *turns, (_, prompt, node) = others
    put("prompt", _literal(prompt), node)
    return tuple((role, content) for role, content, _ in turns)


def _put_rows(file: _File, nodes: Mapping[str, "Node"], put: _Put, lines: Lines) -> None:
    if "testData" not in nodes:
        return
    rows: list[Json] = []
    for node in file.items(nodes["testData"], "`testData`"):
        columns = file.table(node, "a row of `testData`")
        for name, value in columns.items():
            if not template.is_name(name):
                raise file.fault(value, f"`{name}` cannot be the name of a variable",
                                 "a letter or _, then letters, digits, _ and -")  # fmt: skip
        rows.append({name: file.text(value, f"`{name}`") for name, value in columns.items()})
        lines.cases.append(node.start_mark.line + 1)
    if not rows:
        raise file.fault(nodes["testData"], "`testData` is empty: nothing would be asked")
    put("case", rows, nodes["testData"])


def _put_schema(file: _File, nodes: Mapping[str, "Node"], put: _Put) -> None:
    form = nodes.get("responseFormat")
    kind = file.text(form, "`responseFormat`") if form else "text"
    schema = nodes.get("jsonSchema")
    if form and kind not in {"text", "json_object", "json_schema"}:
        raise file.fault(form, f'`responseFormat` "{kind}" is not honoured',
                         "text, json_object, json_schema")  # fmt: skip
    if schema and kind != "json_schema":
        raise file.fault(schema, "`jsonSchema` is of no use without `responseFormat: json_schema`")
    if form and kind == "json_object":
        put("schema", '{"type": "object"}', form)
    if form and kind == "json_schema":
        if schema is None:
            raise file.fault(form, "`responseFormat: json_schema` needs a `jsonSchema`")
        put("schema", dumps(_schema(file, schema)), schema)


def _schema(file: _File, node: "Node") -> Json:
    """Give the schema in its envelope {name, strict, schema}."""
    try:
        table = parse(file.text(node, "`jsonSchema`"))
    except ValueError as error:
        raise file.fault(node, f"`jsonSchema` is not JSON: {error}") from None
    if not isinstance(table, dict) or "schema" not in table or "name" not in table:
        raise file.fault(node, "`jsonSchema` has `name` and `schema`")
    for key in table:
        if key not in {"name", "strict", "schema", "description"}:
            raise file.fault(node, f"`jsonSchema`: `{key}` is not honoured")
    return table["schema"]


def _put_evaluators(file: _File, nodes: Mapping[str, "Node"], put: _Put) -> None:
    found: dict[str, list[tuple[str, Node]]] = {}
    for node in file.items(nodes["evaluators"], "`evaluators`") if "evaluators" in nodes else ():
        evaluator = file.table(node, "an evaluator", ("name", "string", "uses", "llm"))
        if "name" in evaluator:
            file.text(evaluator["name"], "`name`")
        ways = [key for key in ("string", "uses", "llm") if key in evaluator]
        if len(ways) != 1:
            raise file.fault(node, "an evaluator has one of `string` and `uses`")
        for key, text in _expectations(file, ways[0], evaluator[ways[0]]):
            found.setdefault(key, []).append((text, node))
    for key, texts in found.items():
        put(key, list(dict.fromkeys(text for text, _ in texts)), texts[0][1])


def _expectations(file: _File, way: str, node: "Node") -> Iterator[tuple[str, str]]:
    """Give (key of a suite, its text) for an evaluator."""
    if way == "llm":
        raise file.fault(
            node, "an evaluator with `llm` is not honoured: its prompt, choices and scores",
            "a suite of ours says it with `judge` or `decide`",
        )  # fmt: skip
    if way == "string":
        known = ("equals", "contains", "startsWith", "endsWith")
        strings = file.table(node, "`string`", known)
        if not strings:
            raise file.fault(node, "`string` says nothing", _honoured(known))
        for name, value in strings.items():
            text = file.text(value, f"`{name}`")
            if not text:
                raise file.fault(value, f"`{name}` is empty: it says nothing about an answer")
            yield _string(name, text)
        return
    uses = file.text(node, "`uses`")
    name = uses.removeprefix("github/")
    if name == uses or name not in _BUILT_IN:
        raise file.fault(node, f'the evaluator "{uses}" is not honoured',
                         ", ".join(f"github/{one}" for one in _BUILT_IN))  # fmt: skip
    yield "judge", _BUILT_IN[name]
    if name in _SEES_PROMPT:
        yield "judge_sees", "prompt"


def _string(name: str, text: str) -> tuple[str, str]:
    parts = [part if n % 2 else re.escape(part) for n, part in enumerate(_PLACE.split(text))]
    pattern = "".join(parts)
    match name:  # The answer is taken without blanks around it, there as here.
        case "equals":
            return "expect_re", rf"\A\s*{pattern}\s*\Z"
        case "startsWith":
            return "expect_re", rf"(?i)\A\s*{pattern}"
        case "endsWith":
            return "expect_re", rf"(?i){pattern}\s*\Z"
        case _:
            return "expect_re", f"(?i){pattern}"
