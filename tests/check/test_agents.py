"""Tests of agents without one: tools offered, calls and sources expected, nothing run."""

import json

import pytest

from gradient_cli.check.suite import load_suite
from gradient_cli.mock.script import Behaviour
from tests.check.test_suites import checked

WEATHER = {
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "number"}},
        "required": ["city"],
    },
}
TOOL = f"tools = ['{json.dumps(WEATHER)}']\n"
HEAD = '[defaults]\nmodel = "m"\n'
TEST = '[[test]]\nname = "a"\nprompt = "Oslo?"\n'


@pytest.fixture
def suite(tmp_path):
    """Give a function that writes a suite and gives its path."""
    path = tmp_path / "s.toml"

    def write(text: str) -> str:
        path.write_text(text)
        return str(path)

    return write


def calling(arguments: str = '{"city": "Oslo", "days": 2}', name: str = "get_weather") -> Behaviour:
    return Behaviour(text="", calls=({"name": name, "arguments": arguments},), times=0)


def citing(*urls: str) -> Behaviour:
    cited = tuple({"type": "url_citation", "url": url, "title": "T"} for url in urls)
    return Behaviour(text="y", annotations=cited, times=0)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("expected", "status", "words"),
    [
        ('calls = "get_weather"', 0, ""),
        ('calls = [{ name = "get_weather" }]', 0, ""),
        ('calls = [{ name = "get_weather", arguments = { city = "Oslo" } }]', 0, ""),
        ("calls = 'get_weather={\"days\": 2.0}'", 0, ""),
        ('calls = { name = "get_weather", arguments = { days = 2 } }', 0, ""),
        ('calls = [{ name = "get_weather", arguments = { city = "Rome" } }]', 1, 'is "Oslo"'),
        ('calls = [{ name = "get_weather", arguments = { days = true } }]', 1, "not true"),
        ('calls = ["get_weather", "book"]', 1, "does not call it: it calls get_weather"),
    ],
)
def test_a_call_is_expected_of_a_model(tmp_path, suite, expected, status, words):
    """By its name and at least these arguments."""
    path = suite(f"{HEAD}{TOOL}{TEST}{expected}\n")

    found, stdout, stderr, requests = checked(tmp_path, path, behaviour=calling())

    assert found == status, stdout + stderr
    assert words in stdout
    assert requests[0].body["tools"][0]["name"] == "get_weather"
    assert len(requests) == 1


def test_what_defaults_and_a_test_want_of_calls_and_sources_adds_up(tmp_path, suite):
    """A ban or want of [defaults] is not lost where the test has its own."""
    defaults = f'{HEAD}{TOOL}sources = ["a.example"]\ncalls = [{{ name = "f", arguments = {{ a = 1 }} }}]\n'
    test = f'{TEST}sources = "b.example"\ncalls = [{{ name = "f", arguments = {{ a = true }} }}]\n'
    [case] = load_suite(suite(defaults + test))

    assert case.wants.sources == ("a.example", "b.example")
    assert [call["arguments"]["a"] for call in case.wants.calls] == [1, True]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("urls", "status", "words"),
    [
        (["https://docs.example.com/a", "https://b.example/"], 0, ""),
        (["https://v1.docs.example.com/a", "https://b.example/"], 0, ""),
        (["https://docs.example.com/a"], 1, "does not cite it: it cites docs.example.com"),
        (["https://evil.example/?docs.example.com", "https://b.example/"], 1, "evil.example"),
        ([], 1, "it cites no page"),
    ],
)
def test_an_answer_must_cite_each_host(tmp_path, suite, urls, status, words):
    """A host or one below it."""
    path = suite(f'{HEAD}sources = ["docs.example.com"]\n{TEST}sources = ["b.example"]\n')

    found, stdout, _, _ = checked(tmp_path, path, behaviour=citing(*urls))

    assert found == status, stdout
    assert words in stdout


