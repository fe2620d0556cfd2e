"""Suites: each way in which one could pass by accident is an error with file and line."""

import json
import time
from pathlib import Path

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.check.suite import load_suite, repeated, select
from gradient_cli.errors import UsageError
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.streams import Terminal

TEST = '[[test]]\nname = "a"\nprompt = "x"\n'
FULL = TEST + 'expect = "y"\n'


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "s.toml"

    def write(text: str) -> str:
        path.write_text(text)
        return str(path)

    return write


def checked(
    world_dir,
    path: str,
    *flags: str,
    behaviour: Behaviour | None = None,
    behaviours: tuple[Behaviour, ...] = (),
    key: str | None = None,
    environ: dict[str, str] | None = None,
):
    """Run `gradient check` in this process; give (status, stdout, stderr, requests)."""
    terminal = Terminal.recording()
    environ = {"GRADIENT_CONFIG": str(world_dir / "config.toml"), **(environ or {})}
    (world_dir / "config.toml").touch()
    with MockServer(
        Script(behaviours=behaviours or (behaviour or Behaviour(text="y", times=0),), key=key)
    ) as server:
        argv = ["check", path, "--base-url", server.url, "--retries", "0", *flags]
        status = run(argv, Invocation(terminal, environ))
        return status, terminal.stdout_text, terminal.stderr_text, server.requests


def refused(world_dir, path: str, *flags: str) -> str:
    """Run `gradient check` where nobody listens; give what it says: nothing may be sent."""
    terminal = Terminal.recording()
    (world_dir / "config.toml").touch()
    environ = {"GRADIENT_CONFIG": str(world_dir / "config.toml")}
    argv = ["check", path, "--base-url", "http://127.0.0.1:1", "--retries", "0", *flags]

    status = run(argv, Invocation(terminal, environ))

    assert (status, terminal.stdout_text) == (2, ""), terminal.stderr_text
    return terminal.stderr_text


