"""The mock speaks both dialects, and fails in every way that a script asks for."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from threading import Thread

import pytest

from gradient_cli.ask.client import Client, Outcome
from gradient_cli.exits import ExitStatus
from gradient_cli.mock.demo import demo_script
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.transport.faults import Setting
from gradient_cli.transport.http import HttpTransport, Network
from gradient_cli.transport.limiter import Limiter
from gradient_cli.transport.retry import Schedule
from gradient_cli.wire.request import Request
from tests.fakes import FakePatience


@contextmanager
def served(
    script: Script, key: str = "", timeout_s: float = 5
) -> Iterator[tuple[Client, MockServer]]:
    with MockServer(script) as server:
        network = Network(base_url=server.url, secret=key, timeout_s=timeout_s)
        patience = FakePatience()
        client = Client(
            HttpTransport(network, {}),
            setting=Setting(server.url, key_source="$KEY" if key else None, secret=key),
            schedule=Schedule(),
            limiter=Limiter(clock=patience.clock),
            patience=patience,
        )
        yield client, server
        client.close()


def ask(
    behaviour: Behaviour, *, stream: bool = True, timeout_s: float = 5, **fields: object
) -> Outcome:
    with served(Script(behaviours=(behaviour,)), timeout_s=timeout_s) as (client, _):
        return client.ask(Request(model="m", input="hi", stream=stream, **fields))


FORMS = [(dialect, stream) for dialect in ("typed", "chunk") for stream in (True, False)]


@pytest.mark.parametrize(("dialect", "stream"), FORMS)
def test_text_reasoning_and_calls_arrive_in_each_form(dialect, stream):
    """Both dialects, streamed and whole, say the same."""
    behaviour = Behaviour(
        text="Hello  big\nworld \u2028!\n",
        reasoning="hm",
        calls=({"name": "f", "arguments": "{}"},),
        dialect=dialect,
    )

    outcome = ask(behaviour, stream=stream)

    assert outcome.error is None
    assert (outcome.response.text, outcome.response.reasoning) == (
        "Hello  big\nworld \u2028!\n",
        "hm",
    )
    assert [(call.name, call.arguments) for call in outcome.response.tool_calls] == [("f", "{}")]
    assert outcome.request_id == "req_resp_mock_1"


@pytest.mark.parametrize(("dialect", "stream"), FORMS)
def test_the_token_limit_cuts(dialect, stream):
    """max_output_tokens is obeyed, and the answer is called incomplete."""
    outcome = ask(Behaviour(text="a b c d", dialect=dialect), stream=stream, max_output_tokens=2)

    assert (outcome.response.text, outcome.status) == ("a b", ExitStatus.INCOMPLETE)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("incomplete", 8),
        ("incomplete-vllm", 8),
        ("failed", 5),
        ("error", 5),
        ("cut", 8),
        ("reset", 8),
        ("close", 8),
        ("malformed", 5),
        ("done", 8),
        ("stall", 7),
    ],
)
@pytest.mark.parametrize("dialect", ["typed", "chunk"])
def test_each_bad_end_has_its_status_and_keeps_the_text(end, status, dialect):
    """What a user's script must be able to tell apart."""
    timeout_s = 0.2 if end == "stall" else 5

    outcome = ask(Behaviour(text="a b c d", end=end, after=2, dialect=dialect), timeout_s=timeout_s)

    assert (outcome.status, outcome.response.text) == (status, "a b")


def test_a_refusal_comes_first_and_its_headers_are_obeyed():
    """429 with Retry-After, then the answer."""
    refusal = Behaviour(status=429, headers={"Retry-After": "2"})
    with served(Script(behaviours=(refusal, Behaviour(text="ok")))) as (client, server):
        outcome = client.ask(Request(input="hi"))

    assert (outcome.response.text, outcome.attempts) == ("ok", 2)
    assert [record.status for record in server.requests] == [429, 200]


def test_the_key_is_asked_for_and_not_kept():
    """A wrong key is 401; what is recorded hides it."""
    with served(Script(key="sk-right"), key="sk-wrong") as (client, server):
        assert client.ask(Request(input="hi")).status == ExitStatus.CREDENTIALS

    assert "sk-wrong" not in str(server.requests)


def test_behaviours_take_turns_and_the_last_stays():
    """Unless the script is looped."""
    behaviours = (Behaviour(text="a"), Behaviour(text="b", times=2), Behaviour(text="c"))
    for is_looped, expected in ((False, "abbcc"), (True, "abbca")):
        with served(Script(behaviours=behaviours, is_looped=is_looped)) as (client, _):
            texts = [client.ask(Request(input="x")).response.text for _ in range(5)]
        assert "".join(texts) == expected


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("incomplete", 8),
        ("incomplete-vllm", 8),
        ("failed", 5),
        ("error", 5),
        ("cut", 8),
        ("reset", 8),
        ("close", 5),
        ("malformed", 5),
        ("done", 8),
        ("stall", 7),
    ],
)
@pytest.mark.parametrize("dialect", ["typed", "chunk"])
def test_a_whole_answer_ends_as_badly(end, status, dialect):
    """The same faults without streaming; what is no whole JSON is no answer."""
    behaviour = Behaviour(text="a b", end=end, dialect=dialect, times=0)

    outcome = ask(behaviour, stream=False, timeout_s=0.05 if end == "stall" else 5)

    assert outcome.status == status


