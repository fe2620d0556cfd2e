"""A request's body: only what was set, checked before it is sent."""

import json

import pytest

from gradient_cli.errors import UsageError
from gradient_cli.wire.request import LongText, Request, said_item


def sent(request: Request) -> dict:
    return json.loads(b"".join(request.encode(is_job=True)))


def test_only_what_was_set_is_sent():
    """A request with a model and a prompt has just these two fields."""
    assert sent(Request(model="m", input="hi")) == {"model": "m", "input": "hi"}


def test_zero_and_false_are_values():
    """0 and false were set by the user, so they are sent."""
    body = sent(Request(input="hi", temperature=0, parallel_tool_calls=False))

    assert body == {"input": "hi", "temperature": 0, "parallel_tool_calls": False}


def test_what_is_no_stream_says_so():
    """There are servers that stream unless they are told; a batch job never does."""
    whole = Request(input="hi", stream=False)

    assert json.loads(b"".join(whole.encode())) == {"input": "hi", "stream": False}
    assert "stream" not in sent(whole)
    assert sent(Request(input="hi", stream=True))["stream"] is True


def test_flags_win_over_the_base_and_nothing_of_it_is_dropped():
    """A whole body keeps its unknown fields; the named fields replace theirs."""
    base = {"model": "a", "input": "x", "reasoning": {"summary": "auto"}, "odd": [1]}

    body = sent(Request(model="b", base=base, reasoning_effort="low"))

    assert body == {
        "model": "b",
        "input": "x",
        "reasoning": {"summary": "auto", "effort": "low"},
        "odd": [1],
    }
    assert base["reasoning"] == {"summary": "auto"}


def test_dotted_params_nest_and_win():
    """`--param a.b=1` reaches into an object."""
    body = sent(Request(input="hi", temperature=1, params={"a.b": 1, "a.c": 2, "temperature": 0.5}))

    assert body == {"input": "hi", "temperature": 0.5, "a": {"b": 1, "c": 2}}


def test_a_named_function_is_chosen_in_both_forms():
    """The endpoint's nested form and vLLM's flat one stand side by side."""
    assert sent(Request(input="hi", tool_choice="f"))["tool_choice"] == {
        "type": "function",
        "name": "f",
        "function": {"name": "f"},
    }
    assert sent(Request(input="hi", tool_choice="auto"))["tool_choice"] == "auto"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"temperature": 2.1}, "--temperature 2.1 is out of range: 0 to 2"),
        ({"temperature": float("nan")}, "--temperature nan is out of range: 0 to 2"),
        ({"top_p": -0.1}, "--top-p -0.1 is out of range: 0 to 1"),
        ({"max_output_tokens": 0}, "--max-output-tokens 0 is out of range: 1 and above"),
        ({"stop": tuple("abcde")}, "--stop was given 5 times; the limit is 4"),
        ({"metadata": {str(n): "" for n in range(17)}}, "--metadata has 17 pairs; the limit is 16"),
        ({"metadata": {"k" * 65: ""}}, "has 65 characters; the range is 1 to 64"),
        ({"metadata": {"k": "v" * 513}}, 'of "k" has 513 characters; the limit is 512'),
    ],
)
def test_a_value_out_of_range_names_flag_value_and_range(fields, words):
    """Limits are checked before anything is sent."""
    with pytest.raises(UsageError) as error:
        Request(input="hi", **fields)

    assert words in error.value.message


@pytest.mark.parametrize(
    ("choice", "tools", "words"),
    [
        ("f", [], "its tools: none"),
        ("f", [{"type": "function", "name": "g"}, {"type": "function"}], "its tools: g"),
        ("f", [{"type": "function", "function": {"name": "f"}}], None),
        ("f", [{"type": "function", "name": "f"}], None),
        ("required", [], None),
        (None, [], None),
    ],
)
def test_a_chosen_tool_is_one_of_the_request(choice, tools, words):
    """Wherever the tools come from."""
    for request in (
        Request(tool_choice=choice, tools=tuple(tools)),
        Request(tool_choice=choice, base={"tools": tools}),
        Request(tool_choice=choice, params={"tools": tools}),
    ):
        if words is None:
            request.check_tools()
        else:
            with pytest.raises(UsageError, match=words):
                request.check_tools()


