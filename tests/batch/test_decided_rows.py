"""`batch run --decide`: rows that a decision model decides about, resumed and counted."""

import csv
import io
import json

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.streams import Terminal

ROWS = [("a", 0.97), ("b", 0.02), ("c", 0.7), ("d", 0.95)]
"""(text, probability of yes)"""


class Place:
    """A folder with rows, and what came of a run."""

    def __init__(self, folder):
        self.folder = folder
        self.rows = folder / "rows.csv"
        self.out = folder / "out.jsonl"
        self.write(ROWS)

    def write(self, rows):
        lines = ["id,text,note", *(f"{n},<{text}>,x" for n, (text, _) in enumerate(rows))]
        self.rows.write_text("\n".join(lines) + "\n")
        self.odds = tuple(
            Behaviour(odds={"yes": p, "no": 1 - p}, match=f"<{text}>", times=0) for text, p in rows
        )

    def runs(self, *argv, url="", decisions=None):
        terminal = Terminal.recording()
        (self.folder / "config.toml").touch()
        environ = {"GRADIENT_CONFIG": str(self.folder / "config.toml")}
        with MockServer(Script(decisions=decisions or self.odds)) as server:
            given = [one.replace("URL", server.url) for one in argv]
            status = run(["batch", *given], Invocation(terminal, environ))
            self.requests = list(server.requests)
        self.stdout, self.stderr = terminal.stdout_text, terminal.stderr_text
        return status

    def decides(self, *flags, question="Is it spam?", **more):
        return self.runs(
            "run", "--decide", question, "-m", "jev-1", "-i", str(self.rows), "-o", str(self.out),
            "--base-url", "URL", "--retries", "0", *flags, **more,
        )  # fmt: skip

    @property
    def lines(self):
        return {row["id"]: row for row in map(json.loads, self.out.read_text().splitlines())}


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def test_each_row_is_decided_and_a_no_is_an_answer(place):
    """The column `text` is the state; nothing else of the row is sent."""
    assert place.decides() == 0, place.stderr

    assert {row["decision"] for row in place.lines.values()} == {"yes", "no"}
    row = place.lines["1"]
    assert (row["ok"], row["text"], row["label"], row["unsure"]) == (True, "no", "no", False)
    assert row["probability"] == pytest.approx(0.98)
    assert row["probabilities"] == pytest.approx({"yes": 0.02, "no": 0.98})
    body = min((r.body for r in place.requests), key=lambda body: body["state"])
    assert body["state"] == "<a>"
    assert body["questions"]["decision"] == {"type": "noul", "instructions": "Is it spam?"}
    assert body["model"] == "jev-1"


def test_a_template_says_what_the_state_is_and_the_question_may_ask_for_columns(place):
    """PROMPT is the state."""
    status = place.decides("Text: {{ text }}", question="Is {{ note }} mentioned?")

    assert status == 0, place.stderr
    assert {r.body["state"] for r in place.requests} >= {"Text: <a>", "Text: <b>"}
    asked = {r.body["questions"]["decision"]["instructions"] for r in place.requests}
    assert asked == {"Is x mentioned?"}


def test_unsure_rows_are_status_9_and_are_not_asked_again(place):
    """The same command has the same status, and sends nothing."""
    assert place.decides("--sure", "0.9") == 9
    row = place.lines["2"]
    assert (row["ok"], row["exit_code"], row["unsure"], row["label"]) == (False, 9, True, "yes")
    assert "3 ok, 0 failed, 1 unsure" in place.stderr

    assert place.decides("--sure", "0.9") == 9
    assert place.requests == []
    assert "1 are unsure" in place.stderr
    assert len(place.lines) == 4


@pytest.mark.real
def test_another_threshold_or_model_asks_anew(place):
    """What stood there is set aside, not lost."""
    place.decides("--sure", "0.9")

    assert place.decides("--sure", "0.6") == 0
    assert len(place.requests) == 4
    assert len((place.folder / "out.stale.jsonl").read_text().splitlines()) == 4


@pytest.mark.real
def test_a_run_goes_on_where_it_stopped(place):
    """Only what is not answered is asked; what failed is asked again."""
    broken = (Behaviour(status=500, match="<d>", times=0), *place.odds)
    assert place.decides(decisions=broken) == 5
    assert place.lines["3"]["ok"] is False

    assert place.decides() == 0
    assert [r.body["state"] for r in place.requests] == ["<d>"]


