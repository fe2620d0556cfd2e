"""`check --calibrate`: a data set with labels, through the program."""

import json
import random

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.streams import Terminal

HEAD = '[defaults]\nmodel = "m"\ndecide_model = "jev-1"\n'
DECIDE = '[[test]]\nname = "polite"\nanswer = "{{ text }}"\ndecide = "polite"\ncases = "r.csv"\n'
ROWS = [("a", "yes", 0.95), ("b", "no", 0.1), ("c", "no", 0.8), ("d", "yes", 0.55)]
"""(text, right, probability of yes)"""


class Place:
    """A folder, a suite with rows, and what came of a run."""

    def __init__(self, folder):
        self.folder = folder
        self.behaviours = (Behaviour(text="x", times=0),)

    def runs(self, suite, *flags, rows=ROWS, head=HEAD, column="label", name=str, environ=None):
        (self.folder / "s.toml").write_text(head + suite)
        (self.folder / "config.toml").touch()
        lines = [f"id,text,{column}", *(f"{t},<{t}>,{name(right)}" for t, right, _ in rows)]
        (self.folder / "r.csv").write_text("\n".join(lines) + "\n")
        odds = tuple(
            Behaviour(odds={"yes": p, "no": 1 - p}, match=f"<{t}>", times=0)
            if isinstance(p, float)
            else p
            for t, _, p in rows
        )
        terminal = Terminal.recording()
        settings = {"GRADIENT_CONFIG": str(self.folder / "config.toml"), **(environ or {})}
        with MockServer(Script(behaviours=self.behaviours, decisions=odds)) as server:
            argv = ["check", str(self.folder / "s.toml"), "--calibrate", "--retries", "0"]
            argv += ["--base-url", server.url, *flags]
            status = run(argv, Invocation(terminal, settings))
            self.requests = list(server.requests)
        self.out, self.err = terminal.stdout_text, terminal.stderr_text
        return status

    @property
    def found(self):
        """The calibrations of a run with --json."""
        return json.loads(self.out)["calibrations"]


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def test_decisions_are_held_against_labels(place):
    """A wrong one is no failure: the status is 0."""
    assert place.runs(DECIDE, "--json") == 0, place.err

    (found,) = place.found
    assert (found["rows"], found["right"], found["from"]) == (4, 3, "model")
    assert found["decided_by"] == "jev-1"
    cut = {cut["sure"]: cut for cut in found["thresholds"]}
    assert (cut[0.5]["decided"], cut[0.5]["right"]) == (4, 3)
    assert (cut[0.8]["decided"], cut[0.8]["right"]) == (3, 2)
    assert (cut[0.9]["decided"], cut[0.9]["right"]) == (2, 2)
    assert found["brier"] == pytest.approx((0.05**2 + 0.1**2 + 0.8**2 + 0.45**2) / 4, abs=1e-4)
    assert found["agreement"]["true_yes"] == 2
    assert found["agreement"]["false_yes"] == 1
    assert found["recommended"]["sure"] is None
    assert "too few rows to say" in found["recommended"]["why"]


@pytest.mark.sampled
@pytest.mark.parametrize("words", [("true", "false"), ("1", "0"), ("Yes", "NO"), ("pass", "fail")])
def test_a_table_may_call_yes_and_no_by_other_words(place, words):
    """As tables do."""
    name = dict(zip(("yes", "no"), words, strict=True)).__getitem__

    assert place.runs(DECIDE, "--json", name=name) == 0
    assert place.found[0]["right"] == 3


def test_sure_and_expectations_do_not_keep_a_row_from_being_asked(place):
    """Everything is decided, whatever was met."""
    assert place.runs(f'{DECIDE}sure = 0.99\nequals = "nothing"\n', "--json") == 0
    assert place.found[0]["rows"] == 4


@pytest.mark.parametrize(
    ("column", "suite", "message"),
    [
        ("right", DECIDE, "no column says what is right"),
        ("label", f'{DECIDE}label = "other"\n', "r.csv:2: there is no column `other`"),
        ("label", DECIDE.replace('"polite"\ncases', '["a", "b"]\ncases'), "one label cannot be"),
        ("label", '[[test]]\nprompt = "x"\nexpect = "x"\n', "no test has rows"),
    ],
)
def test_without_a_label_nothing_is_asked(place, column, suite, message):
    """With file and line."""
    assert place.runs(suite, column=column) == 2
    assert message in place.err
    assert place.requests == []


def test_a_label_that_is_no_word_is_named_with_its_row(place):
    """Before anything is sent."""
    assert place.runs(DECIDE, rows=[*ROWS, ("e", "maybe", 0.5)]) == 2
    assert 'r.csv:6: `label` is "maybe", which is none of yes, no' in place.err


@pytest.mark.parametrize("column", ["label", "expected", "right"])
def test_the_column_is_named_or_found(place, column):
    """`label` and `expected` by themselves."""
    named = 'label = "right"\n' if column == "right" else ""

    assert place.runs(DECIDE + named, "--json", column=column) == 0
    assert place.found[0]["right"] == 3


def test_several_decisions_have_their_own_columns(place):
    """One calibration each."""
    table = '{{ question = "{0}", label = "label" }}'
    suite = DECIDE.replace('"polite"\ncases', f"[{table.format('a')}, {table.format('b')}]\ncases")

    assert place.runs(suite, "--json") == 0
    assert [one["question"] for one in place.found] == ["a", "b"]


