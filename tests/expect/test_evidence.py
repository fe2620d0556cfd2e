"""What an answer rests on: hosts that it cites, functions that it calls; near misses are misses."""

import pytest

from gradient_cli.errors import UsageError
from gradient_cli.expect.evidence import Evidence, WantedCall, call_given, call_said, evidence
from gradient_cli.expect.hosts import host_named, is_of, words_of
from gradient_cli.wire.calls import Step, ToolCall
from gradient_cli.wire.response import Response

OF = [
    ("docs.example.com", "https://docs.example.com"),
    ("docs.example.com", "http://docs.example.com/a?b#c"),
    ("docs.example.com", "HTTPS://DOCS.Example.COM/"),
    ("docs.example.com", "https://docs.example.com./"),
    ("docs.example.com", "https://docs.example.com:8443/"),
    ("docs.example.com", "https://me:pw@docs.example.com/"),
    ("docs.example.com", "https://v2.docs.example.com/"),
    ("docs.example.com", "https://a.b.docs.example.com/"),
    ("docs.example.com", " https://docs.example.com/\n"),
    ("Docs.Example.com.", "https://docs.example.com/"),
    ("example.com", "https://docs.example.com/"),
    ("example.com:8443", "https://docs.example.com:8443/"),
    ("example.com:443", "https://docs.example.com/"),
    ("localhost", "http://localhost:8000/"),
    ("127.0.0.1", "http://127.0.0.1/"),
    ("[::1]", "http://[::1]/"),
    ("[::1]:80", "http://[::1]/"),
    ("bücher.example", "https://xn--bcher-kva.example/"),
    ("xn--bcher-kva.example", "https://www.BÜCHER.example/"),
    ("my_host.example", "https://my_host.example/"),
    ("stra\u00dfe.example", "https://www.xn--strae-oqa.example/"),
    ("xn--strae-oqa.example", "https://STRA\u00dfE.example/"),
    ("docs.example.com", "https://docs\u3002example\uff0ecom/"),
]
NOT_OF = [
    ("docs.example.com", "https://example.com/"),
    ("docs.example.com", "https://notdocs.example.com/"),
    ("docs.example.com", "https://docs.example.com.evil.example/"),
    ("docs.example.com", "https://evil.example/docs.example.com/"),
    ("docs.example.com", "https://evil.example/?q=docs.example.com"),
    ("docs.example.com", "https://evil.example/?q=https://docs.example.com/"),
    ("docs.example.com", "https://evil.example/#docs.example.com"),
    ("docs.example.com", "https://docs.example.com@evil.example/"),
    ("docs.example.com", "https://docs.example.com:pw@evil.example/"),
    ("docs.example.com", "https://evil.example\\@docs.example.com/"),
    ("docs.example.com", "https://evil.example\\.docs.example.com/"),
    ("docs.example.com", "https://evil.example%2f.docs.example.com/"),
    ("docs.example.com", "https://evil.example%23.docs.example.com/"),
    ("docs.example.com", "https://evil.example?.docs.example.com"),
    ("docs.example.com", "https://docs-example.com/"),
    ("docs.example.com", "https://docs.example.co/"),
    ("docs.example.com", "ftp://docs.example.com/"),
    ("docs.example.com", "javascript://docs.example.com/%0aalert(1)"),
    ("docs.example.com", "docs.example.com/"),
    ("docs.example.com", "//docs.example.com/"),
    ("docs.example.com", "https:docs.example.com"),
    ("docs.example.com", "https://"),
    ("docs.example.com", "https://[docs.example.com"),
    ("docs.example.com", "https://docs.example.com:99999/"),
    ("docs.example.com", ""),
    ("example.com", "https://badexample.com/"),
    ("example.com:8443", "https://example.com/"),
    ("com", "https://example.com/"),
    ("localhost", "http://a.localhost.evil.example/"),
    ("0.0.1", "http://127.0.0.1/"),
    ("127.0.0.1", "http://9.127.0.0.1/"),
    ("stra\u00dfe.example", "https://strasse.example/"),
    ("strasse.example", "https://stra\u00dfe.example/"),
    ("docs.example.com", "https://docs.example.com\t.evil.example/"),
    ("docs.example.com", "https://docs.example.com\uff0fevil.example"),
    ("docs.example.com", "https://d\u043ecs.example.com/"),
]  # fmt: skip


@pytest.mark.parametrize(("host", "address"), OF)
def test_a_host_and_what_is_below_it(host, address):
    """Whatever else the address says."""
    assert is_of(address, host_named(host, "sources"))