@pytest.mark.real
def test_a_changed_row_is_asked_again(place):
    """The join is right."""
    place.decides()
    place.write([("a", 0.97), ("b", 0.02), ("changed", 0.03), ("d", 0.95)])

    assert place.decides() == 0
    assert [r.body["state"] for r in place.requests] == ["<changed>"]
    assert place.lines["2"]["decision"] == "no"


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("flags", "odds", "status", "words"),
    [
        (("--one-of", "bug,wish"), {"bug": 0.8}, 0, {"bug"}),
        (("--one-of", "bug,wish", "--expect", "wish"), {"bug": 0.8}, 1, {"bug"}),
        (("--one-of", "bug,wish", "--sure", "0.9"), {"bug": 0.8}, 9, {"bug"}),
        (("--scale", "calm,cross,mad", "--at-most", "cross"), {"calm": 0.9}, 0, {"calm"}),
        (("--scale", "calm,cross,mad", "--at-least", "mad"), {"calm": 0.9}, 1, {"calm"}),
        (("--expect", "yes"), {"yes": 0.1}, 1, {"no"}),
    ],
)
def test_every_kind_of_question(place, flags, odds, status, words):
    """Options, levels, and what is wanted of them."""
    found = (Behaviour(odds=odds, times=0),)

    assert place.decides(*flags, decisions=found) == status, place.stderr
    assert {row["label"] for row in place.lines.values()} == words


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--temperature", "0"), "--temperature and --decide exclude"),
        (("--schema", "a int"), "--schema and --decide exclude"),
        (("-s", "x"), "--instructions and --decide exclude"),
        (("-x",), "-x and --decide exclude"), (("--sure", "0.2"), "out of range"),
        (("--param", "a=1"), "--param and --decide exclude"),
        (("--at-least", "mad"), '--at-least "mad" is not one of'),
        (("--one-of", "a,b", "--scale", "a,b"), "exclude each other"),
        (("{{ nothing }}",), "nothing"),
    ],
)  # fmt: skip
def test_what_says_nothing_of_a_decision_is_refused(place, argv, message):
    """Before anything is sent."""
    assert place.decides(*argv) == 2
    assert message in place.stderr
    assert place.requests == []


@pytest.mark.parametrize("flag", ["--sure=0.9", "--scale=a,b", "--at-most=a", "--yes-means=x"])
def test_flags_of_decisions_belong_to_decide(place, flag):
    """They would say nothing."""
    assert place.runs("run", "x", "-i", str(place.rows), "--base-url", "URL", flag) == 2
    assert "belongs to --decide" in place.stderr


def test_a_dry_run_shows_the_bodies(place):
    """As they are sent."""
    assert place.decides("-n") == 0
    bodies = [json.loads(row) for row in place.stdout.splitlines()]
    assert [body["state"] for body in bodies] == ["<a>", "<b>", "<c>", "<d>"]
    assert set(bodies[0]) == {"model", "state", "questions"}


@pytest.mark.real
def test_the_summary_has_the_labels_and_how_many_are_unsure(place):
    """For people and for programs."""
    place.decides("--sure", "0.9")
    assert place.runs("summary", str(place.out), "--json") == 0
    found = json.loads(place.stdout)
    assert found["labels"] == {"yes": 3, "no": 1}
    assert found["unsure"] == {"total": 1, "labels": {"yes": 1}}
    assert (found["ok"], found["failed"], found["decided"]) == (3, 0, 4)

    place.runs("summary", str(place.out))
    assert "1 unsure (33.3 %)" in place.stdout
    assert "1 of 4 decisions are unsure (25.0 %)" in place.stdout


def test_the_table_has_decision_and_probability(place):
    """Beside the row's own columns."""
    place.decides("--sure", "0.9")

    assert place.runs("table", "-i", str(place.rows), "-o", str(place.out), "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(place.stdout)))
    assert [(row["text"], row["decision"], row["unsure"]) for row in rows] == [
        ("<a>", "yes", "false"), ("<b>", "no", "false"),
        ("<c>", "yes", "true"), ("<d>", "yes", "false"),
    ]  # fmt: skip
    assert float(rows[2]["probability"]) == pytest.approx(0.7)


@pytest.mark.real
def test_rows_are_recorded_and_replayed(place):
    """Without a socket."""
    tapes = str(place.folder / "tapes")
    place.decides("--record", tapes)
    first = {n: row["decision"] for n, row in place.lines.items()}
    place.out.unlink()

    assert place.decides("--replay", tapes) == 0
    assert {n: row["decision"] for n, row in place.lines.items()} == first
    assert place.requests == []


def test_the_model_of_the_settings_decides(place):
    """`decide_model`, not `model`."""
    (place.folder / "config.toml").write_text('model = "writes"\ndecide_model = "decides"\n')
    argv = ["run", "--decide", "Is it?", "-i", str(place.rows), "-o", str(place.out)]

    assert place.runs(*argv, "--base-url", "URL") == 0
    assert {r.body["model"] for r in place.requests} == {"decides"}


def test_a_row_that_says_what_has_no_place_is_refused(place):
    """A temperature would be silently dropped."""
    place.rows = place.folder / "rows.jsonl"
    place.rows.write_text('{"id": 1, "prompt": "x", "temperature": 0}\n')

    assert place.decides() == 2
    assert '"temperature" says nothing of a decision' in place.stderr


def test_rows_without_a_text_say_what_is_decided_about(place):
    """A label must not be part of a state by accident."""
    place.rows.write_text("id,label\n1,yes\n")

    assert place.decides() == 2
    assert "there is nothing to decide about" in place.stderr
    assert "'{{ NAME }}'; or a column prompt, state, text" in place.stderr


def test_options_of_a_file_have_their_meaning(place):
    """As in `decide`."""
    labels = place.folder / "labels.toml"
    labels.write_text('bug = "something is broken"\nwish = ""\n')
    found = (Behaviour(odds={"bug": 0.8}, times=0),)

    assert place.decides("--one-of-file", str(labels), decisions=found) == 0
    criteria = place.requests[0].body["questions"]["decision"]["criteria"]
    assert criteria == {"bug": "something is broken", "wish": None}
