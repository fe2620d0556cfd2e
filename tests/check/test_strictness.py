"""A check is never weaker than it reads: expectations add up, texts are texts, nothing is empty."""

import pytest

from gradient_cli.mock.script import Behaviour
from tests.check.test_suites import checked, refused

HEAD = '[[test]]\nname = "a"\nprompt = "p"\n'


def verdict(tmp_path, text: str, answer: str, *flags: str, files: dict[str, str] | None = None):
    """Run a suite over one answer; give (status, stderr, bodies sent)."""
    for name, content in (files or {}).items():
        (tmp_path / name).write_text(content)
    path = tmp_path / "s.toml"
    path.write_text(text)
    behaviour = Behaviour(text=answer, times=0)
    status, out, err, requests = checked(tmp_path, str(path), *flags, behaviour=behaviour)
    bodies = [r.body for r in requests if r.method == "POST"]
    return status, out + err, bodies


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("defaults", "test", "answer", "status"),
    [
        ('reject = "a"', 'reject = "b"', "xbx", 1),
        ('reject = "a"', 'reject = "b"', "xax", 1),
        ('reject = "a"', 'reject = "b"', "x", 0),
        ('reject = ["a", "c"]', 'reject = ["b"]', "c", 1),
        ('expect = "a"', 'expect = "b"', "b", 1),
        ('expect = "a"', 'expect = "b"', "ab", 0),
        ("expect_re = '^a'", "expect_re = 'b$'", "b", 1),
        ("reject_re = 'a+'", "reject_re = 'b+'", "a", 1),
        ('reject = "a"', 'expect = "a"', "a", 1),
        ('equals = "a"', 'equals = "b"', "b", 0),
        ('one_of = "a,b"', 'one_of = "c,d"', "c", 0),
        ('one_of = "a,b"', 'schema = "name"', '{"name": "x"}', 0),
        ('schema = "name"', 'one_of = "a,b"', "a", 0),
        ("max_output_tokens_used = 100000", 'expect = "a"', "a", 0),
    ],
)
def test_expectations_of_the_defaults_and_of_a_test_add_up(
    defaults, test, answer, status, tmp_path
):
    """Those that can stand together hold; of those that cannot, the test's own."""
    text = f"[defaults]\n{defaults}\n{HEAD}{test}\n"

    assert verdict(tmp_path, text, answer)[0] == status


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("test", "answer", "status"),
    [
        ('reject = "{{ v }}"', "the password is hunter2", 1),
        ('reject = "{{ v }}"', "nothing", 0),
        ('reject = "@banned.txt"', "it is hunter2.", 1),
        ('reject = "@template.txt"', "it is <hunter2>", 1),
        ('reject = "@@x"', "mail @x", 1),
        ('expect = "{{ v }}!"', "hunter2!", 0),
        ('equals = "@banned.txt"', "hunter2", 0),
        ("expect_re = '^{{ dots }}$'", "a1b", 1),
        ("expect_re = '^{{ dots }}$'", "a.b", 0),
        ("reject_re = '{{ dots }}+'", "a.bbb", 1),
        ("reject_re = '@pattern.txt'", "xxhunterxx", 1),
        ('one_of = ["{{ v }}", "other"]', "Hunter2.", 0),
        ('one_of = "@labels.txt"', "blue", 0),
        ('schema = \'{"not": {"const": "{{ v }}"}, "type": "string"}\'', '"hunter2"', 1),
        ('schema = "{{ v }}.json"', "3", 0),
        ('schema = "const.json"', '"hunter2"', 0),
    ],
)
def test_a_text_is_a_text_in_every_expectation(test, answer, status, tmp_path):
    """Variables are filled and files read: a ban that is taken literally never bites."""
    files = {
        "banned.txt": "hunter2\n",
        "template.txt": "<{{ v }}>\r\n",
        "pattern.txt": "h.nter\n",
        "labels.txt": "red,blue\n",
        "hunter2.json": '{"type": "integer"}',
        "const.json": '{"const": "{{ v }}"}',
    }
    variables = '[defaults]\nvars = { v = "hunter2", dots = "a.b" }\n'

    got, words, _ = verdict(tmp_path, f"{variables}{HEAD}{test}\n", answer, files=files)

    assert got == status, words


