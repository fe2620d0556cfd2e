"""`--tool`: the service's own tools by their names, files, JSON; what was meant is what is sent."""

import json

import pytest

from gradient_cli.ask.service_tools import Reader
from gradient_cli.errors import UsageError
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.wire.tool_choice import check_choice, choice_of

FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object"}}
SECRET = "tok-4711-SECRET"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Stand in a folder with some files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.json").write_text(json.dumps(FUNCTION))
    (tmp_path / "two").write_text(json.dumps([FUNCTION, {"type": "web_search"}]))
    (tmp_path / "web_search").write_text(json.dumps({"name": "from_a_file"}))
    (tmp_path / "token").write_text(f"{SECRET}\n")
    (tmp_path / "empty").write_text("\n")
    return tmp_path


def read(*values: str) -> tuple[list, list[str]]:
    notes: list[str] = []
    return list(Reader(notes.append).tools(values)), notes


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("web_search", {"type": "web_search"}),
        ("web_search:", {"type": "web_search"}),
        ("web_search:max_uses=3", {"type": "web_search", "max_uses": 3}),
        ("web_search: max_uses = 3 , max_results=10", {"max_uses": 3, "max_results": 10}),
        ("web_search_2099_01_01:x=1.5", {"type": "web_search_2099_01_01", "x": 1.5}),
        ("some_new:a=true,b=null,c=no,d=-1", {"a": True, "b": None, "c": "no", "d": -1}),
        ('some_new:a=[1,[2,3]],b={"c":"d,e"}', {"a": [1, [2, 3]], "b": {"c": "d,e"}}),
        ('some_new:a="x,y=z",b=2', {"a": "x,y=z", "b": 2}),
        ("some_new:a.b.c=1,a.d=2", {"a": {"b": {"c": 1}, "d": 2}}),
        ("some_new:id=12345678901234567890", {"id": 12345678901234567890}),
        ("some_new:id=1e5x,v=1.2.3,n=007", {"id": "1e5x", "v": "1.2.3", "n": "007"}),
        ("knowledge_base_retrieval:knowledge_base_id=123", {"knowledge_base_id": "123"}),
        ("mcp:server_label=007,server_url=https://h/?a=b", {"server_url": "https://h/?a=b"}),
        ("mcp:authorization=@token", {"authorization": SECRET}),
        ("mcp:headers.X-Key=@token", {"headers": {"X-Key": SECRET}}),
        ("mcp:server_description=@@home", {"server_description": "@home"}),
        ("./web_search", {"type": "function", "name": "from_a_file"}),
        ("@web_search", {"type": "function", "name": "from_a_file"}),
        ("f.json", FUNCTION),
        ('{"type":"x","y":1}', {"type": "x", "y": 1}),
        ('{"type":"function","function":{"name":"g"}}', {"type": "function", "name": "g"}),
    ],
)
def test_a_tool_is_what_was_written(value, sent):
    """Fields with the wire's names and kinds; files where files are meant."""
    [tool], _ = read(value)

    assert sent.items() <= tool.items()
    assert set(tool) - set(sent) <= {"type", "server_label"}


def test_several_tools_and_lists_stand_in_their_order():
    """A file may hold a list."""
    found, notes = read("two", "web_fetch")

    assert [tool["type"] for tool in found] == ["function", "web_search", "web_fetch"]
    assert notes == []


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("missing.json", '"missing.json" is no JSON, no file'),
        ("tools/weather", "no file"),
        ("./weather", "no file"),
        ("Weather", "no file"),
        ("@missing", '"@missing" is no JSON, no file'),
        ("web_serch", "did you mean web_search?"),
        ("web_serch:max_uses=1", "did you mean web_search?"),
        ("f", "is no file, and no tool that is known"),
        ("web_search:max_uses", '"max_uses" is not FIELD=VALUE'),
        ("web_search:max_uses=", '"max_uses…" is not FIELD=VALUE'),
        ("web_search:=3", '"…" is not FIELD=VALUE'),
        ("web_search:a=1,,b=2", '"" is not FIELD=VALUE'),
        ("web_search:a=1,a=2", "a is given twice"),
        ("web_search:a=1,a.b=2", "is no object"),
        ("web_search:a=[1,2", "is not JSON"),
        ('web_search:a={"b":1,"b":2}', "twice"),
        ("mcp:authorization=@missing", 'authorization: cannot read "missing"'),
        ("mcp:authorization=@empty", "empty is empty"),
        ("{", "not JSON"),
        ("3", "no file"),
        ("", "no file"),
        ('{"type":"function"}', "a function without a name"),
        ("[3]", "it is no object"),
    ],
)
def test_what_is_no_tool_is_refused(value, words):
    """A file that is missing is no tool of the service's."""
    with pytest.raises(UsageError) as raised:
        read(value)

    assert words in raised.value.message