ACCIDENTS = {
    "an empty file": ("", "s.toml: the suite has no test"),
    "only defaults": ("[defaults]\nmodel = 'm'\n", "s.toml: the suite has no test"),
    "no expectation": (TEST, 's.toml:2: "a" expects nothing'),
    "an empty prompt": (FULL.replace('"x"', '" "'), 's.toml:3: "a" has an empty `prompt`'),
    "deep brackets": (
        FULL + f"params = {{x = {'[' * 2000}{']' * 2000}}}\n",
        "s.toml: it is nested too deeply",
    ),
    "a number of 5000 digits": (FULL + f"seed = {'1' * 5000}\n", "s.toml: exceeds the limit"),
    "an empty expectation": (TEST + 'expect = ""\n', "s.toml:4: expect is empty"),
    "an empty list": (TEST + "expect = []\n", "s.toml:4: expect is empty"),
    "an empty judge": (TEST + 'judge = " "\n', "s.toml:4: judge is empty"),
    "no labels": (TEST + "one_of = []\n", "s.toml:4: one_of is empty"),
    "one label": (TEST + 'one_of = ["a"]\n', "s.toml:4: one_of needs at least two labels"),
    "an unknown key": (
        FULL + 'exspect = "z"\n',
        "s.toml:5: unknown key `exspect`; did you mean `expect`?",
    ),
    "an unknown key in defaults": (
        "[defaults]\nmodle = 'm'\n" + FULL,
        "s.toml:2: unknown key `modle`; did you mean `model`?",
    ),
    "an unknown table": (
        FULL + "[tests]\nx = 1\n",
        "s.toml:5: unknown key `tests`; did you mean `test`?",
    ),
    "a value of the wrong kind": (
        FULL + "temperature = 3\n",
        "s.toml:5: `temperature` must be a number from 0 to 2",
    ),
    "a pattern that is none": (
        TEST + "expect_re = '('\n",
        's.toml:4: expect_re "(" is no regular expression',
    ),
    "a schema that is none": (
        TEST + 'schema = \'{"type": "strin"}\'\n',
        "s.toml:4: schema: #/type",
    ),
    "an unknown schema keyword": (
        TEST + "schema = '{\"requird\": []}'\n",
        "s.toml:4: schema: unknown keyword `requird`",
    ),
    "a missing schema": (TEST + 'schema = "no.json"\n', "s.toml:4: schema: cannot read"),
    "two of one name": (FULL + FULL, 's.toml:5: a second test is called "a"'),
    "require above repeat": (
        FULL + "repeat = 2\nrequire = 3\n",
        "s.toml:6: `require` 3 is above `repeat` 2",
    ),
    "require below 1": (
        FULL + "repeat = 2\nrequire = 0\n",
        "s.toml:6: `require` must be a whole number, 1 or more",
    ),
    "no prompt": (
        '[[test]]\nname = "a"\nexpect = "y"\n',
        's.toml:1: "a" has neither `prompt` nor `prompt_file`',
    ),
    "an unset variable": (
        FULL.replace('"x"', '"{{ city }}"'),
        "s.toml:3: {{ city }} in the prompt is not set",
    ),
    "a variable in vain": (FULL + "vars = { a = 'b' }\n", "s.toml:1: the variable `a` is not used"),
    "an unset variable in the instructions": (
        FULL + 'instructions = "in {{ lang }}"\n',
        "s.toml:5: {{ lang }} in the instructions is not set",
    ),
    "a time that never ends": (
        TEST + "max_seconds = inf\n",
        "s.toml:4: `max_seconds` must be a number above 0",
    ),
    "a time that is no number": (
        TEST + "max_seconds = true\n",
        "s.toml:4: `max_seconds` must be a number above 0",
    ),
    "a repeat that is no number beside a require of the defaults": (
        "[defaults]\nrepeat = 3\nrequire = 2\n" + FULL + 'repeat = "3"\n',
        "s.toml:8: `repeat` must be a whole number, 1 or more",
    ),
    "a missing file": (FULL + 'files = ["no.md"]\n', "s.toml:1: cannot read"),
    "no TOML": ("[[test]\n", "s.toml:1: not TOML"),
    "a profile that is none": (FULL + 'profile = "nope"\n', 'there is no profile "nope"'),
}


@pytest.mark.parametrize("name", ACCIDENTS)
def test_a_suite_cannot_pass_by_accident(name, suite, tmp_path):
    """Status 2, the place, and nothing was sent."""
    text, words = ACCIDENTS[name]

    assert words in refused(tmp_path, suite(text))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('{"name": "a", "prompt": "x", "expect": "z", "expect": "y"}', 'the name "expect" stands'),
        ('{"name": "a", "prompt": "x", "vars": {"k": "1", "k": "2"}}', 'the name "k" stands'),
        ('{"name": "a", "prompt": "x", "max_seconds": Infinity}', "Infinity is no JSON"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
)
def test_a_row_that_says_a_thing_twice_or_is_no_json_is_an_error(row, words, tmp_path):
    """The last of two expectations would be the only one that counts."""
    path = tmp_path / "s.jsonl"
    path.write_text(f"\n{row}\n")

    status, _, stderr, requests = checked(tmp_path, str(path))

    assert (status, f"s.jsonl:2: not JSON: {words}" in stderr) == (2, True)
    assert [r for r in requests if r.method == "POST"] == []


def test_an_unset_variable_is_explained_in_the_words_of_a_suite(suite, tmp_path):
    """There is no --var here."""
    _, _, stderr, _ = checked(tmp_path, suite(FULL.replace('"x"', '"{{ city }}"')))

    assert 'hint: vars = { city = "VALUE" }' in stderr
    assert "--var" not in stderr