def test_a_variable_from_a_file_ends_without_its_newline_in_a_ban(tmp_path):
    """`echo hunter2 > secret.txt` writes one."""
    text = HEAD + 'vars = { v = "@secret.txt" }\nreject = "{{ v }}"\n'

    got, _, _ = verdict(tmp_path, text, "it is hunter2.", files={"secret.txt": "hunter2\n"})

    assert got == 1


def test_prompt_instructions_and_judge_take_files_and_variables(tmp_path):
    """Each relative to its suite; what a prompt file names, to itself."""
    (tmp_path / "sub").mkdir()
    files = {
        "p.txt": "of {{ v }}",
        "i.txt": "be {{ v }}",
        "rubric.md": "is {{ v }}",
        "sub/f.md": '+++\ninstructions = "@voice.txt"\n[vars]\nw = "@w.txt"\n+++\n{{ w }} {{ v }}',
        "sub/voice.txt": "loud {{ v }}",
        "sub/w.txt": "words",
    }
    suite = """
[defaults]
vars = { v = "V" }
[[test]]
name = "a"
prompt = "@p.txt"
instructions = "@i.txt"
judge = "@rubric.md"
[[test]]
name = "b"
prompt_file = "sub/f.md"
expect = "pass"
"""

    got, words, bodies = verdict(tmp_path, suite, "pass", "-j", "1", files=files)

    assert got == 0, words
    assert (bodies[0]["input"], bodies[0]["instructions"]) == ("of V", "be V")
    assert "\nis V\n" in bodies[1]["input"]
    assert (bodies[2]["input"], bodies[2]["instructions"]) == ("words V", "loud V")


REFUSED = {
    "an unset variable in a ban": ('reject = "{{ v }}"', "s.toml:4: {{ v }} in reject is not set"),
    "an unset variable in a judge": ('judge = "{{ v }}"', "{{ v }} in judge is not set"),
    "an unset variable in a schema": (
        'schema = \'{"const": "{{ v }}"}\'', "{{ v }} in schema is not set"),
    "a missing file in a ban": ('reject = "@no.txt"', "s.toml:4: reject: cannot read"),
    "an empty file in a ban": ('reject = "@empty.txt"', "s.toml:4: reject: empty.txt is empty"),
    "an empty rubric": ('judge = "@empty.txt"', "s.toml:4: judge: empty.txt is empty"),
    "a variable that is empty": (
        'vars = { v = "" }\nreject = "{{ v }}"', "s.toml:5: reject is empty"),
    "a pattern of everything": ("expect_re = '.*'", "s.toml:4: expect_re"),
    "a pattern with an empty branch": ("expect_re = '^30|'", "is found in every answer"),
    "a pattern of nothing": ("reject_re = 'a^'", "can be found in no answer"),
    "a pattern nobody can match": ("expect_re = '$x'", "can be found in no answer"),
    "a pattern that rejects all": ("reject_re = 'x*'", "found in every answer: none can pass"),
    "a schema of everything": ("schema = '{}'", "s.toml:4: schema: nothing in it says what kind"),
    "a schema that null passes": (
        "schema = '{\"required\": [\"a\"]}'", '`required` stands without "type"'),
    "a schema and a block": (
        'schema = "name"\nextract = true', "`schema` and `extract` exclude each other"),
    "labels and a schema": (
        'schema = "name"\none_of = "a,b"', "`one_of` and `schema` exclude each other"),
    "labels and a block": (
        'one_of = "a,b"\nextract_last = true', "`one_of` and `extract_last` exclude each other"),
    "two labels at once": (
        'one_of = "a,b"\nexpect = ["a", "b"]', "s.toml:5: expect names two labels"),
    "another prompt": (
        'expect = "x"\nparams = { input = "y" }', "s.toml:5: `params.input` would replace"),
    "another prompt in parts": (
        'expect = "x"\nparams = { "input.0" = "y" }', "s.toml:5: `params.input` would replace"),
    "an empty file": ('expect = "x"\nfiles = ["empty.txt"]', '"empty.txt" is empty'),
    "a variable of an empty file": (
        'expect = "x {{ v }}"\nvars = { v = "@empty.txt" }', '"empty.txt" is empty'),
    "an empty list beside defaults": ("reject = []", "s.toml:4: reject is empty"),
    "a judge that sees what is not there": (
        'judge = "x"\njudge_sees = "answers"', '`judge_sees` knows no "answers"'),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_checks_less_than_it_says_is_refused(name, tmp_path):
    """Status 2 with the line, and nothing was sent."""
    test, words = REFUSED[name]
    (tmp_path / "empty.txt").write_text("\n")
    (tmp_path / "s.toml").write_text(f"{HEAD}{test}\n")

    assert words in refused(tmp_path, str(tmp_path / "s.toml"))


def test_an_empty_file_beside_a_full_one_is_fine(tmp_path):
    """There is something to ask about."""
    files = {"empty.txt": "", "full.txt": "x"}
    text = HEAD + 'files = ["empty.txt", "full.txt"]\nexpect = "x"\n'

    assert verdict(tmp_path, text, "x", files=files)[0] == 0


def test_an_empty_file_that_a_test_does_not_ask_about_is_fine(tmp_path):
    """A variable of the defaults is for another test."""
    text = '[defaults]\nvars = { v = "@empty.txt" }\n' + HEAD + 'expect = "x"\n'

    assert verdict(tmp_path, text, "x", files={"empty.txt": ""})[0] == 0


def test_a_text_that_begins_with_an_at_sign_is_told_how_to_be_written(tmp_path):
    """It may be meant as it stands."""
    text = HEAD.replace('"p"', '"@ada says hi"') + 'expect = "x"\n'

    got, said, _ = verdict(tmp_path, text, "x")
    literal, _, bodies = verdict(tmp_path, text.replace('"@', '"@@'), "x")

    assert (got, literal) == (2, 0)
    assert "s.toml:3: the prompt: cannot read" in said
    assert "@@ begins a text with a literal @" in said
    assert bodies[0]["input"] == "@ada says hi"


TWO = HEAD + 'expect = "zz"\n' + HEAD.replace('"a"', '"b"') + 'expect = "h"\n'


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("flags", "status", "asked"),
    [
        (("-k", "a", "-k", "b"), 1, 2),
        (("-k", "b"), 0, 1),
        (("-k", "b", "-k", "b"), 0, 1),
        (("-k", "b", "-k", "nothing"), 2, 0),
    ],
)
def test_every_filter_selects(flags, status, asked, tmp_path):
    """Both run; one that matches nothing is an error all the same."""
    got, _, bodies = verdict(tmp_path, TWO, "h", *flags)

    assert (got, len(bodies)) == (status, asked)