@pytest.mark.parametrize("value", ["get_weather", "browser"])
def test_a_name_that_nobody_knows_is_sent_with_a_word(value):
    """It may be new, or a file that is missing."""
    found, [note] = read(value)

    assert found == [{"type": value}]
    assert "is no file" in note


def test_a_secret_in_the_arguments_is_warned_of():
    """Every user of the machine can read them; a file's path tells nothing."""
    for value in (f"mcp:authorization={SECRET}", f"mcp:headers.A={SECRET}"):
        _, [note] = read(value)
        assert "list of processes" in note
        assert SECRET not in note
    assert read("mcp:authorization=@token")[1] == []
    for wrong in (
        f"MCP:authorization={SECRET}",
        f"mcp:{SECRET}",
        f"mcp:a=1,authorization {SECRET}",
    ):
        with pytest.raises(UsageError) as raised:
            read(wrong)
        assert SECRET not in raised.value.message


MCP = {"type": "mcp", "server_label": "docs"}
OFFERED = [FUNCTION, {"type": "web_search"}, MCP, {"type": "custom", "name": "c"}]


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("none", "none"),
        ("f", {"type": "function", "name": "f", "function": {"name": "f"}}),
        ("web_search", {"type": "web_search"}),
        ("mcp", MCP),
        ("docs", MCP),
        ("c", {"type": "custom", "name": "c"}),
    ],
)
def test_a_tool_is_chosen_by_its_name(choice, sent):
    """Each in the wire's own form."""
    check_choice(choice, OFFERED)

    assert choice_of(choice, OFFERED) == sent


@pytest.mark.parametrize("choice", ["g", "function", "file_search", "web"])
def test_a_choice_that_is_not_offered_is_refused(choice):
    """And names what is."""
    with pytest.raises(UsageError, match="its tools: f, c, web_search, mcp, custom, docs"):
        check_choice(choice, OFFERED)


def test_a_function_named_like_a_tool_is_the_function():
    """What the user has defined counts."""
    mine = {"type": "function", "name": "web_search"}

    assert choice_of("web_search", [{"type": "web_search"}, mine])["type"] == "function"


# Secrets ------------------------------------------------------------------------------------

TOOL = "mcp:server_label=docs,server_url=https://h/mcp,authorization=@token,headers.X-A=@header"
HEADER = "header-SECRET-0815"


@pytest.fixture
def served(home, here):
    """Give a function: respond with a tool that has secrets, asked of a mock that repeats them."""
    (here / "header").write_text(HEADER)

    def served(command: str, *argv: str, tool: str = TOOL, **behaviour):
        script = Script(behaviours=(Behaviour(times=0, **behaviour or {"text": "ok"}),))
        with MockServer(script) as server:
            home.exports(GRADIENT_INFERENCE_ENDPOINT=server.url, GRADIENT_MODEL="m")
            found = home.runs(*command.split(), *argv, "--tool", tool, "--retries", "0")
            sent = [record.body for record in server.requests if record.body]
        return found, sent

    return served


def leaks(*texts: object) -> list[str]:
    return [s for s in (SECRET, HEADER) if any(s in str(text) for text in texts)]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("command", "flags", "is_sent"),
    [
        ("respond hi", ["-n"], False),
        ("respond hi", ["--curl"], False),
        ("respond hi", ["--json"], True),
        ("respond hi", ["--json", "--no-stream"], True),
        ("respond hi", ["--format", "events"], True),
        ("respond hi", ["-v", "--thread", "talk.jsonl"], True),
        ("respond hi", ["--record", "tapes"], True),
        ("respond hi", ["--tool-choice", "nothing"], False),
        ("respond hi", ["--temperature", "7"], False),
        ("batch run hi", ["-i", "rows.jsonl", "-o", "out.jsonl"], True),
        ("batch run hi", ["-i", "rows.jsonl", "-n"], False),
        ("batch submit hi", ["-i", "rows.jsonl", "-o", "out.jsonl", "-n"], False),
    ],
)
def test_a_tools_secret_is_sent_and_nowhere_kept(served, here, command, flags, is_sent):
    """Not shown, not recorded, whatever the server repeats of the request."""
    (here / "rows.jsonl").write_text('{"id": 1, "vars": {}}\n')

    found, sent = served(command, *flags)

    assert leaks(*found) == []
    files = [p for p in here.rglob("*") if p.is_file() and p.name not in {"token", "header"}]
    assert leaks(*(path.read_text() for path in files)) == []
    assert bool(sent) == is_sent
    for body in sent:
        assert (body["tools"][0]["authorization"], body["tools"][0]["headers"]["X-A"]) == (
            SECRET,
            HEADER,
        )


