"""`.prompt.yml`: what GitHub Models evaluated runs as it is; what is not honoured is said."""

import json
import sys

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.check.prompt_yml import load_prompt_yml
from gradient_cli.errors import UsageError
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.streams import Terminal
from tests.check.test_suites import refused

FILE = """name: Text Summarizer
description: Summarizes input text
model: openai/gpt-4o-mini
modelParameters:
  temperature: 0.5
  maxTokens: 200
messages:
  - role: system
    content: You summarize.
  - role: user
    content: |
      Summarize {{input}}
testData:
  - input: The quick brown fox
    expected: Summary - fox
  - input: no
    expected: Summary - No
evaluators:
  - name: starts right
    string:
      startsWith: 'summary -'
  - name: has it
    string:
      contains: "{{expected}}"
"""


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Run `gradient check x.prompt.yml`; give (status, stdout, stderr, requests)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").touch()

    def run_it(text: str, *flags: str, answers=("ok",), name="x.prompt.yml"):
        (tmp_path / name).write_text(text)
        terminal = Terminal.recording()
        environ = {"GRADIENT_CONFIG": str(tmp_path / "config.toml")}
        behaviours = tuple(Behaviour(text=answer) for answer in answers)
        with MockServer(Script(behaviours=behaviours)) as server:
            argv = ["check", name, "--base-url", server.url, "--retries", "0", "-j", "1"]
            status = run([*argv, *flags], Invocation(terminal, environ))
            return status, terminal.stdout_text, terminal.stderr_text, list(server.requests)

    return run_it


def small(told: str = "", **parts: str) -> str:
    """Give a file of one message, with some keys in place of the usual."""
    usual = {
        "messages": "[{role: user, content: 'say {{input}}'}]",
        "testData": "[{input: hi}]",
        "evaluators": told or "[{name: e, string: {contains: ok}}]",
    }
    return "".join(f"{key}: {value}\n" for key, value in {**usual, **parts}.items() if value)


def test_a_file_runs_as_it_is(checked):
    """Its model, parameters, messages, rows and evaluators; a scalar is what stands there."""
    status, out, _, requests = checked(FILE, answers=(" SUMMARY - fox and more\n", "Summary - no"))

    assert status == 0
    body = requests[0].body
    assert body["model"] == "openai/gpt-4o-mini"
    assert body["temperature"] == 0.5
    assert body["max_output_tokens"] == 200
    assert body["instructions"] == "You summarize."
    assert [one.body["input"] for one in requests] == [
        "Summarize The quick brown fox\n",
        "Summarize no\n",
    ]
    assert "Text Summarizer  (x.prompt.yml:1)  2/2 cases" in out


def test_a_row_that_fails_has_its_line(checked):
    status, out, _, _ = checked(FILE, answers=("Summary - fox", "of it"))

    assert status == 1
    assert "row 2  (x.prompt.yml:16)" in out


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("evaluator", "answer", "status"),
    [
        ("equals: Hello", " Hello\n", 0),
        ("equals: Hello", "hello", 1),
        ("equals: Hello", "Hello you", 1),
        ("contains: HELLO", "oh hello", 0),
        ("startsWith: he.", "he. said", 0),
        ("startsWith: he.", "hey said", 1),
        ("startsWith: he", "  Hello", 0),
        ("startsWith: lo", "Hello", 1),
        ("endsWith: LO", "Hello\n", 0),
        ("endsWith: he", "Hello", 1),
        ("equals: '{{input}}'", "hi", 0),
        ("equals: '@hi'", "@hi", 0),
        ("equals: 1.10", "1.10", 0),
        ("equals: yes", "yes", 0),
    ],
)
def test_texts_are_compared_as_they_were(checked, evaluator, answer, status):
    text = small(f"[{{name: e, string: {{{evaluator}}}}}]")

    assert checked(text, answers=(answer,))[0] == status


@pytest.mark.real
def test_all_evaluators_hold(checked):
    text = small("[{string: {contains: a, endsWith: b}}, {string: {startsWith: c}}]")

    assert checked(text, answers=("c a b",))[0] == 0
    for missing in ("c b", "c a", "a b"):
        assert checked(text, answers=(missing,))[0] == 1


@pytest.mark.parametrize(
    ("uses", "criterion"),
    [
        ("similarity", "the same as this: the word"),
        ("fluency", "correct, natural language"),
        ("relevance", "answers what was asked"),
    ],
)
def test_what_is_built_in_there_is_a_judge_here(checked, uses, criterion):
    text = small(
        f"[{{name: e, uses: github/{uses}}}]", testData="[{input: hi, expected: the word}]"
    )

    status, _, _, requests = checked(text, answers=("hello", "pass"))

    assert status == 0
    assert criterion in json.dumps(requests[1].body)
    assert checked(text, answers=("hello", "fail"))[0] == 1