@pytest.mark.real
def test_tests_with_the_same_request_replay_as_they_were(suite, tmp_path):
    """However many workers there are, and alone."""
    tape = str(tmp_path / "tape")
    path = suite(
        """
        [defaults]
        model = "m"
        [[test]]
        name = "b"
        prompt = "p"
        expect = "hello"
        [[test]]
        name = "a"
        prompt = "p"
        expect = "bye"
        """
    )
    answers = (Behaviour(text="hello", times=1), Behaviour(text="bye", times=0))
    assert checked(tmp_path, path, "-j", "1", "--record", tape, behaviours=answers)[0] == 0

    replays = [checked(tmp_path, path, "--replay", tape)[0] for _ in range(8)]

    assert replays == [0] * 8
    assert checked(tmp_path, path, "--replay", tape, "-k", "a")[0] == 0


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("text", "expectation", "status"),
    [
        ("", 'reject = "sorry"', 1),
        (" \n\t", 'reject = "sorry"', 1),
        ("", 'expect_re = "^$"', 1),
        ("", 'reject = "sorry"\nallow_empty = true', 0),
        ("", 'equals = ""', 0),
        ("", 'equals = ""\nallow_empty = false', 1),
        ("x", 'equals = ""', 1),
        (" ", 'equals = " "', 0),
        ("", 'vars = { wanted = "" }\nequals = "{{ wanted }}"', 0),
    ],
)
def test_an_empty_answer_passes_only_where_it_may(suite, tmp_path, text, expectation, status):
    """It forbids nothing, so it would pass every ban."""
    path = suite(TEST + expectation + "\n")

    found, stdout, _, _ = checked(tmp_path, path, behaviour=Behaviour(text=text, times=0))

    assert found == status
    assert ("the answer is empty" in stdout) == (status == 1 and not text.strip())
    assert ('"a" passed with an answer that has no text' in stdout) == (status == 0 and not text)


def test_an_answer_that_failed_needs_no_judge(suite, tmp_path):
    """Its failure is told, and no second call is paid for."""
    path = suite(TEST + 'expect = "no such words"\njudge = "it is polite"\n')

    status, stdout, _, requests = checked(tmp_path, path)

    assert (status, "no such words" in stdout) == (1, True)
    assert len([r for r in requests if r.method == "POST"]) == 1


def test_two_reports_cannot_share_a_file(suite, tmp_path):
    """The second would replace the first."""
    target = str(tmp_path / "report")

    status, _, stderr, requests = checked(
        tmp_path, suite(FULL), "--junit", target, "--html", f"{tmp_path}/./report"
    )

    assert (status, "--junit and --html name the same file" in stderr) == (2, True)
    assert not requests


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_report_that_cannot_be_written_loses_no_other(suite, tmp_path):
    """The answers are paid for: the table and the page are made all the same."""
    page = tmp_path / "page.html"

    status, stdout, stderr, _ = checked(
        tmp_path, suite(FULL), "--junit", "/dev/full", "--html", str(page)
    )

    assert (status, 'cannot write "/dev/full": no space left' in stderr) == (2, True)
    assert "1 passed" in stdout
    assert "<html" in page.read_text()


def test_a_summary_that_cannot_be_written_is_an_error_and_loses_no_verdict(suite, tmp_path):
    """The report is on stdout before it is said."""
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "s.md")}

    status, stdout, stderr, _ = checked(tmp_path, suite(FULL + 'model = "m"\n'), environ=environ)

    assert (status, "1 test: 1 passed" in stdout) == (2, True)
    assert "cannot write the job summary" in stderr


