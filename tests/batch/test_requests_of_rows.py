"""From a row to its request: what wins, what is refused, and what its error says."""

import pytest

from gradient_cli.batch.items.item import Item
from gradient_cli.batch.request_maker import RequestMaker
from gradient_cli.errors import UsageError
from gradient_cli.wire.attachment import Block
from gradient_cli.wire.request import LONG_TEXT, LongText, Request

BASE = Request(model="m", temperature=0.5)


def row(**said) -> Item:
    """Give a row of JSON as it is read."""
    own = {
        name: said.pop(name)
        for name in ("prompt", "variables", "columns", "is_body")
        if name in said
    }
    return Item(1, "r.jsonl:3", fields=said, **own)


def line(text: str = "a line", path: str | None = None) -> Item:
    return Item(1, "f.txt:2", text=text, path=path)


def body(item: Item, prompt: str | None = None, base: Request = BASE, **more) -> dict:
    """Give the body of an item's request."""
    return RequestMaker(base, prompt, **more).request(item).body()


def refused(item: Item, prompt: str | None = None, base: Request = BASE, **more) -> UsageError:
    """Give what is wrong, which `check`, `request` and `key` say in the same words."""
    found = []
    for way in ("check", "request", "key"):
        with pytest.raises(UsageError) as caught:
            getattr(RequestMaker(base, prompt, **more), way)(item)
        found.append(caught.value)
    assert len({error.message for error in found}) == 1
    assert found[0].message.startswith(f"{item.where}: ")
    assert found[0].message.count(item.where) == 1
    return found[0]


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("model", [7, True, ["m"]], "is not a text"),
        ("max_output_tokens", ["7", 7.5, True], "is not a whole number"),
        ("temperature", ["hot", True], "is not a number"),
        ("stop", [7, {}], "is not a text or a list"),
        ("metadata", [[], "a"], "is not an object"),
        ("metadata", [{"a": 7}], "holds something that is no text"),
        ("parallel_tool_calls", [1, "true"], "is not true or false"),
        ("tools", [{}], "is not a list"),
        ("input", [7, {}], "is not a text or a list of items"),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(name, values, words):
    """Python takes `true` for a number; nobody else does."""
    for value in values:
        assert refused(row(prompt="p", **{name: value})).message == f'r.jsonl:3: "{name}" {words}'


def test_fields_of_a_row_win_over_flags():
    """Those of `params` too; null leaves a field out."""
    said = body(
        row(prompt="p", temperature=1, stop="x", params={"odd": 1}, top_k=5, seed=None,
            metadata={"a": "b"}, parallel_tool_calls=False, text={"format": {"type": "text"}})
    )  # fmt: skip

    assert (said["model"], said["temperature"], said["odd"], said["top_k"]) == ("m", 1, 1, 5)
    assert (said["metadata"], said["parallel_tool_calls"]) == ({"a": "b"}, False)
    assert said["stop"] in (["x"], ("x",), "x")
    assert said["text"] == {"format": {"type": "text"}}
    assert body(row(prompt="p", stop=["x", "y"]))["stop"] == ["x", "y"]


def test_fields_that_nobody_knows_are_for_whole_bodies():
    """A line of a batch file is sent as it is."""
    assert body(row(input="q", odd=1, is_body=True))["odd"] == 1
    error = refused(row(prompt="p", odd=1))
    assert error.message == 'r.jsonl:3: unknown field "odd"'
    assert "into `vars`" in error.hint
    assert refused(row(prompt="p", params=[1])).message.startswith(
        'r.jsonl:3: unknown field "params"'
    )
    assert '"text" is not an object' in refused(row(prompt="p", text="data")).message


def test_a_row_without_anything_to_ask_is_refused():
    """In the words of what is missing."""
    assert refused(row()).hint == 'a row needs "prompt" or "input", or give PROMPT'
    assert refused(row()).message == "r.jsonl:3: there is no prompt"
    error = refused(row(), row_fields=("model",), own_columns=("state", "text"))
    assert error.message == "r.jsonl:3: there is nothing to decide about"
    assert error.hint.endswith("or a column state, text")
    empty = refused(row(variables={"x": ""}), "{{ x }}")
    assert "the prompt is empty" in empty.message
    assert "no place among ITEMS" in empty.hint
    assert body(row(variables={"x": ""}), "{{ x }}", blocks=(Block("a", "b", "file"),))["input"]
    assert body(row(), base=Request(model="m", base={"input": "old"}))["input"] == "old"


def test_fields_of_a_decision_are_few():
    """What says nothing of it would be dropped in silence."""
    error = refused(row(prompt="p", temperature=1), row_fields=("model",))

    assert error.message == 'r.jsonl:3: "temperature" says nothing of a decision'
    assert body(row(prompt="p", model="n"), row_fields=("model",))["model"] == "n"