def test_variables_are_filled_in_tools_calls_and_sources(tmp_path, suite):
    """From rows, too; a value is a text, whatever it looks like."""
    path = suite(
        f"{HEAD}{TOOL}"
        '[[test]]\nname = "a"\nprompt = "{{ city }} {{ host }}"\n'
        'tools = ["knowledge_base_retrieval:knowledge_base_id={{ city }}"]\n'
        'calls = [{ name = "get_{{ what }}", arguments = { city = "{{ city }}" } }]\n'
        'sources = ["{{ host }}"]\nvars = { what = "weather" }\n'
        'case = [{ city = "Oslo", host = "a.example" }, { city = "R\\"1", host = "b.example" }]\n'
    )
    behaviours = tuple(
        Behaviour(
            text="y",
            match=city,
            calls=({"name": "get_weather", "arguments": json.dumps({"city": said})},),
            annotations=({"type": "url_citation", "url": f"https://{host}/"},),
        )
        for city, said, host in (("Oslo", "Oslo", "a.example"), ("R", 'R"1', "b.example"))
    )

    found, stdout, _, requests = checked(tmp_path, path, "-j", "1", behaviours=behaviours)

    assert found == 0, stdout
    assert [r.body["tools"][1]["knowledge_base_id"] for r in requests] == ["Oslo", 'R"1']


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("lines", "place", "words"),
    [
        ("calls = []", 6, "calls is empty"),
        ("sources = []", 6, "sources is empty"),
        ('calls = ""', 6, "calls is empty"),
        ("calls = 3", 6, "must be a name, a table, or a list of them"),
        ("calls = [3]", 6, "must be a name, a table, or a list of them"),
        ("calls = [{ arguments = {} }]", 6, "no `name`"),
        ('calls = [{ name = "f", args = {} }]', 6, "knows no `args`"),
        ('calls = [{ name = "f", arguments = "x" }]', 6, "no object"),
        ('calls = [{ name = "f", arguments = { at = 2026-01-01 } }]', 6, "cannot say"),
        ("calls = 'f={'", 6, "not JSON"),
        ('calls = "{{ nothing }}"', 6, "nothing"),
        ('calls = [{ name = "f", arguments = { a = "{{ nothing }}" } }]', 6, "nothing"),
        ('sources = ["{{ nothing }}"]', 6, "nothing"),
        ('sources = ["https://a.example/x"]', 6, "is an address"),
        ('sources = [""]', 6, "sources is empty"),
        ('sources = ["*.example"]', 6, "is no host"),
        ('source = ["a.example"]', 6, "unknown key `source`; did you mean `sources`?"),
        ('expect = "y"\ntools = []', 7, "`tools` is empty"),
        ('expect = "y"\ntools = ["missing.json"]', 7, "no file"),
        ('expect = "y"\ntools = ["../../etc/passwd"]', 7, "no file"),
        ('expect = "y"\ntools = [{ type = "function" }]', 7, "a function without a name"),
        ('expect = "y"\ntools = "mcp:server_url=https://evil.example/"', 7, "names no server"),
        ('expect = "y"\ntools = ["mcp:authorization=@s.toml"]', 7, "no secret"),
        ('expect = "y"\ntools = [{ type = "mcp", headers = { A = "b" } }]', 7, "no secret"),
        ('expect = "y"\ntools = [{ type = "mcp", connector_id = "x" }]', 7, "names no server"),
        ('expect = "y"\nparams = { tools = [{ type = "mcp", server_url = "x" }] }', 7, "no server"),
        ('expect = "y"\ntools = ["web_search"]\nparams = { tools = [] }', 8, "would replace"),
        ('expect = "y"\ntool_choice = "nothing"', 7, "is no tool of this request"),
    ],
)
def test_what_says_nothing_is_refused_with_its_line(tmp_path, suite, lines, place, words):
    """Before anything is asked."""
    path = suite(f"{HEAD}{TEST}{lines}\n")

    status, _, stderr, requests = checked(tmp_path, path)

    assert (status, len(requests)) == (2, 0)
    assert words in stderr
    assert f"s.toml:{place}:" in stderr


def test_the_command_line_may_name_servers_for_a_suite(tmp_path, suite, monkeypatch):
    """Its tools stand beside those of each test; what is secret is in no report."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").write_text("tok-SECRET-4711")
    tool = "mcp:server_label=d,server_url=https://h/,authorization=@token"
    path = suite(f'{HEAD}{TOOL}{TEST}expect = "y"\n')
    flags = (
        "--tool",
        tool,
        "--json",
        "--junit",
        "r.xml",
        "--html",
        "r.html",
        "--record",
        "tapes",
        "-v",
    )

    status, stdout, stderr, requests = checked(tmp_path, path, *flags)

    assert status == 0
    assert [one["type"] for one in requests[0].body["tools"]] == ["function", "mcp"]
    assert requests[0].body["tools"][1]["authorization"] == "tok-SECRET-4711"
    files = [p.read_text() for p in tmp_path.rglob("*") if p.is_file() and p.name != "token"]
    assert "tok-SECRET" not in stdout + stderr + "".join(files)
    assert f"--tool {tool}" in json.loads(stdout)["tests"][0]["rerun"]


def test_a_report_has_calls_and_citations(tmp_path, suite):
    """Of each attempt, as the wire has them."""
    behaviour = Behaviour(
        text="y",
        calls=({"name": "get_weather", "arguments": '{"city": "Oslo"}'},),
        annotations=({"type": "url_citation", "url": "https://a.example/"},),
        server_calls=({"type": "web_search_call", "action": {"query": "q"}},),
        times=0,
    )
    path = suite(f'{HEAD}{TOOL}{TEST}calls = ["get_weather", "web_search"]\n')

    status, stdout, _, _ = checked(tmp_path, path, "--json", behaviour=behaviour)
    [attempt] = json.loads(stdout)["tests"][0]["attempts"]

    assert status == 0
    assert attempt["tool_calls"][0]["name"] == "get_weather"
    assert attempt["citations"][0]["url"] == "https://a.example/"
    assert attempt["server_calls"][0]["type"] == "web_search_call"
    assert [check["ok"] for check in attempt["checks"]] == [True, True]