def test_turns_before_the_prompt_are_a_conversation(checked):
    text = small(
        messages="[{role: system, content: s}, {role: user, content: 'q {{input}}'}, "
        "{role: assistant, content: a}, {role: user, content: then}]"
    )

    status, _, _, requests = checked(text)

    assert status == 0
    assert requests[0].body["instructions"] == "s"
    assert requests[0].body["input"] == [
        {"role": "user", "content": "q hi"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "then"},
    ]


def test_a_schema_is_sent_and_held(checked):
    schema = json.dumps(
        {
            "name": "n",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {"a": {"type": "integer"}},
                "required": ["a"],
            },
        }
    )
    text = small(
        responseFormat="json_schema", jsonSchema=f"'{schema}'", evaluators="", testData=""
    ).replace("{{input}}", "it")

    status, _, _, requests = checked(text, answers=('{"a": 1}',))

    assert status == 0
    assert requests[0].body["text"]["format"]["schema"]["required"] == ["a"]
    assert checked(text, answers=('{"a": "1"}',))[0] == 1


def test_an_object_is_held_to_be_one(checked):
    text = small(responseFormat="json_object")

    assert checked(text, answers=('{"a": "ok"}',))[0] == 0
    assert checked(text, answers=("ok",))[0] == 1


def test_a_text_is_never_a_file_s_name(checked, tmp_path):
    """`@notes` is a text there; here it would be a file's content."""
    (tmp_path / "notes").write_text("secret")
    text = small(
        messages="[{role: system, content: '@notes'}, {role: user, content: '@notes {{input}}'}]"
    )

    _, _, _, requests = checked(text)

    assert requests[0].body["instructions"] == "@notes"
    assert requests[0].body["input"] == "@notes hi"


def test_rows_of_one_name_are_two(checked):
    """A column `name` is data there, and names no row."""
    text = small(testData="[{input: hi, name: Ann}, {input: ho, name: Ann}]")

    assert checked(text)[0] == 0