@pytest.mark.real
def test_a_limit_that_is_all_spent_on_reasoning_leaves_no_answer():
    """As with real models: reasoning counts, and comes first."""
    outcome = ask(Behaviour(reasoning="a b c", text="d"), max_output_tokens=3)

    assert (outcome.response.reasoning, outcome.response.text) == ("a b c", "")
    assert outcome.status == ExitStatus.INCOMPLETE
    assert outcome.response.usage.reasoning_tokens == outcome.response.usage.output_tokens == 3


def test_the_limit_may_be_just_enough():
    """Also with space at the end, which is no token of its own."""
    outcome = ask(Behaviour(text="a b\n"), max_output_tokens=2)

    assert (outcome.response.text, outcome.error) == ("a b\n", None)


def test_a_call_may_be_cut_in_its_arguments():
    """What is left is no JSON, as with real models."""
    call = {"name": "f", "arguments": '{"city": "Oslo"}'}

    outcome = ask(Behaviour(text="", calls=(call,)), max_output_tokens=1, stream=False)

    assert outcome.response.tool_calls[0].arguments == '{"city":'
    assert outcome.status == ExitStatus.INCOMPLETE


def test_calls_of_one_function_are_told_apart():
    """By their ids, which are never used again."""
    call = {"name": "f", "arguments": "{}"}
    with served(Script(behaviours=(Behaviour(text="", calls=(call, call)),))) as (client, _):
        calls = [c for _ in range(2) for c in client.ask(Request(input="x")).response.tool_calls]

    assert len({call.call_id for call in calls}) == 4


def test_a_reply_may_repeat_what_was_asked():
    """Three words in double braces are filled in; others are only text."""
    text = "{{ model }}: {{ prompt }} ({{ characters }}), {{ name }}"

    assert ask(Behaviour(text=text)).response.text == "m: hi (2), {{ name }}"


def test_a_body_stands_for_the_whole_reply():
    """An HTML page with 200 is no answer."""
    page = ask(Behaviour(body="<html>Welcome</html>"))

    assert page.status == ExitStatus.SERVICE
    assert "HTML page" in page.error.message


def test_a_model_gets_what_was_written_for_it():
    """`model` is as good as `match`, and stays."""
    behaviours = (Behaviour(text="any"), Behaviour(text="big", model="large"))
    with served(Script(behaviours=behaviours)) as (client, _):
        texts = [
            client.ask(Request(input="hi", model=model)).response.text
            for model in ("large", "small", "large")
        ]

    assert texts == ["big", "any", "big"]


@pytest.mark.real
def test_many_at_once_are_each_counted():
    """A thread a connection; the turns of the script are shared."""
    script = Script(behaviours=(Behaviour(text="first", times=20), Behaviour(text="then")))
    with served(script) as (_, server):

        def work():
            connection = HTTPConnection(server.url.removeprefix("http://"))
            for _ in range(10):
                connection.request("POST", "/v1/responses", b'{"input": "hi"}')
                said.append(b"first" in connection.getresponse().read())
            connection.close()

        said: list[bool] = []
        workers = [Thread(target=work) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        assert sum(said) == 20
        assert server.counts == {200: 80}


def test_a_long_run_need_not_keep_what_came():
    """`keep` bounds what is remembered, not what is counted."""
    with MockServer(keep=1) as server:
        for path in ("/a", "/b"):
            connection = HTTPConnection(server.url.removeprefix("http://"))
            connection.request("GET", path)
            connection.getresponse().read()
            connection.close()

        assert [record.path for record in server.requests] == ["/b"]
        assert server.counts == {404: 2}


def test_a_prompt_gets_what_was_written_for_it():
    """`match` comes before what is for any prompt."""
    behaviours = (Behaviour(text="any", times=0), Behaviour(text="four", match=r"2\+2"))
    with served(Script(behaviours=behaviours)) as (client, _):
        for _ in range(2):
            assert client.ask(Request(input="what is 2+2?")).response.text == "four"
        assert client.ask(Request(input="hi")).response.text == "any"


def test_a_limit_refuses_with_headers():
    """As the provider does: x-ratelimit headers and no Retry-After."""
    with MockServer(Script(limit_per_minute=1)) as server:
        connection = HTTPConnection(server.url.removeprefix("http://"))
        replies = []
        for _ in range(2):
            connection.request("POST", "/v1/responses", b'{"input": "hi"}')
            reply = connection.getresponse()
            reply.read()
            replies.append((reply.status, reply.headers["x-ratelimit-remaining-requests"]))
        connection.close()

    assert replies == [(200, "0"), (429, "0")]
    assert float(reply.headers["x-ratelimit-reset-requests"]) > 0
    assert "Retry-After" not in reply.headers


def test_models_are_listed():
    """GET /v1/models."""
    with served(Script(models=("a", "b"))) as (client, _):
        assert [model["id"] for model in client.models()] == ["a", "b"]


def test_the_demo_is_plainly_no_model():
    """Whatever it is asked, it says so; and that the prompt did arrive."""
    with served(demo_script(delay=0)) as (client, _):
        greeting = client.ask(Request(input="hi you")).response.text
        story = client.ask(Request(input="Tell me a bedtime story about a unicorn.")).response.text

    assert "no model was asked" in greeting
    assert "all 6 characters" in greeting
    assert "unicorn" in story
    assert "no model was asked" in story


def test_the_demo_gives_json_where_json_is_wanted():
    """So that `--schema` can be tried without a key."""
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    wanted = {"type": "json_schema", "name": "x", "schema": schema}
    with served(demo_script(delay=0)) as (client, _):
        outcome = client.ask(Request(input="hi", text_format=wanted))

    assert outcome.response.text == '{"name":"mock"}'
