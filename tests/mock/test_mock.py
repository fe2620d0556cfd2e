"""The mock speaks both dialects, and fails in every way that a script asks for."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gradient_cli.client import Client, Outcome
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.mock.demo import demo_script
from gradient_cli.mock.script import Behaviour, Script, load_script
from gradient_cli.mock.server import MockServer
from gradient_cli.transport.faults import Setting
from gradient_cli.transport.http import HttpTransport, Network
from gradient_cli.transport.retry import Limiter, Schedule
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


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("incomplete", 8),
        ("failed", 5),
        ("error", 5),
        ("cut", 8),
        ("close", 8),
        ("malformed", 5),
        ("done", 8),
        ("stall", 7),
    ],
)
@pytest.mark.parametrize("dialect", ["typed", "chunk"])
def test_each_bad_end_has_its_status_and_keeps_the_text(end, status, dialect):
    """What a user's script must be able to tell apart."""
    outcome = ask(Behaviour(text="a b c d", end=end, after=2, dialect=dialect), timeout_s=0.1)

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


def test_a_prompt_gets_what_was_written_for_it():
    """`match` comes before what is for any prompt."""
    behaviours = (Behaviour(text="any", times=0), Behaviour(text="four", match=r"2\+2", times=0))
    with served(Script(behaviours=behaviours)) as (client, _):
        assert client.ask(Request(input="what is 2+2?")).response.text == "four"
        assert client.ask(Request(input="hi")).response.text == "any"


def test_a_limit_refuses_with_headers():
    """As the provider does: x-ratelimit headers and no Retry-After."""
    with served(Script(limit_per_minute=2)) as (client, server):
        for _ in range(2):
            client.ask(Request(input="hi"))
        with MockServer(Script()):
            client.ask(Request(input="hi"))

    assert 429 in [record.status for record in server.requests]


def test_models_are_listed():
    """GET /v1/models."""
    with served(Script(models=("a", "b"))) as (client, _):
        assert [model["id"] for model in client.models()] == ["a", "b"]


def test_the_demo_is_plainly_no_model():
    """Whatever it is asked, it says so."""
    with served(demo_script(delay=0)) as (client, _):
        assert "no model was asked" in client.ask(Request(input="hi")).response.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dialect = 'x'", "s.toml:1: `dialect` is one of typed, chunk"),
        ("\n[[reply]]\ntxt = 'a'", "s.toml:3: unknown key `txt`; did you mean `text`?"),
        ("[[reply]]\nstatus = '429'", "s.toml:2: `status` must be int"),
        ("[[reply]]\nend = 'x'", 's.toml:2: `end` "x" is not one of'),
        ("[[reply]]\nmatch = '('", "s.toml:2: `match` is no regular expression"),
        ("a =", "s.toml: "),
    ],
)
def test_a_wrong_script_names_file_and_line(tmp_path, text, words):
    """And the nearest key that exists."""
    path = tmp_path / "s.toml"
    path.write_text(text)

    with pytest.raises(UsageError) as error:
        load_script(path)

    assert words in error.value.message


def test_a_script_is_read(tmp_path):
    """What the docstring of the module shows."""
    path = tmp_path / "s.toml"
    path.write_text(
        'dialect = "chunk"\n[[reply]]\nstatus = 429\nheaders = { Retry-After = "1" }\ntimes = 2\n'
        '[[reply]]\ntext = "Hello"\ntoken_delay = 0.05\n'
    )

    script = load_script(path)

    assert script.dialect == "chunk"
    assert script.behaviours == (
        Behaviour(status=429, headers={"Retry-After": "1"}, times=2),
        Behaviour(text="Hello", token_delay=0.05),
    )