def test_a_filter_that_matches_nothing_is_an_error(suite, tmp_path):
    """A typo in -k is no pass."""
    status, _, stderr, _ = checked(tmp_path, suite(FULL), "-k", "zzz")

    assert (status, '-k "zzz" matches none of 1 tests' in stderr) == (2, True)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("behaviour", "status", "words"),
    [
        (Behaviour(text="y", times=0), 0, "pass  a"),
        (Behaviour(text="no", times=0), 1, "FAIL  a"),
        (Behaviour(text="", times=0), 1, "FAIL  a"),
        (Behaviour(text="y y y", end="incomplete", times=0), 8, "ERROR a"),
        (Behaviour(text="y y y", end="close", times=0), 8, "ERROR a"),
        (Behaviour(text="y", end="failed", times=0), 5, "ERROR a"),
        (Behaviour(status=401, times=0), 3, "ERROR a"),
        (Behaviour(status=404, times=0), 4, "ERROR a"),
        (Behaviour(status=429, times=0), 6, "ERROR a"),
        (Behaviour(status=500, times=0), 5, "ERROR a"),
    ],
)
def test_an_answer_that_could_not_be_judged_is_no_pass(behaviour, status, words, suite, tmp_path):
    """An error is told from a failed expectation."""
    found, stdout, _, _ = checked(tmp_path, suite(FULL), behaviour=behaviour)

    assert found == status
    assert stdout.startswith(words)
    assert f"({status})" in stdout


def test_a_refused_connection_is_no_pass(suite, tmp_path):
    """Nobody answered."""
    terminal = Terminal.recording()
    argv = ["check", suite(FULL), "--base-url", "http://127.0.0.1:1", "--retries", "0"]

    assert run(argv, Invocation(terminal, {"XDG_CONFIG_HOME": str(tmp_path)})) == 5
    assert terminal.stdout_text.startswith("ERROR a")


def test_an_error_outranks_a_failure(suite, tmp_path):
    """The worst of all tests is the run's."""
    text = FULL + '[[test]]\nname = "b"\nprompt = "limit"\nmax_output_tokens = 1\nexpect = "z"\n'

    status, stdout, _, _ = checked(
        tmp_path, suite(text), behaviour=Behaviour(text="no no", times=0)
    )

    assert status == 8
    assert "FAIL  a" in stdout
    assert "ERROR b" in stdout


def test_the_incomplete_answer_of_a_suite_can_never_pass(suite, tmp_path):
    """Even if the part that came holds what is expected."""
    behaviour = Behaviour(text="y more", times=0)

    text = suite(FULL + "max_output_tokens = 1\n")
    status, stdout, *_ = checked(tmp_path, text, behaviour=behaviour)

    assert status == 8
    assert "hint: raise `max_output_tokens` of the test" in stdout


# Recordings


def never(seconds: float) -> None:
    """Wait for nothing."""
    raise AssertionError(f"slept {seconds} s")


def taped(path: str, folder, *flags: str, server: MockServer | None = None):
    """Run `gradient check` with a server, or without one; give (status, stdout)."""
    terminal = Terminal.recording()
    url = ["--base-url", server.url] if server else []
    sleep = never if "--replay" in flags else time.sleep
    invocation = Invocation(terminal, {"XDG_CONFIG_HOME": str(folder)}, sleep=sleep)
    status = run(["check", path, *flags, *url], invocation)
    return status, terminal.stdout_text


def test_a_suite_that_passed_after_a_retry_passes_from_its_recordings(suite, tmp_path):
    """The refusal is recorded, and tried again as it was."""
    refusal = Behaviour(status=429, headers={"Retry-After": "0"}, times=1)
    script = Script(behaviours=(refusal, Behaviour(text="y", times=0)))
    tapes = str(tmp_path / "tapes")
    path = suite(FULL)
    with MockServer(script) as server:
        live, _ = taped(path, tmp_path, "--record", tapes, server=server)

    status, stdout = taped(path, tmp_path, "--replay", tapes)

    assert (live, status) == (0, 0)
    assert "1 passed" in stdout