def test_a_long_text_gives_the_same_bytes_as_a_short_one():
    """Text that is kept encoded is spelled exactly as json would."""
    text = 'a "quoted" \\ line\n\ttab \x00 \x1b é 你 \U0001f30d \u2028'
    pieces = [text[:5], text[5:9], text[9:]]

    short = b"".join(Request(model="m", input=text, instructions="i").encode())
    long = b"".join(Request(model="m", input=LongText(pieces), instructions="i").encode())

    assert long == short


def test_the_key_is_the_same_however_the_body_was_made():
    """The identity of a request is its body, not the order of its flags."""
    by_flags = Request(model="m", input="hi", temperature=0.5)
    by_body = Request(base={"temperature": 0.5, "input": "hi", "model": "m"})

    assert by_flags.key() == by_body.key()
    assert by_flags.key() != Request(model="m", input="ho", temperature=0.5).key()


def test_a_lone_surrogate_is_sent_as_an_escape():
    """Half a character cannot be UTF-8, but JSON can carry it."""
    assert sent(Request(input="\ud83d")) == {"input": "\ud83d"}


def test_an_earlier_answer_says_its_type():
    """llama.cpp answers 400 to an item of the assistant's without one; all others take it."""
    assert said_item("ho") == {"type": "message", "role": "assistant", "content": "ho"}


@pytest.mark.parametrize(
    ("params", "base"),
    [
        ({"a": 1, "a.b": 2}, {}),
        ({"a.b": 2, "a": 1}, {}),
        ({"a.b": 2, "a": {"c": 1}}, {}),
        ({"a.b": 1, "a.b.c": 2}, {}),
        ({"a.b.c": 1, "a": [1]}, {}),
        ({"a": "x", "a.b": 2}, {}),
        ({"a": [], "a.b": 2}, {}),
        ({"a": None, "a.b.c": 2}, {}),
        ({"a.b": 1}, {"a": 7}),
        ({"a.b.c": 1}, {"a": {"b": [1]}}),
        ({"": 1}, {}),
        ({"a.": 1}, {}),
        ({".a": 1}, {}),
        ({"a..b": 1}, {}),
    ],
)
def test_a_parameter_that_wipes_out_another_value_is_refused(params, base):
    """Of two values that cannot both be sent none is chosen in silence."""
    with pytest.raises(UsageError, match="--param"):
        Request(params=params, base=base)


@pytest.mark.parametrize(
    ("params", "base", "body"),
    [
        ({"a": {"x": 1}, "a.b": 2}, {}, {"a": {"x": 1, "b": 2}}),
        ({"a.b": 1, "a.c": 2}, {}, {"a": {"b": 1, "c": 2}}),
        ({"a": {"b": 1}, "a.b": 2}, {}, {"a": {"b": 2}}),
        ({"a.b": 1}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"a": 1}, {"a": {"c": 2}}, {"a": 1}),
        ({"ab": 1, "a.b": 2}, {}, {"ab": 1, "a": {"b": 2}}),
        ({"a.b": 1}, {"a": None}, {"a": {"b": 1}}),
    ],
)
def test_parameters_that_can_stand_together_do(params, base, body):
    """An object is filled; what is nearer replaces a value, and a flag what the body says."""
    assert Request(params=params, base=base).body() == body


@pytest.mark.parametrize("stop", [("",), ("a", "")])
def test_an_empty_stop_is_refused(stop):
    """It is found before the first word."""
    with pytest.raises(UsageError, match="--stop is empty"):
        Request(stop=stop)


@pytest.mark.parametrize("count", [10**400, -(10**400), float("nan"), float("inf")])
def test_a_number_of_any_size_is_compared(count):
    """A row or a setting may hold any; none of them is a bug of ours."""
    for name in ("temperature", "top_p"):
        with pytest.raises(UsageError, match="out of range"):
            Request(**{name: count})
    if isinstance(count, int) and count > 0:
        assert Request(max_output_tokens=count).body()["max_output_tokens"] == count
    else:
        with pytest.raises(UsageError, match="out of range"):
            Request(max_output_tokens=count)