ACCIDENTS = {
    "an unknown key": (
        FILE + "temprature: 1\n",
        "x.prompt.yml:25: a .prompt.yml: `temprature` is not honoured",
    ),
    "an unknown parameter": (
        FILE.replace("maxTokens: 200", "frequencyPenalty: 1"),
        "x.prompt.yml:6: `modelParameters`: `frequencyPenalty` is not honoured",
    ),
    "a parameter misspelt": (
        FILE.replace("maxTokens", "maxTokns"),
        "x.prompt.yml:6: `modelParameters`: `maxTokns` is not honoured; did you mean `maxTokens`?",
    ),
    "a parameter of another kind": (
        FILE.replace("200", "many"),
        "x.prompt.yml:6: `maxTokens` is a whole number",
    ),
    "a number out of range": (FILE.replace("0.5", "7"), "x.prompt.yml"),
    "an unknown way to evaluate": (
        FILE.replace("    string:\n      startsWith", "    regex:\n      startsWith"),
        "x.prompt.yml:20: an evaluator: `regex` is not honoured",
    ),
    "an unknown string": (
        FILE.replace("startsWith", "matches"),
        "x.prompt.yml:21: `string`: `matches` is not honoured",
    ),
    "an llm": (
        small("[{name: e, llm: {modelId: m, prompt: p, choices: []}}]"),
        "x.prompt.yml:3: an evaluator with `llm` is not honoured",
    ),
    "an unknown plug-in": (
        small("[{name: e, uses: github/beauty}]"),
        'x.prompt.yml:3: the evaluator "github/beauty" is not honoured',
    ),
    "an evaluator of two kinds": (
        small("[{string: {contains: a}, uses: github/fluency}]"),
        "x.prompt.yml:3: an evaluator has one of",
    ),
    "an evaluator of none": (small("[{name: e}]"), "x.prompt.yml:3: an evaluator has one of"),
    "an empty text": (small("[{string: {contains: ''}}]"), "x.prompt.yml:3: `contains` is empty"),
    "no evaluator": (
        small(evaluators=""),
        "expects nothing: every answer would pass",
    ),
    "no evaluators": (small("[]"), "expects nothing: every answer would pass"),
    "no messages": (small(messages=""), "x.prompt.yml:1: there are no `messages`"),
    "an unknown role": (
        small(messages="[{role: tool, content: x}]"),
        'x.prompt.yml:1: the role "tool" is not honoured',
    ),
    "a message with more": (
        small(messages="[{role: user, content: x, name: y}]"),
        "x.prompt.yml:1: a message: `name` is not honoured",
    ),
    "an answer last": (
        small(messages="[{role: user, content: 'x {{input}}'}, {role: assistant, content: y}]"),
        "x.prompt.yml:1: the last message is a user's",
    ),
    "a late system message": (
        small(
            messages="[{role: user, content: x}, {role: system, content: y}, {role: user, content: z}]"
        ),
        "x.prompt.yml:1: a `system` message stands before",
    ),
    "no rows": (small(testData="[]"), "x.prompt.yml:2: `testData` is empty"),
    "a row that is none": (
        small(testData="[hi]"),
        "x.prompt.yml:2: a row of `testData` is a table",
    ),
    "a nested cell": (small(testData="[{input: [1]}]"), "x.prompt.yml:2: `input` is a text"),
    "a variable that no row sets": (
        small(testData="[{imput: hi}]"),
        "x.prompt.yml:1: {{ input }} in the prompt is not set; did you mean imput?",
    ),
    "a name that is none": (
        small(testData="[{'user.name': hi, input: x}]"),
        "x.prompt.yml:2: `user.name` cannot be the name of a variable",
    ),
    "a key twice": ("name: a\nname: b\n", "x.prompt.yml:2: a .prompt.yml has `name` twice"),
    "a schema without its format": (
        small(jsonSchema="'{}'"),
        "x.prompt.yml:4: `jsonSchema` is of no use without",
    ),
    "a format without its schema": (
        small(responseFormat="json_schema"),
        "x.prompt.yml:4: `responseFormat: json_schema` needs a `jsonSchema`",
    ),
    "an unknown format": (small(responseFormat="xml"), 'x.prompt.yml:4: `responseFormat` "xml"'),
    "a schema that is no JSON": (
        small(responseFormat="json_schema", jsonSchema="'{'"),
        "x.prompt.yml:5: `jsonSchema` is not JSON",
    ),
    "a schema without its envelope": (
        small(responseFormat="json_schema", jsonSchema='\'{"type":"object"}\''),
        "x.prompt.yml:5: `jsonSchema` has `name` and `schema`",
    ),
    "no YAML": ("a: [\n", "x.prompt.yml:2: not YAML"),
    "a tab": ("a:\n\t- b\n", "x.prompt.yml:2: not YAML"),
    "a list": ("- a\n", "x.prompt.yml:1: a .prompt.yml is a table"),
    "an empty file": ("", "x.prompt.yml: the file is empty"),
    "two documents": ("a: 1\n---\nb: 2\n", "x.prompt.yml:2: not YAML"),
    "an object of Python": (
        small(testData="[{input: !!python/object/apply:os.system [id]}]"),
        "x.prompt.yml:2: the tag `tag:yaml.org,2002:python/object/apply:os.system`",
    ),
}
DEEP = pytest.param("a: " + "[" * 5000, "x.prompt.yml", marks=pytest.mark.real, id="deep brackets")