def test_a_row_that_could_not_be_judged_is_lost_and_told(place):
    """Its status is that of the run; the others are reckoned up."""
    rows = [*ROWS, ("e", "yes", Behaviour(status=500, match="<e>", times=0))]

    assert place.runs(DECIDE, "--json", rows=rows) == 5
    assert (place.found[0]["rows"], place.found[0]["lost"]) == (4, 1)
    assert "1 rows could not be judged" in json.loads(place.out)["notes"][0]


def test_two_equally_probable_words_are_no_decision(place):
    """Neither right nor wrong."""
    assert place.runs(DECIDE, "--json", rows=[("a", "yes", 0.5), ("b", "yes", 0.9)]) == 0
    assert (place.found[0]["undecided"], place.found[0]["thresholds"][0]["decided"]) == (1, 1)


def test_labels_by_votes(place):
    """The share of the most frequent label is its probability."""
    place.behaviours = tuple(
        Behaviour(text=text, times=1, match=f"<{row}>")
        for row, words in (("a", "yes yes no"), ("b", "no no no"), ("c", "yes yes yes"))
        for text in words.split()
    )
    suite = (
        '[[test]]\nname = "t"\nprompt = "{{ text }}"\none_of = ["yes", "no"]\nvotes = 3\n'
        'cases = "r.csv"\n'
    )

    assert place.runs(suite, "--json", "-j", "1", rows=ROWS[:3]) == 0, place.err
    (found,) = place.found
    assert (found["from"], found["rows"], found["right"]) == ("votes", 3, 2)
    assert found["thresholds"][-1]["decided"] == 2


def test_labels_without_token_probabilities_are_told_of(place):
    """And what helps."""
    suite = '[[test]]\nname = "t"\nprompt = "{{ text }}"\none_of = ["yes", "no"]\ncases = "r.csv"\n'
    place.behaviours = (Behaviour(text="yes", times=0),)

    assert place.runs(suite) == 0
    assert "the server sent no token probabilities: votes = 5" in place.out
    assert place.requests[0].body["include"] == ["message.output_text.logprobs"]


def test_judges_are_held_against_labels(place):
    """Precision, recall and kappa of pass."""
    place.behaviours = tuple(
        Behaviour(text=word, times=0, match=f"<{row}>")
        for row, word in (("a", "pass"), ("b", "fail"), ("c", "pass"), ("d", "pass"))
    )
    suite = DECIDE.replace("decide =", "judge =")

    assert place.runs(suite) == 0
    assert 'of "pass": precision 0.667, recall 1.000; kappa 0.500' in place.out
    assert "judge_votes = 5 gives a probability" in place.out


@pytest.mark.parametrize(
    "flags",
    [
        ("--junit", "x.xml"), ("--json-lines", "x.jsonl"), ("--fail-fast",), ("--repeat", "2"),
        ("--require", "50%"), ("--github",), ("--precision", "1"), ("--precision", "0.5"),
    ],
)  # fmt: skip
def test_flags_about_passing_say_nothing_here(place, flags):
    """Status 2, naming the flag."""
    flags = [str(place.folder / flag) if flag.startswith("x.") else flag for flag in flags]

    assert place.runs(DECIDE, *flags) == 2
    assert flags[0] in place.err


def test_precision_belongs_to_calibrate(place):
    """It would say nothing elsewhere."""
    terminal = Terminal.recording()
    environ = {"GRADIENT_CONFIG": str(place.folder / "none.toml")}

    assert run(["check", "s.toml", "--precision", "0.9"], Invocation(terminal, environ)) == 2
    assert "--precision belongs to --calibrate" in terminal.stderr_text


@pytest.mark.real
def test_the_page_has_a_diagram_and_loads_nothing(place):
    """Inline SVG, no script, and no text of a model that acts."""
    page = place.folder / "r.html"
    suite = DECIDE.replace('"polite"\ncases', '"<script>alert(1)</script>"\ncases')

    assert place.runs(suite, "--html", str(page)) == 0
    text = page.read_text()
    assert '<svg class="reliability"' in text
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "default-src 'none'" in text
    assert "http://" not in text.replace("http://www.w3.org", "")


@pytest.mark.real
def test_a_refused_run_replaces_the_page(place):
    """No report is older than its run."""
    page = place.folder / "r.html"

    assert place.runs(DECIDE, "--html", str(page)) == 0
    assert place.runs(DECIDE, "--html", str(page), column="nothing") == 2
    assert "no column says what is right" in page.read_text()


def test_a_replay_gives_the_same_calibration(place):
    """Without a socket."""
    tapes = str(place.folder / "tapes")
    place.runs(DECIDE, "--json", "--record", tapes)
    first = place.found

    assert place.runs(DECIDE, "--json", "--replay", tapes) == 0
    assert place.found == first
    assert place.requests == []


@pytest.mark.real
@pytest.mark.parametrize(("keeps", "lean"), [(1.0, None), (0.5, "overconfident")])
def test_a_model_that_says_too_much_is_seen(place, keeps, lean):
    """200 rows; right as often as it says, or half as far from a coin."""
    source, rows = random.Random(11), []
    for number in range(200):
        said = 1 - 0.5 * source.random() ** 2
        is_right = source.random() < 0.5 + keeps * (said - 0.5)
        is_yes = source.random() < 0.5
        right = "yes" if is_yes == is_right else "no"
        rows.append((f"r{number}", right, said if is_yes else 1 - said))

    assert place.runs(DECIDE, "--json", "--precision", "0.8", rows=rows) == 0
    (found,) = place.found
    assert found["lean"] == lean
    assert found["calibrated"] is (lean is None)
    assert (found["recommended"]["sure"] is not None) is (lean is None)