@pytest.mark.parametrize(("host", "address"), NOT_OF)
def test_another_host_is_another(host, address):
    """A part of its name, of the path or of the query is no host."""
    assert not is_of(address, host_named(host, "sources"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("https://docs.example.com/a", "is an address"),
        ("docs.example.com/a", "is an address"),
        ("*.example.com", "is no host"),
        ("a b", "is no host"),
        ("a,b", "is no host"),
        ("me@example.com", "is no host"),
        ("example.com:", "is no host"),
        ("example.com:http", "is no host"),
        ("example.com:99999", "is no host"),
        (".", "is no host"),
        ("::1", "is no host"),
        ("[example.com]", "is no host"),
    ],
)
def test_what_is_no_host_is_refused(given, words):
    """Nothing would ever be of it, or everything."""
    with pytest.raises(UsageError, match=words):
        host_named(given, "--expect-source")


@pytest.mark.parametrize("name", ["a..example.com", f"{'x' * 70}.example.com"])
def test_a_name_that_no_register_knows_is_a_name_all_the_same(name):
    """A model may cite anything; the run goes on."""
    assert is_of(f"https://{name}/", host_named("example.com", "--expect-source"))
    assert not is_of(f"https://{name}/", host_named("example.org", "--expect-source"))


def test_a_host_is_shown_as_it_is_written():
    """With its port."""
    names = ["docs.example.com", "example.com:8443", "[::1]:80"]
    assert [words_of(host_named(name, "x")) for name in names] == names


# Calls --------------------------------------------------------------------------------------


def no_file(text: str, where: str) -> str:
    raise UsageError(f"{where}: {text}")


def judged(wanted: str, *calls: tuple[str, str], **response: object) -> tuple[bool, str]:
    made = tuple(ToolCall(name, arguments, f"c{n}") for n, (name, arguments) in enumerate(calls))
    asked = evidence([], [call_said(wanted, "--expect-call", no_file)], str)
    [(_, why, _)] = asked.judge(Response(tool_calls=made, **response))
    return not why, why


MET = [
    ("f", "{}"),
    ("f", ""),
    ("f={}", '{"a": 1}'),
    ('f={"a": 1}', '{"a": 1, "b": 2}'),
    ('f={"a": 1}', '{"a": 1.0}'),
    ('f={"a": 1e2}', '{"a": 100}'),
    ('f={"a": 0.1}', '{"a": 0.10}'),
    ('f={"a": 12345678901234567890}', '{"a": 12345678901234567890}'),
    ('f={"a": {"b": [1, {"c": "x"}]}}', '{"a": {"b": [1.0, {"c": "x", "d": null}], "e": 1}}'),
    ('f={"a": null, "b": true}', '{"b": true, "a": null}'),
    ('f={"a": []}', '{"a": []}'),
    ('f={"ä": "ü\\u2028"}', '{"\\u00e4": "\\u00fc\u2028"}'),
]
MISSED = [
    ("g", "{}", "does not call it: it calls f"),
    ("F", "{}", "does not call it"),
    ('f={"a": 1}', "{}", "its arguments have no a"),
    ('f={"a": 1}', "", "its arguments have no a"),
    ('f={"a": {"b": 1}}', '{"a": {}}', "have no a.b"),
    ('f={"a": {"b": 1}}', '{"a": 1}', "its a is 1, not"),
    ('f={"a": 1}', '{"a": 2}', "its a is 2, not 1"),
    ('f={"a": 1}', '{"a": true}', "its a is true, not 1"),
    ('f={"a": true}', '{"a": 1}', "its a is 1, not true"),
    ('f={"a": 1}', '{"a": "1"}', 'its a is "1", not 1'),
    ('f={"a": "1"}', '{"a": 1}', 'its a is 1, not "1"'),
    ('f={"a": null}', "{}", "have no a"),
    ('f={"a": null}', '{"a": 0}', "its a is 0, not null"),
    ('f={"a": 12345678901234567890}', '{"a": 12345678901234567891}', "not 12345678901234567890"),
    ('f={"a": 9007199254740993}', '{"a": 9007199254740992.0}', "not 9007199254740993"),
    ('f={"a": [1]}', '{"a": [1, 2]}', "its a has 2 values, not 1"),
    ('f={"a": [1, 2]}', '{"a": [2, 1]}', "its a[0] is 2, not 1"),
    ('f={"a": []}', '{"a": {}}', "its a is {}, not []"),
    ('f={"a": "Oslo"}', '{"a": "oslo"}', 'is "oslo", not "Oslo"'),
    ('f={"a": 1}', '{"a": 1, "a": 2}', "not JSON"),
    ('f={"a": 1}', '{"a": 1', "not JSON"),
    ('f={"a": 1}', "[1]", "is [1], not"),
    ('f={"a": 1}', '{"a": NaN}', "not JSON"),
    ('f={"a": 1}', "[" * 100_000, "nested"),
]


