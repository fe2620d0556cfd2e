"""A script in TOML says what a Behaviour can say; anything else is refused with file and line."""

import pytest

from gradient_cli.errors import UsageError
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.script_file import load_script


@pytest.fixture
def read(tmp_path):
    """Give a function that reads a text as a script."""

    def read_text(text: str) -> Script:
        path = tmp_path / "s.toml"
        path.write_bytes(text.encode())
        return load_script(path)

    return read_text


def test_everything_can_be_said(read):
    """Each key of the module's docstring and of a Behaviour."""
    script = read(
        """
        dialect = "chunk"
        loop = true
        models = ["a", "b"]
        key = "sk-made-up"
        limit_per_minute = 120
        [[reply]]
        status = 429
        headers = { Retry-After = "1", X-Count = 2 }
        body = "no"
        times = 2
        [[reply]]
        text = "Hello"
        reasoning = "hm"
        obey_schema = true
        dialect = "typed"
        delay = 1
        first_token = 0.5
        token_delay = 0.05
        end = "cut"
        after = 3
        match = "(?i)hello"
        model = "a"
        [[reply]]
        calls = [{ name = "f", arguments = { city = "Oslo" } }, { name = "g", arguments = "{" }]
        """
    )

    refusal, answer, calls = script.behaviours
    assert (script.dialect, script.is_looped, script.models) == ("chunk", True, ("a", "b"))
    assert (script.key, script.limit_per_minute) == ("sk-made-up", 120)
    assert refusal == Behaviour(
        status=429, headers={"Retry-After": "1", "X-Count": "2"}, body="no", times=2
    )
    assert answer == Behaviour(
        text="Hello",
        reasoning="hm",
        obey_schema=True,
        dialect="typed",
        delay=1,
        first_token=0.5,
        token_delay=0.05,
        end="cut",
        after=3,
        match="(?i)hello",
        model="a",
    )
    assert calls.calls == (
        {"name": "f", "arguments": '{"city":"Oslo"}'},
        {"name": "g", "arguments": "{"},
    )


def test_a_file_without_replies_says_hello(read):
    """What the mock says of itself."""
    assert read("key = 'x'").behaviours == (Behaviour(),)


@pytest.mark.parametrize("key", ["limit_per_minute"])
def test_one_is_enough(read, key):
    """Of what has to be 1 and above."""
    assert read(f"{key} = 1") is not None


WRONG = [
    ("dialect = 'x'", '1: `dialect` "x" is not one of typed, chunk'),
    ("key = 'a'\n[[reply]]\ntxt = 'a'", "3: `txt` is no known key; did you mean `text`?"),
    ("[[reply]]\nstatus = '429'", "2: `status` must be a whole number"),
    ("[[reply]]\nstatus = true", "2: `status` must be a whole number"),
    ("[[reply]]\nstatus = 42", "2: `status` 42 is out of range: 200 to 599"),
    ("[[reply]]\nend = 'cutt'", '2: `end` "cutt" is not one of'),
    ("[[reply]]\nend = 'cutt'", "did you mean cut?"),
    ("[[reply]]\nmatch = '('", "2: `match` is no regular expression"),
    ("[[reply]]\ntext = 'a'\n[[reply]]\nafter = 1\ntext = 2", "5: `text` must be a text"),
    ("[[reply]]\nafter = 1", "2: `after` needs an `end`"),
    ("[[reply]]\ndelay = -1", "2: `delay` -1 is out of range"),
    ("[[reply]]\ndelay = nan", "2: `delay` nan is out of range"),
    ("[[reply]]\ncalls = ['f']", "2: `calls` must hold calls"),
    ("[[reply]]\ncalls = [{ arguments = {} }]", "2: `calls` must hold calls"),
    ("[[reply]]\n[reply.headers]\nRetry-After = [1]", "2: `headers` must be a table"),
    ("[[reply]]\ncalls = 'f'", "2: `calls` must be a list of calls"),
    ("[[reply]]\ncalls = [{ name = '' }]", "2: `calls` must hold calls"),
    ("[[reply]]\ncalls = [{ name = 'f', args = {} }]", "2: `calls` must hold calls"),
    ("[[reply]]\ncalls = [{ name = 'f', arguments = 7 }]", "2: `calls` must hold `arguments`"),
    ("[[reply]]\nitems = 'a'", "2: `items` must be a list of tables"),
    ("[[reply]]\nitems = ['a']", "2: `items` must be a list of tables"),
    ("[[reply]]\nitems = [{ at = 2026-01-01 }]", "2: `items` holds what JSON cannot say"),
    ("[[reply]]\nmessages = ['a', 1]", "2: `messages` must be a list of texts"),
    ("[[reply]]\nheaders = 'a'", "2: `headers` must be a table of texts"),
    ("[[reply]]\nheaders = { A = true }", "2: `headers` must be a table of texts"),
    ("[[reply]]\nobey_schema = 1", "2: `obey_schema` must be true or false"),
    ("[[reply]]\ndelay = '1'", "2: `delay` must be a number"),
    ("[[decision]]\nodds = 0.5", "2: `odds` must be a table of probabilities"),
    ("[[decision]]\nodds = { yes = 'x' }", "2: `odds` must be a number"),
    ("[[reply]]\ntext = 'a'\n[[decision]]\ntext = 'a'", "4: `text` is no known key"),
    ("[[decision]]\n[[reply]]\ntxt = 1\n[[reply]]\ntxt = 1", "3: `txt` is no known key"),
    ("reply = 'a'", "1: `reply` is a list of tables"),
    ("reply = ['a']", "1: `reply` is a list of tables"),
    ("[[reply]]\n\n\n'text' = 1", "4: `text` must be a text"),
    ("[[reply]]\nmodel = 7\n# model = 'x'", "2: `model` must be a text"),
    ("loop = 1", "1: `loop` must be true or false"),
    ("limit_per_minute = true", "1: `limit_per_minute` must be a whole number"),
    ("models = 'a'", "1: `models` must be a list of texts"),
    ("limit_per_minute = 0", "1: `limit_per_minute` 0 is out of range"),
    ("[reply]\ntext = 'a'", "1: `reply` is a list of tables: [[reply]]"),
    ("reply = [{ text = 'a' }, { txt = 'b' }]", "1: `txt` is no known key"),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_a_wrong_script_names_file_and_line(read, text, words):
    """Of the reply that is meant, not of another that has the same key."""
    with pytest.raises(UsageError) as error:
        read(text)

    assert words in error.value.message
    assert ("s.toml:" + words[0] if words[0].isdigit() else "s.toml:") in error.value.message


def test_an_unknown_key_is_answered_with_the_known_ones(read):
    """In the hint."""
    with pytest.raises(UsageError) as error:
        read("[[reply]]\ntxt = 'a'")

    assert "text, messages, commentary" in error.value.hint


@pytest.mark.parametrize(
    ("data", "words"),
    [(None, "cannot read"), (b"\xff", "is not UTF-8: byte 0"), (b"a =", "s.toml: invalid value")],
)
def test_what_is_no_toml_is_named(tmp_path, data, words):
    """A missing file, one that is no text, one that is no TOML."""
    path = tmp_path / "s.toml"
    if data is not None:
        path.write_bytes(data)

    with pytest.raises(UsageError) as error:
        load_script(path)

    assert words in error.value.message
