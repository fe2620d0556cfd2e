"""What a suite says: what contradicts itself is refused with its line, all else is kept."""

import pytest

from gradient_cli.check.keys import EXPECTATIONS
from gradient_cli.check.suite import load_suite
from gradient_cli.check.suite_reader import MOST_REPEATS
from gradient_cli.errors import UsageError
from gradient_cli.expect.extract import Extraction

HEAD = '[[test]]\nname = "a"\nprompt = "p"\n'
EXPECTS = HEAD + 'expect = "x"\n'
CASES = 'cases = "r.csv"\n'


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Read a suite; give its tests."""
    monkeypatch.chdir(tmp_path)

    def load(text: str):
        (tmp_path / "s.toml").write_text(text)
        return load_suite("s.toml")

    return load


REFUSED = [
    (HEAD + 'prompt_file = "f"\nexpect = "x"\n', '4: "a" has both `prompt` and `prompt_file`'),
    (HEAD + 'answer = "f"\nexpect = "x"\n', '4: "a" has both `prompt` and `answer`'),
    ('[[test]]\nexpect = "x"\n', '1: "line 1" has neither `prompt` nor `prompt_file`'),
    ('[[test]]\nanswer = " "\nexpect = "x"\n', '2: "line 1" has an empty `answer`'),
    *[
        (
            f'[[test]]\nanswer = "a"\nexpect = "x"\n{key}\n',
            f"4: `{key.split()[0]}` says nothing of an `answer`",
        )
        for key in ("max_seconds = 1", "max_output_tokens_used = 1", 'calls = "f"', 'sources = "h"')
    ],
    ('[[test]]\nanswer = "a"\none_of = ["x", "y"]\nvotes = 3\n', "4: `votes` says nothing of an"),
    (
        '[[test]]\nanswer = "a"\nexpect = "x"\nfiles = ["f"]\n',
        "4: `files` beside `answer` are read",
    ),
    (EXPECTS + "votes = 3\n", "5: `votes` is about `one_of`"),
    (EXPECTS + "sure = 0.9\n", "5: `sure` is about `decide`, `one_of` and `judge_votes`"),
    (HEAD + 'judge = "j"\nsure = 0.9\n', "5: `sure` is about"),
    ('[[test]]\nanswer = "a"\none_of = ["x", "y"]\nsure = 0.9\n', "4: `sure` is about"),
    (EXPECTS + 'label = "l"\n', "5: `label` names a column, and the test has no `cases`"),
    (EXPECTS + 'group = "g"\n', "5: `group` names a column, and the test has no `cases`"),
    (HEAD + 'decide = { question = "q", odd = 1 }\n', "4: decide knows no `odd`"),
    (HEAD + "calls = { arguments = {} }\n", "4: calls"),
    (HEAD + 'calls = ["{{ v }}", "f=@x", "f=7"]\n', "4: calls"),
    (EXPECTS + f"repeat = {MOST_REPEATS + 1}\n", f"5: `repeat` {MOST_REPEATS + 1} is above"),
    (EXPECTS + "require = 2\n", "5: `require` 2 is above `repeat` 1"),
    (EXPECTS + CASES + "[[test.case]]\na = 1\n", "6: `cases` and [[test.case]] exclude"),
    (EXPECTS + "models = []\n", "5: `models` names no model"),
    (EXPECTS + 'models = ["a", " "]\n', "5: `models` names no model"),
    (EXPECTS + 'models = ["a", "a"]\n', "5: `models` names a model twice"),
    (EXPECTS + 'models = ["a", "b"]\nmodel = "c"\n', "5: `model` and `models` exclude each other"),
    (HEAD + "max_words = 3\nignore_case = true\n", "5: `ignore_case` is about equals, expect"),
    (EXPECTS + 'skip = " "\n', "5: `skip` is empty: say why"),
    (HEAD + "expect = []\n", "4: expect is empty: it says nothing about an answer"),
    (HEAD + 'judge = ["a", " "]\n', "4: judge is empty: it says nothing about an answer"),
    (HEAD + 'judge = "a"\njudge_sees = []\n', "5: judge_sees is empty"),
    (HEAD + 'schema = "a"\nextract_lang = "py"\n', "5: `schema` and `extract_lang` exclude"),
    (HEAD + 'schema = "a"\nextract_last = true\n', "5: `schema` and `extract_last` exclude"),
    (HEAD + 'judge = "a"\njudge_sees = ["prompt", "all"]\n', '5: `judge_sees` knows no "all"'),
    (EXPECTS + "tools = []\n", "5: `tools` is empty"),
    (EXPECTS + 'params = { a = 1, input = "y" }\n', "5: `params.input` would replace the prompt"),
    (
        EXPECTS + 'tools = "t"\nparams = { "tools.0" = 1 }\n',
        "6: `params.tools` would replace `tools`",
    ),
]


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_contradicts_itself_is_refused_with_its_line(read, text, words):
    """Whatever would be weaker than it reads, or asked of nobody."""
    with pytest.raises(UsageError) as caught:
        read(text)

    assert caught.value.message.startswith(f"s.toml:{words}"), caught.value.message


TAKEN = [
    HEAD + 'decide = "q"\nsure = 0.9\n',
    HEAD + 'one_of = ["a", "b"]\nsure = 0.9\nvotes = 3\n',
    HEAD + 'judge = "j"\njudge_votes = 3\nsure = 0.9\n',
    EXPECTS + CASES + 'group = "g"\nlabel = "l"\nrequire = 3\n',
    EXPECTS + 'group = "g"\n[[test.case]]\na = 1\n',
    '[[test]]\nanswer = "a"\njudge = "j"\nfiles = ["f"]\njudge_sees = ["files"]\n',
    EXPECTS + f"repeat = {MOST_REPEATS}\nrequire = {MOST_REPEATS}\n",
    EXPECTS + "ignore_case = true\n",
    HEAD + "extract = true\n",
    HEAD + 'schema = "a"\nextract = false\n',
    '[[test]]\nprompt = ""\nfiles = ["f"]\nexpect = "x"\n',
    EXPECTS + "params = { inputs = 1, tools = [] }\n",
    HEAD + 'calls = ["{{ v }}", "f", { name = "g", arguments = { a = 1 } }]\n',
]


@pytest.mark.parametrize("text", TAKEN)
def test_what_stands_together_is_taken(read, text):
    """No false alarm."""
    assert len(read(text)) == 1


def test_what_is_expected_is_kept_as_reports_show_it(read):
    """Each as the suite says it, one line each, in the order of the keys."""
    [case] = read(
        HEAD
        + 'expect = ["a", "b"]\nequals = "c"\nmax_words = 3\ncalls = ["f", { name = "g" }]\n'
        + 'decide = ["q", { question = "r", expect = "no" }]\njudge = "j"\nsure = 0.9\n'
        + 'allow_empty = true\nallow_refusal = false\nreject_re = "x"\n'
    )

    assert case.expected == (
        ("equals", "c"), ("expect", "a"), ("expect", "b"), ("reject_re", "x"), ("calls", "f"),
        ("calls", '{"name":"g"}'), ("max_words", "3"), ("decide", "q"),
        ("decide", "r | expect: no"), ("judge", "j"), ("allow_empty", "true"), ("sure", "0.9"),
    )  # fmt: skip
    [case] = read(HEAD + 'one_of = ["a", "b"]\nvotes = 3\n')
    assert case.expected == (("one_of", "a, b"), ("votes", "3"))
    assert set(dict(case.expected)) <= {*EXPECTATIONS, "votes"}


def test_which_block_is_judged(read):
    """The first, the last, one of a language; none where nothing says so."""
    wanted = {
        "extract = true": Extraction(),
        "extract_last = true": Extraction(is_last=True),
        'extract_lang = "py"': Extraction("py"),
        'extract_lang = "py"\nextract_last = true': Extraction("py", is_last=True),
    }
    for keys, extraction in wanted.items():
        assert read(HEAD + keys + "\n")[0].wants.extraction == extraction
    assert read(EXPECTS + "extract = false\n")[0].wants.extraction is None


def test_what_a_test_does_not_say_holds_as_usual(read):
    """The defaults of the reference."""
    [case] = read(EXPECTS)

    assert (case.repeat, case.require, case.judge_votes, case.models) == (1, 1, 1, ())
    assert (case.allow_empty, case.allow_refusal, case.wants.ignore_case) == (None, False, False)
    assert (case.skip, case.cases, case.inline, case.places["expect"]) == (None, None, (), 4)
    assert case.has_named_rows


def test_rows_in_the_suite_know_their_lines(read):
    """As tables, or inline, where all have the line of the key."""
    [case] = read(EXPECTS + "[[test.case]]\na = 1\n\n[[test.case]]\na = 2\n")
    assert [(line, row["a"]) for line, row in case.inline] == [(5, 1), (8, 2)]
    [case] = read(EXPECTS + "case = [{ a = 1 }, { a = 2 }]\n")
    assert [(line, row["a"]) for line, row in case.inline] == [(5, 1), (5, 2)]


def test_lines_are_those_of_the_test_or_of_the_defaults(read):
    """A table of its own begins where its header stands; a key in a long text is none."""
    first, second = read(
        '[defaults]\nrepeat = 2\n[defaults.vars]\nv = "x"\n\n'
        '[[test]]\nname = "a"\nprompt = """\nexpect = "no"\n"""\nexpect = "y"\n'
        '[test.vars]\nw = "z"\n\n[[test]]\nname = "b"\nrepeat = 3\nprompt = "p"\nexpect = "z"\n'
    )

    assert {k: first.places[k] for k in ("name", "prompt", "expect", "repeat", "vars")} == {
        "name": 7, "prompt": 8, "expect": 11, "repeat": 2, "vars": 12,
    }  # fmt: skip
    assert (first.line, second.line) == (6, 15)
    assert {k: second.places[k] for k in ("repeat", "vars")} == {"repeat": 17, "vars": 3}
    inline = read('test = [{ name = "a", prompt = "p", expect = "x" }]\n')
    assert (inline[0].line, inline[0].places["expect"]) == (1, 1)


def test_what_is_wrong_at_the_top_has_its_line(read):
    """A key of none, tables of another kind."""
    for text, words in (
        ("\ntset = 1\n", "s.toml:2: unknown key `tset`"),
        (EXPECTS + "[other]\na = 1\n", "s.toml:5: unknown key `other`"),
        ("[test]\nname = 1\n", "s.toml: `test` is a list of tables"),
        ("defaults = 1\n" + EXPECTS, "s.toml: `defaults` is a table"),
        ("[defaults]\n\nname = 'x'\n" + EXPECTS, "s.toml:3: "),
        ("[defaults]\nrepeat = 'x'\n" + EXPECTS, "s.toml:2: `repeat` must be"),
    ):
        with pytest.raises(UsageError) as caught:
            read(text)
        assert caught.value.message.startswith(words), caught.value.message