@pytest.mark.parametrize(("wanted", "arguments"), MET)
def test_a_call_with_at_least_these_arguments(wanted, arguments):
    """More is fine, nested too; numbers are compared by value."""
    assert judged(wanted, ("f", arguments)) == (True, "")


@pytest.mark.parametrize(("wanted", "arguments", "words"), MISSED)
def test_a_call_that_lacks_something_is_none(wanted, arguments, words):
    """And the message says what."""
    ok, message = judged(wanted, ("f", arguments))

    assert not ok
    assert words in message


def test_any_of_several_calls_will_do():
    """And without one the message counts them."""
    calls = (("f", '{"a": 1}'), ("g", "{}"), ("f", '{"a": 2}'))

    assert judged('f={"a": 2}', *calls) == (True, "")
    assert judged('f={"a": 3}', *calls)[1] == "its a is 1, not 3 (and 1 more calls)"
    assert judged("f") == (False, "the answer does not call it: it calls nothing")


def test_calls_of_steps_and_of_the_service_count():
    """A function that was answered, a tool of an MCP server, a search."""
    step = Step(call=ToolCall("weather", '{"city": "Oslo"}', "c"), output="sunny")
    work = (
        {"type": "mcp_call", "name": "look", "arguments": '{"q": "x"}'},
        {"type": "web_search_call", "action": {"type": "search", "query": "unicorns"}},
        {"type": "mcp_list_tools", "tools": []},
    )

    assert judged('weather={"city": "Oslo"}', steps=(step,))[0]
    assert judged('look={"q": "x"}', server_calls=work)[0]
    assert judged('web_search={"query": "unicorns"}', server_calls=work)[0]
    assert not judged("file_search", server_calls=work)[0]
    assert not judged("mcp_list_tools", server_calls=work)[0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "is empty"),
        ("={}", "is empty"),
        ("f=", "not JSON"),
        ("f=1", "no object"),
        ("f=[]", "no object"),
        ("f=null", "no object"),
        ('f={"a": 1, "a": 2}', "twice"),
        ('f={"a": NaN}', "not JSON"),
        ("f={", "not JSON"),
        ("f=@missing", "@missing"),
        (3, "must be a name"),
        ({}, "no `name`"),
        ({"name": ""}, "no `name`"),
        ({"name": 3}, "no `name`"),
        ({"name": "f", "args": {}}, "knows no `args`"),
        ({"name": "f", "arguments": []}, "no object"),
        ({"name": "f", "arguments": "{}"}, "no object"),
        ({"name": "f", "arguments": {"a": float("nan")}}, "cannot say"),
        ({"name": "f", "arguments": {"a": object()}}, "cannot say"),
    ],
)
def test_what_is_no_call_is_refused(given, words):
    """Before anything is asked."""
    with pytest.raises(UsageError, match=words):
        call_given(given, "calls", no_file)


def test_evidence_has_one_spelling():
    """What is wanted twice is wanted once; true and 1 are two wants."""
    calls = [WantedCall("f", {"a": 1}), WantedCall("f", {"a": True}), WantedCall("f", {"a": 1})]
    found = evidence(["A.example", "a.example."], calls, str)

    assert (len(found.sources), len(found.calls)) == (1, 2)
    assert Evidence().words == ""
    assert found.words == evidence(["a.example"], calls[:2], str).words


@pytest.mark.parametrize(
    ("urls", "ok", "words"),
    [
        (["https://a.docs.example.com/"], True, ""),
        (["https://evil.example/?docs.example.com"], False, "it cites evil.example"),
        ([None, "no address"], False, "it cites no page"),
        ([], False, "it cites no page"),
    ],
)
def test_the_answer_cites_a_host(urls, ok, words):
    """By its citations; a link in its text is none."""
    cited = tuple({"type": "url_citation", "url": url, "title": "docs.example.com"} for url in urls)
    response = Response(text="https://docs.example.com/", citations=cited)
    [(_, why, _)] = evidence(["docs.example.com"], [], str).judge(response)

    assert (why == "") is ok
    assert words in why