def test_a_rows_variables_are_used_or_refused():
    """Many requests without their data would be paid for."""
    assert body(row(variables={"x": "1"}), "of {{ x }}")["input"] == "of 1"
    assert body(row(variables={"x": "1", "y": "2"}), "of {{ x }}")["input"] == "of 1"
    instructed = Request(model="m", instructions="be {{ x }}")
    assert body(row(variables={"x": "1"}), "hi", instructed)["instructions"] == "be 1"
    own = row(variables={"x": "1"}, prompt="hi", instructions="so {{ x }}")
    assert body(own)["instructions"] == "so 1"

    error = refused(row(variables={"x": "1"}), "hi")
    assert error.message == 'r.jsonl:3: no "vars" of the row is used, such as `x`'
    assert error.hint == "the prompt says where it goes: {{ x }}"
    table = row(variables={"x": "1"}, columns=("x",))
    assert refused(table, "hi").message == "r.jsonl:3: no column is used, such as `x`"


def test_a_variable_that_is_not_set_says_how_to_set_it():
    """By a column, by `vars`, or by --csv where lines may be a table."""
    for item, way in (
        (row(variables={"y": "1"}, columns=("y",)), ", or a column of that name"),
        (row(variables={"y": "1"}), ', or "vars" of the row'),
        (line(), ", or --csv where ITEMS are a table"),
    ):
        error = refused(item, "of {{ x }} {{ item }}" if item.text else "of {{ x }}")
        assert "{{ x }} in the prompt is not set" in error.message
        assert error.hint.startswith("--var x=VALUE")
        assert way in error.hint
    assert (
        "{{ x }} in p.md is not set"
        in refused(row(variables={"y": "1"}), "{{ x }}", where="p.md").message
    )


def test_a_rows_own_prompt_may_be_no_template():
    """Braces that name nothing known are text there, and a fault in PROMPT."""
    assert body(row(prompt="say {{ x }}"))["input"] == "say {{ x }}"
    assert body(row(prompt="say {{ x }}", variables={"x": "1"}))["input"] == "say 1"


def test_a_line_fills_its_place_or_stands_before_the_prompt():
    """Without PROMPT it is the prompt itself; flags' variables are filled, too."""
    assert body(line())["input"] == "a line"
    assert body(line("{{ x }}"))["input"] == "{{ x }}"
    assert body(line(), "of {{ item }}?")["input"] == "of a line?"
    assert body(line(), "of {{ v }}: {{ item }}", variables={"v": "V"})["input"] == "of V: a line"
    framed = body(line(), "sum up")["input"]
    assert "a line" in framed
    assert framed.index("a line") < framed.index("sum up")
    assert "f.md" in body(line("all", path="f.md"), "sum up")["input"]
    assert "{{ item }} stands for a line's text" in refused(row(), "of {{ item }}").message
    assert body(row(variables={"item": "1"}), "of {{ item }}")["input"] == "of 1"


def test_a_long_line_is_a_long_text():
    """It is not copied for each request."""
    maker = RequestMaker(BASE, "of {{ item }}")

    assert isinstance(maker.request(line("x" * LONG_TEXT)).input, LongText)
    assert isinstance(maker.request(line("x")).input, str)


def test_a_row_that_needs_a_model_says_so():
    """Where the endpoint demands one; a row may have its own."""

    def no_model() -> UsageError:
        return UsageError("no model")

    maker = RequestMaker(Request(), no_model=no_model)

    with pytest.raises(UsageError, match="no model"):
        maker.request(row(prompt="p"))
    assert maker.request(row(prompt="p", model="m")).body()["model"] == "m"


def test_whose_prompt_is_asked_is_known():
    """A run whose PROMPT no row uses is refused by it."""
    maker = RequestMaker(BASE, "hi")

    assert maker.uses_prompt(row())
    assert maker.uses_prompt(line())
    assert not maker.uses_prompt(row(prompt="p"))
    assert not maker.uses_prompt(row(input="p"))


def test_a_table_asks_the_first_of_its_own_columns():
    """`prompt` where there is no PROMPT; each row is looked at where one may be empty."""
    table = row(variables={"prompt": "a", "x": "b"}, columns=("prompt", "x"))
    assert body(table)["input"] == "a"
    assert refused(row(variables={"x": "b"}, columns=("x",))).message.endswith("there is no prompt")
    assert body(table, own_columns=("x", "prompt"))["input"] == "b"
    maker = RequestMaker(BASE)
    maker.check(table)
    with pytest.raises(UsageError, match="the prompt is empty"):
        maker.check(row(variables={"prompt": "", "x": "b"}, columns=("prompt", "x")))


def test_lines_are_looked_at_once():
    """All of them are alike: what is wrong is told of the first, and of each file's kind."""
    maker = RequestMaker(BASE, "of {{ x }}")
    with pytest.raises(UsageError) as caught:
        maker.check(line())
    assert caught.value.message.startswith("f.txt:2: ")
    maker.check(line("another"))
    with pytest.raises(UsageError):
        maker.check(line("a file", path="a.md"))