@pytest.mark.real
def test_the_limits_of_a_recording_hold_nobody_back(suite, tmp_path):
    """They were another day's: 1 a minute, and three tests."""
    path = suite("".join(FULL.replace('"a"', f'"{n}"').replace('"x"', f'"{n}"') for n in "123"))
    tapes = tmp_path / "tapes"
    with MockServer(Script(behaviours=(Behaviour(text="y", times=0),))) as server:
        taped(path, tmp_path, "--record", str(tapes), server=server)
    for file in tapes.iterdir():
        exchange = json.loads(file.read_text())
        exchange["replies"][0]["headers"] |= {
            "x-ratelimit-limit-requests": "1",
            "x-ratelimit-remaining-requests": "0",
        }
        file.write_text(json.dumps(exchange))

    status, stdout = taped(path, tmp_path, "--replay", str(tapes), "-j", "1")

    assert (status, "3 passed" in stdout) == (0, True)


def test_each_profile_of_a_suite_has_its_own_recordings(suite, tmp_path):
    """Another endpoint answers the same request differently."""
    asked = FULL.replace('"a"', '"b"').replace('expect = "y"', 'expect = "z"\nprofile = "b"')
    path = suite(FULL + asked)
    tapes = str(tmp_path / "tapes")
    config = tmp_path / "gradient-cli" / "config.toml"
    config.parent.mkdir()
    with (
        MockServer(Script(behaviours=(Behaviour(text="y", times=0),))) as server,
        MockServer(Script(behaviours=(Behaviour(text="z", times=0),))) as other,
    ):
        config.write_text(f'base_url = "{server.url}"\n[profiles.b]\nbase_url = "{other.url}"\n')
        live, _ = taped(path, tmp_path, "--record", tapes)

    status, _ = taped(path, tmp_path, "--replay", tapes)

    assert (live, status) == (0, 0)


def test_a_replay_does_not_claim_to_have_measured(suite, tmp_path):
    """`max_seconds` is met by any recording; the report says so."""
    path = suite(FULL + "max_seconds = 60\n")
    tapes = str(tmp_path / "tapes")
    with MockServer(Script(behaviours=(Behaviour(text="y", times=0),))) as server:
        taped(path, tmp_path, "--record", tapes, server=server)

    _, stdout = taped(path, tmp_path, "--replay", tapes)

    assert "max_seconds proves nothing here" in stdout


# Reading


def test_defaults_are_joined_and_paths_are_beside_the_suite(suite, tmp_path):
    """A test's own value wins; variables are joined."""
    (tmp_path / "p.md").write_text("About {{ a }} and {{ b }}.")
    (tmp_path / "t.txt").write_text("tea")
    path = suite(
        '[defaults]\nmodel = "m"\nvars = { a = "1" }\nrepeat = 3\nrequire = 2\n'
        '[[test]]\nname = "x"\nprompt_file = "p.md"\nvars = { b = "@t.txt" }\nexpect = "y"\nmodel = "n"\nrepeat = 1\n'
    )

    (case,) = load_suite(path)
    status, _, _, requests = checked(tmp_path, path)

    assert (case.repeat, case.require, case.line) == (1, 1, 6)
    assert status == 0
    assert requests[-1].body == {"model": "n", "input": "About 1 and tea.", "stream": True}


def test_a_jsonl_suite_has_a_test_a_line(tmp_path):
    """Its places are its lines."""
    path = tmp_path / "s.jsonl"
    path.write_text('{"name":"a","prompt":"x","expect":"y"}\n\n{"name":"b","prompt":"x"}\n')

    with pytest.raises(UsageError, match=r's\.jsonl:3: "b" expects nothing'):
        load_suite(str(path))


def test_keys_inside_long_texts_are_no_keys(suite):
    """Lines are counted right below a text of several lines."""
    text = '[[test]]\nname = "a"\nprompt = """\nexpect = 1\n[[test]]\n"""\nexpekt = "y"\n'

    with pytest.raises(UsageError, match=r"s\.toml:7: unknown key `expekt`"):
        load_suite(suite(text))