OUTSIDE = {
    "a file": 'files = ["../secret"]\nexpect = "x"',
    "an absolute file": 'files = ["{outside}"]\nexpect = "x"',
    "a link": 'files = ["link"]\nexpect = "x"',
    "a variable": 'vars = { v = "@../secret" }\nexpect = "x {{ v }}"',
    "instructions": 'instructions = "@../secret"\nexpect = "x"',
    "a rubric": 'judge = "@../secret"',
    "an expectation": 'reject = "@../secret"',
    "a schema": 'schema = "../secret"',
    "a schema by its mark": 'schema = "@../secret"',
    "a prompt file's variable": 'prompt_file = "p.md"\nexpect = "x"',
}


@pytest.mark.sampled
@pytest.mark.parametrize("name", OUTSIDE)
def test_a_suite_reads_nothing_outside(name, tmp_path, monkeypatch):
    """Whatever names it; and what is outside is in no message, report or request."""
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret").write_text('{"type": "string", "title": "TOPSECRET"}')
    (inside / "link").symlink_to("../secret")
    (inside / "p.md").write_text('+++\n[vars]\nv = "@../secret"\n+++\n{{ v }}')
    monkeypatch.chdir(inside)
    head = HEAD.replace('prompt = "p"\n', "") if "prompt_file" in OUTSIDE[name] else HEAD
    text = head + OUTSIDE[name].replace("{outside}", str(tmp_path / "secret"))

    got, said, bodies = verdict(inside, text, "x")
    again, _, _ = verdict(inside, text, "x", "--root", "..")

    assert (got, bodies) == (2, []), said
    assert "leads out of" in said
    assert "TOPSECRET" not in said
    assert again != 2