@pytest.mark.sampled
@pytest.mark.parametrize(
    "behaviour",
    [
        {
            "status": 400,
            "body": f'{{"error":{{"message":"bad token {SECRET}","code":"{SECRET}"}}}}',
        },
        {"status": 502, "body": f"<html>{SECRET} {HEADER}</html>"},
        {"text": f"it is {SECRET}, and {HEADER}", "token_delay": 0},
        {"body": f'{{"type":"error","message":"{HEADER}"}}'},
        {"headers": {"x-request-id": SECRET}, "text": ""},
    ],
)
@pytest.mark.parametrize("flags", [[], ["--json"], ["--record", "tapes"]])
def test_a_tools_secret_that_the_server_says_is_not_shown(served, here, behaviour, flags):
    """In an error, in the answer, in a recording of either."""
    found, _ = served("respond hi", *flags, **behaviour)

    assert leaks(*found) == []
    assert leaks(*(path.read_text() for path in here.rglob("tapes/*"))) == []


@pytest.mark.sampled
@pytest.mark.parametrize("flags", [["--record", "tapes"], ["--json"], ["--format", "events"]])
@pytest.mark.parametrize("way", ["--stream", "--no-stream"])
def test_a_short_secret_is_hidden_where_its_field_is_repeated(served, here, flags, way):
    """It may be a word, which stays one everywhere else."""
    tool = 'mcp:server_label=d,authorization=@token,headers.X-Lang=en,headers.X-Q="a\\"b"'
    (here / "token").write_text("s3cret")

    found, sent = served("respond hi", *flags, way, tool=tool, text="en s3cre")
    kept = "".join(path.read_text() for path in here.rglob("tapes/*"))

    assert sent[0]["tools"][0]["authorization"] == "s3cret"
    assert "s3cret" not in f"{found}{kept}"
    assert "en" in f"{found[1]}{kept}"
    for text in (found[1], kept):
        assert '"X-Lang":"en"' not in text.replace("\\", "").replace(" ", "")


def test_a_recording_answers_whatever_the_token(served, here, home):
    """The token of today is not that of the recording, and CI may have none."""
    assert served("respond hi", "--record", "tapes")[0][0] == 0
    (here / "token").write_text("another-token-0000")

    status, stdout, _ = home.runs("respond", "hi", "--tool", TOOL, "--replay", "tapes")

    assert (status, stdout) == (0, "ok\n")


def test_a_batch_goes_on_with_another_token(served, here):
    """A row that was answered is not asked again because a token was renewed."""
    (here / "rows.jsonl").write_text('{"id": 1, "vars": {}}\n')
    rows = ("-i", "rows.jsonl", "-o", "out.jsonl")
    assert len(served("batch run hi", *rows)[1]) == 1
    (here / "token").write_text("another-token-0000")

    assert len(served("batch run hi", *rows)[1]) == 0


@pytest.mark.sampled
@pytest.mark.parametrize(
    "argv",
    [
        ("config", "show"),
        ("config", "show", "--json"),
        ("respond", "-p", "demo", "-v", "hi"),
        ("respond", "-n", "hi"),
        ("respond", "-p", "demo", "--json", "hi"),
        ("doctor",),
    ],
    ids=str,
)
@pytest.mark.parametrize("key", ["authorization", "headers"])
def test_a_tools_secret_in_the_settings_is_not_shown(home, argv, key):
    """Where what is set is told."""
    value = {"authorization": json.dumps(SECRET), "headers": f'{{ X = "{SECRET}" }}'}[key]
    tool = f'{{ type = "mcp", server_label = "d", {key} = {value} }}'
    home.writes(f'model = "m"\n[params]\ntools = [{tool}]\n')

    assert leaks(*home.runs(*argv)) == []


def test_what_a_dry_run_prints_is_not_sent_with_its_marks(home, here):
    """The mark would go as the token."""
    home.exports(GRADIENT_MODEL="m")
    (here / "header").write_text(HEADER)
    _, body, _ = home.runs("respond", "hi", "-n", "--tool", TOOL)
    (here / "body.json").write_text(body)

    status, _, stderr = home.runs("respond", "--body", "body.json", "-n")

    assert status == 2
    assert "[hidden]" in stderr


def test_curl_has_variables_for_secrets(home, here):
    """The command runs where they are set."""
    home.exports(GRADIENT_MODEL="m")
    (here / "header").write_text(HEADER)
    _, line, _ = home.runs("respond", "it's [hidden]", "--curl", "--tool", TOOL)

    assert '"authorization":"\'"$TOOL_SECRET"\'"' in line
    assert "$TOOL_SECRET_2" in line
    assert "$TOOL_SECRET_3" not in line


def test_the_parameters_of_a_function_have_no_secrets(home):
    """Names in a schema are names of arguments."""
    home.exports(GRADIENT_MODEL="m")
    tool = {"name": "f", "parameters": {"type": "object", "properties": {"headers": {"a": "b"}}}}

    _, body, _ = home.runs("respond", "hi", "-n", "--tool", json.dumps(tool))

    assert json.loads(body)["tools"] == [{"type": "function", **tool}]