def test_repeats_of_the_command_line_win(suite):
    """And are checked against each other."""
    (case,) = load_suite(suite(FULL + "repeat = 3\nrequire = 2\n"))

    assert (repeated(case, 5, None).repeat, repeated(case, 5, None).require) == (5, 5)
    assert repeated(case, None, "1").require == 1
    with pytest.raises(UsageError, match="--require 4 is out of range"):
        repeated(case, None, "4")


def test_a_filter_is_a_part_of_a_name_in_any_case(suite):
    """No pattern language to get wrong."""
    cases = load_suite(suite(FULL + FULL.replace('"a"', '"Other (b)"')))

    assert [case.name for case in select(cases, "OTHER (")] == ["Other (b)"]


def test_a_filter_that_is_a_whole_name_selects_that_test_alone(suite):
    """So that the command that reruns one test reruns one test."""
    cases = load_suite(suite(FULL + FULL.replace('"a"', '"a b"')))

    assert [case.name for case in select(cases, "a")] == ["a"]


def test_a_variable_of_the_defaults_need_not_be_used_by_every_test(suite, tmp_path):
    """Only a test's own variable in vain is a slip."""
    text = "[defaults]\nvars = { city = 'Bern' }\n" + FULL

    status, *_ = checked(tmp_path, suite(text))

    assert status == 0


@pytest.mark.parametrize(
    ("name", "data", "flags", "words"),
    [
        ("s.toml", FULL, ("--repeat", "0"), "--repeat: 0 is not in the range 1 or more"),
        ("s.toml", FULL, ("--repeat", "99999999"), "--repeat 99999999 is out of range: 1 to "),
        ("s.toml", FULL, ("--repeat", "2", "--require", "3"), "--require 3"),
        ("s.toml", FULL, ("--tag", "smok"), '--tag "smok": no test has this tag'),
        ("s.toml", FULL, ("-k", "zzz"), '-k "zzz" matches none of 1 tests'),
        ("s.toml", FULL.encode("utf-16"), (), "s.toml"),
        ("s.toml", b"# \xff\n" + FULL.encode(), (), '"PATH" is not UTF-8: bad byte at offset 2'),
        ("s.toml", TEST + 'judge = "{{ v }}"\nvars = { v = " " }\n', (), "judge is empty"),
        ("s.toml", FULL.replace('"x"', '"{{ v }}"') + 'vars = { v = " " }\n', (), "is empty"),
        (
            "s.toml",
            FULL + "params = { tools = [] }\n",
            ("--tool", "web_search"),
            "would replace --tool",
        ),
        (
            "s.toml",
            FULL + 'tools = [{ type = "mcp", server_label = "d", server_url = "https://x" }]\n',
            (),
            "s.toml:5: tools: a suite names no server and no secret: server_url",
        ),
        (
            "s.toml",
            FULL + 'params = { tools = [{ type = "a", tools = [{ authorization = "s" }] }] }\n',
            (),
            "s.toml:5: params: a suite names no server and no secret: authorization",
        ),
        ("s.jsonl", "7\n", (), "s.jsonl:1: a test is a JSON object"),
        (
            "s.jsonl",
            '{"prompt": "p", "expect": "x"}\n\n[1]\n',
            (),
            "s.jsonl:3: a test is a JSON object",
        ),
    ],
)
def test_what_cannot_be_run_is_told_before_anything_is_asked(tmp_path, name, data, flags, words):
    """Flags out of range, files of another kind, what is empty once it is filled."""
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())

    assert words.replace("PATH", str(path)) in refused(tmp_path, str(path), *flags)


def test_a_suite_that_is_not_there_is_told(tmp_path):
    """By its name, and why."""
    for path, words in ((tmp_path / "gone.toml", "no such file"), (tmp_path, "is a directory")):
        assert f'cannot read "{path}": {words}' in refused(tmp_path, str(path))