@pytest.mark.parametrize(
    ("text", "words"), [*(pytest.param(*ACCIDENTS[name], id=name) for name in ACCIDENTS), DEEP]
)
def test_what_is_not_honoured_is_status_2_with_its_line(tmp_path, monkeypatch, text, words):
    """Nothing of a file is left out in silence, and nothing is asked."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.prompt.yml").write_text(text)

    assert words in refused(tmp_path, "x.prompt.yml")


READ = {
    "a message without its role": (small(messages="[{content: x}]"), ":1: a message has no `role`"),
    "a message of nobody": (small(messages="[{role: user}]"), ":1: a message has no `content`"),
    "messages that are none": (small(messages="hi"), ":1: `messages` is a list"),
    "a string that says nothing": (small("[{string: {}}]"), ":3: `string` says nothing"),
    "a word of another's schema": (
        small(responseFormat="json_schema", jsonSchema='\'{"name":"a","schema":{},"also":1}\''),
        ":5: `jsonSchema`: `also` is not honoured",
    ),
    "a schema without a name": (
        small(responseFormat="json_schema", jsonSchema="'{\"schema\":{}}'"),
        ":5: `jsonSchema` has `name` and `schema`",
    ),
    "a name that is a list": ("name: [a]\n" + small(), ":1: `name` is a text"),
    "a description that is a list": ("description: [a]\n" + small(), ":1: `description` is a text"),
    "a number that is none": (small(modelParameters="{topP: x}"), ":4: `topP` is a number"),
    "a key that is a list": (small() + "? [a]\n: b\n", ":4: a key of a .prompt.yml is a text"),
    "a byte that no text has": ("a: \x00\n", ": not YAML"),
}


@pytest.mark.parametrize(("text", "words"), READ.values(), ids=READ)
def test_what_is_wrong_in_a_file_has_its_line(text, words):
    """Before anything else is looked at."""
    with pytest.raises(UsageError) as caught:
        load_prompt_yml("x.prompt.yml", text)

    assert f"x.prompt.yml{words}" in caught.value.message


def test_every_part_of_a_file_is_known_by_its_line():
    """What is wrong with a key later on is told there."""
    case = load_prompt_yml("x.prompt.yml", "\n" + FILE)

    assert (case.name, case.places["name"]) == ("Text Summarizer", 2)
    places = {key: case.places[key] for key in ("model", "temperature", "max_output_tokens")}
    assert places == {"model": 4, "temperature": 6, "max_output_tokens": 7}
    assert (case.places["instructions"], case.places["prompt"]) == (9, 11)
    assert [line for line, _ in case.inline] == [15, 17]
    assert case.places["expect_re"] == 20


def test_a_file_without_a_name_has_that_of_its_file():
    """`review.prompt.yml` is the test `review`."""
    for path, name in (
        ("a/review.prompt.yml", "review"), (".prompt.yml", "prompt"), ("b.prompt.yaml", "b"),
    ):  # fmt: skip
        assert load_prompt_yml(path, small()).name == name
    assert load_prompt_yml("x.prompt.yml", "name: ' '\n" + small()).name == "x"


def test_a_file_has_an_end(monkeypatch):
    """An alias in an alias is a billion values; they are counted."""
    monkeypatch.setattr("gradient_cli.check.prompt_yml.MOST_NODES", 10)

    with pytest.raises(UsageError, match="the file has more than 10 values"):
        load_prompt_yml("x.prompt.yml", FILE)


def test_texts_of_evaluators_are_patterns_of_the_whole_answer():
    """Blanks around it do not count; variables stay; two that say the same are one."""
    told = (
        "[{string: {equals: 'a.b'}}, {string: {startsWith: 'x {{input}}', endsWith: y}}, "
        "{string: {contains: '('}}, {string: {contains: '('}}]"
    )

    case = load_prompt_yml("x.prompt.yml", small(told))

    assert case.wants.expect_re == (
        r"\A\s*a\.b\s*\Z", r"(?i)\A\s*x\ {{input}}", r"(?i)y\s*\Z", r"(?i)\(",
    )  # fmt: skip


def test_several_system_messages_are_one_text():
    """And what was said before the prompt is the conversation."""
    case = load_prompt_yml(
        "x.prompt.yml",
        small(
            messages="[{role: system, content: a}, {role: System, content: b}, "
            "{role: user, content: q}, {role: assistant, content: r}, {role: user, content: p}]"
        ),
    )

    assert (case.fields["instructions"], case.prompt) == ("a\n\nb", "p")
    assert case.turns == (("user", "q"), ("assistant", "r"))


@pytest.mark.real
def test_an_alias_that_repeats_without_end_is_refused(checked):
    """Nine levels of nine are a billion values; they are counted, not made."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]\n"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)]
    rows = "testData: [" + ", ".join(["*row"] * 3000) + "]\n"
    wide = "name: &row {" + ", ".join(f"c{n}: x" for n in range(400)) + "}\n"

    assert checked("".join(levels))[0] == 2
    status, _, err, _ = checked(wide + small(testData="").rstrip() + "\n" + rows)
    assert status == 2
    assert "name" in err


def test_an_alias_of_itself_is_refused(checked):
    assert checked(small(testData="&a [*a]"))[0] == 2


def test_a_yaml_of_another_name_is_no_suite(checked):
    status, _, err, _ = checked("a: 1\n", name="suite.yml")

    assert status == 2
    assert "suite.yml: this is YAML; a suite is TOML, JSONL (a test a line) or a .prompt.yml" in err


def test_where_the_library_is_missing_a_line_says_how_to_get_it(checked, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)

    status, _, err, _ = checked(FILE)

    assert status == 2
    assert "x.prompt.yml: reading YAML needs a library that is not installed" in err
    assert "pip install 'gradient-cli[yaml]'" in err


@pytest.mark.real
def test_models_repeats_and_baselines_hold_for_it_too(checked):
    checked(FILE, "--save", "run.json", answers=("Summary - fox", "Summary - no"))

    status, out, _, _ = checked(
        FILE, "--baseline", "run.json", "-m", "b", answers=("Summary - fox", "Summary - no")
    )

    assert status == 0
    assert "1 same" in out


def test_a_file_outside_is_not_led_to(checked, tmp_path):
    """A .prompt.yml names no file at all: there is no way out of a folder."""
    (tmp_path / "out.txt").write_text("x")
    status, _, _, requests = checked(
        small(messages="[{role: user, content: '@../out.txt {{input}}'}]")
    )

    assert status == 0
    assert requests[0].body["input"] == "@../out.txt hi"
