"""`gradient decide`: the word on stdout, the numbers on stderr, a status that `if` can read."""

import json

import pytest

from tests.replay_server import Framing, Play, framed

USAGE = {"input_tokens": 120, "output_tokens": 1}


def reply(answers, status="200 OK", **around):
    """Give a whole HTTP reply."""
    body = {"model": "jev-1", "answers": answers, "usage": USAGE, **around}
    return Play(
        framed(
            json.dumps(body).encode(),
            Framing.LENGTH,
            content_type="application/json",
            status=status,
            headers=["x-request-id: req-7"],
        )
    )


def yes(probability):
    return reply({"decision": {"type": "noul", "noul": probability}})


def choice(**probabilities):
    top = max(probabilities, key=probabilities.get)
    return reply({"decision": {"type": "choice", "choice": top, "probabilities": probabilities}})


def score(*probabilities):
    numbered = {str(number): p for number, p in enumerate(probabilities)}
    expected = sum(number * p for number, p in enumerate(probabilities))
    return reply({"decision": {"type": "score", "score": expected, "probabilities": numbered}})


@pytest.fixture
def decides(home, replay_server):
    """Give a function that runs `decide` against a scripted reply."""
    home.exports(
        GRADIENT_INFERENCE_ENDPOINT=replay_server.url, GRADIENT_MODEL_ACCESS_KEY="sk-do-sesame"
    )

    def run(play, *argv, stdin=b"diff --git a b\n"):
        replay_server.then(play)
        return home.runs("decide", "-m", "jev-1", *argv, stdin=stdin)

    run.server, run.home = replay_server, home
    return run


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("probability", "flags", "status", "word"),
    [
        (0.97, (), 0, "yes\n"),
        (0.03, (), 1, "no\n"),
        (0.97, ("--expect", "no"), 1, "yes\n"),
        (0.03, ("--expect", "no"), 0, "no\n"),
        (0.95, ("--sure", "0.9"), 0, "yes\n"),
        (0.05, ("--sure", "0.9"), 1, "no\n"),
        (0.9, ("--sure", "0.9"), 0, "yes\n"),
        (0.1, ("--sure", "0.9"), 1, "no\n"),
        (0.89, ("--sure", "0.9"), 9, "yes\n"),
        (0.11, ("--sure", "0.9"), 9, "no\n"),
        (0.5, (), 9, "yes\n"),
    ],
)
def test_yes_is_0_no_is_1_and_between_is_9(decides, probability, flags, status, word):
    """The band around a half is symmetric; exactly a half is neither."""
    found = decides(yes(probability), "Does it leak?", *flags)

    assert found[:2] == (status, word)


def test_the_probability_is_told_on_stderr(decides):
    """The most probable first; --quiet says nothing of it."""
    assert decides(yes(0.97), "Does it leak?")[2] == "yes 0.97, no 0.03\n"
    assert decides(yes(0.97), "Does it leak?", "-q")[2] == ""


def test_unsure_says_what_the_numbers_were(decides):
    """And what was asked for."""
    err = decides(yes(0.7), "Does it leak?", "--sure", "0.9")[2]

    assert "not sure enough: yes 0.7, no 0.3; --sure wants 0.9" in err


def test_state_and_question_are_sent_by_their_names(decides):
    """stdin as it is, and nothing that was not said."""
    decides(yes(0.9), "Does it leak?")

    [request] = decides.server.received
    assert request.head.startswith(b"POST /v1/systemone ")
    assert json.loads(request.body) == {
        "model": "jev-1",
        "state": "diff --git a b\n",
        "questions": {"decision": {"type": "noul", "instructions": "Does it leak?"}},
    }


def test_a_file_alone_is_the_state(decides, tmp_path):
    """As it is; beside stdin both are labelled."""
    file = tmp_path / "a.txt"
    file.write_text("text")

    decides(yes(0.9), "Is it?", "-f", str(file), stdin=b"")
    alone = json.loads(decides.server.received[-1].body)["state"]
    decides(yes(0.9), "Is it?", "-f", str(file), stdin=b"more")
    both = json.loads(decides.server.received[-1].body)["state"]

    assert alone == "text"
    assert both == f'<file path="{file}">\ntext\n</file>\n<stdin>\nmore\n</stdin>\n'


@pytest.mark.parametrize(
    ("flags", "status"),
    [
        ((), 0),
        (("--expect", "bug"), 0),
        (("--expect", "wish"), 1),
        (("--sure", "0.8"), 0),
        (("--sure", "0.81"), 9),
        (("--expect", "wish", "--sure", "0.81"), 9),
    ],
)
def test_one_of_chooses(decides, flags, status):
    """The option is printed; an expectation or --sure decides the status."""
    found = decides(choice(bug=0.8, wish=0.2), "What is it?", "--one-of", "bug,wish", *flags)

    assert found[:2] == (status, "bug\n")


def test_options_may_have_descriptions(decides, tmp_path):
    """A TOML file: option = what it means."""
    labels = tmp_path / "labels.toml"
    labels.write_text('bug = "it is broken"\nwish = ""\n')

    status, out, _ = decides(choice(bug=0.8, wish=0.2), "What is it?", "--one-of-file", str(labels))

    asked = json.loads(decides.server.received[0].body)["questions"]["decision"]
    assert (status, out) == (0, "bug\n")
    assert asked["criteria"] == {"bug": "it is broken", "wish": None}


@pytest.mark.parametrize(
    ("levels", "flags", "status", "word"),
    [
        ((0.45, 0.4, 0.15), (), 0, "annoyed"),
        ((0.45, 0.4, 0.15), ("--at-least", "annoyed"), 0, "annoyed"),
        ((0.45, 0.4, 0.15), ("--at-most", "calm"), 1, "annoyed"),
        ((0.45, 0.4, 0.15), ("--at-most", "annoyed"), 0, "annoyed"),
        ((0.45, 0.4, 0.15), ("--at-least", "annoyed", "--sure", "0.9"), 9, "annoyed"),
        ((0.02, 0.4, 0.58), ("--at-least", "annoyed", "--sure", "0.9"), 0, "angry"),
        ((0.95, 0.04, 0.01), ("--at-least", "annoyed", "--sure", "0.9"), 1, "calm"),
        ((0.5, 0.3, 0.2), ("--at-least", "annoyed"), 9, "calm"),
    ],
)
def test_a_scale_is_gated_by_the_probability_of_its_levels(decides, levels, flags, status, word):
    """What --at-least asks is true with the sum of those levels' probabilities."""
    found = decides(score(*levels), "How angry?", "--scale", "calm,annoyed,angry", *flags)

    assert found[:2] == (status, f"{word}\n")


def test_several_questions_are_one_request_and_one_object(decides):
    """A no is an answer like another; unsure is status 9 and named."""
    answers = {"leak": {"type": "noul", "noul": 0.02}, "tests": {"type": "noul", "noul": 0.6}}

    sure = decides(reply(answers), "--ask", "leak=It leaks", "--ask", "tests=No tests")
    unsure = decides(
        reply(answers), "--ask", "leak=It leaks", "--ask", "tests=No tests", "--sure", "0.9"
    )

    assert sure[0] == 0
    assert json.loads(sure[1])["leak"]["decision"] == "no"
    assert unsure[0] == 9
    assert json.loads(unsure[1])["tests"]["unsure"] is True
    assert "tests: not sure enough" in unsure[2]


def test_json_is_one_object(decides):
    """On success and on failure."""
    status, out, _ = decides(yes(0.7), "Does it leak?", "--sure", "0.9", "--json")
    found = json.loads(out)

    assert status == found["exit_code"] == 9
    assert (found["decision"], found["probability"], found["unsure"]) == ("yes", 0.7, True)
    assert found["probabilities"] == {"yes": 0.7, "no": pytest.approx(0.3)}
    assert (found["model"], found["request_id"], found["attempts"]) == ("jev-1", "req-7", 1)
    assert found["usage"]["input_tokens"] == 120
    assert found["response"]["answers"]["decision"]["noul"] == 0.7


def test_json_on_failure_too(decides):
    """A reply that is no decision."""
    status, out, err = decides(yes(1.7), "Does it leak?", "--json")

    assert status == json.loads(out)["exit_code"] == 5
    assert "the reply is no decision" in err


@pytest.mark.sampled
@pytest.mark.parametrize("code", ["424 Failed Dependency", "529 Overloaded", "503 Busy"])
def test_a_failing_provider_is_asked_again(decides, code):
    """424 is a 5xx in effect."""
    decides.server.then(reply({}, status=code), yes(0.9))

    status = decides_once(decides, "Does it leak?", "--retries", "1")

    assert status == 0
    assert len(decides.server.received) == 2


def decides_once(decides, *argv):
    """Run with what was scripted already."""
    return decides.home.runs("decide", "-m", "jev-1", *argv, stdin=b"x")[0]


@pytest.mark.parametrize(
    ("code", "status"),
    [("424 F", 5), ("529 O", 5), ("401 U", 3), ("403 F", 3), ("422 U", 4), ("404 N", 4)],
)
def test_a_refusal_has_its_status(decides, code, status):
    """As everywhere."""
    assert decides(reply({}, status=code), "Does it leak?", "--retries", "0")[0] == status


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ((), "there is no question"),
        (("  ",), "there is no question"),
        (("q", "--one-of", "a"), "--one-of"),
        (("q", "--one-of", "a,b", "--scale", "c,d"), "exclude each other"),
        (("q", "--ask", "a=b"), "QUESTION and --ask exclude"),
        (("--ask", "a=b", "--ask", "a=c"), "--ask a is given twice"),
        (("q", "--sure", "0.4"), "0.5 to 1"),
        (("q", "--sure", "1.1"), "0.5 to 1"),
        (("q", "--expect", "maybe"), "is not one of yes, no"),
        (("q", "--at-least", "yes"), "belong to --scale"),
        (("q", "--scale", "a,b", "--at-least", "b", "--at-most", "a"), "no level is at least"),
        (("q", "--scale", "a,b,c,d,e,f,g,h,i,j,k"), "11 levels; the most is 10"),
        (("q", "--one-of", "a,b", "--expect", "c"), "is not one of a, b"),
    ],
)
def test_what_cannot_be_asked_is_status_2(home, argv, words):
    """Nothing is sent."""
    status, out, err = home.runs("decide", "-m", "x", *argv, stdin=b"state")

    assert (status, out) == (2, "")
    assert words in err


def test_nothing_to_decide_about_is_status_2(home):
    """An empty pipe proves nothing."""
    status, _, err = home.runs("decide", "-m", "x", "Does it leak?", stdin=b"")

    assert status == 2
    assert "there is nothing to decide about" in err


def test_without_a_model_the_service_is_asked_what_it_offers(decides, home):
    """The hint names the models that decide."""
    body = json.dumps({"data": [{"id": "llama3"}, {"id": "typesafe-jev-1.13.0"}]}).encode()
    decides.server.then(Play(framed(body, Framing.LENGTH, content_type="application/json")))

    status, _, err = home.runs("decide", "Does it leak?", stdin=b"x")

    assert status == 2
    assert "no decision model is set" in err
    assert "the service offers typesafe-jev-1.13.0" in err


def test_the_model_may_stand_in_the_settings(decides, home):
    """As decide_model, apart from the one that writes."""
    home.writes('model = "llama3"\ndecide_model = "jev-2"\n')
    decides.server.then(yes(0.9))

    assert home.runs("decide", "Does it leak?", stdin=b"x")[0] == 0
    assert json.loads(decides.server.received[0].body)["model"] == "jev-2"


def test_a_recorded_decision_is_replayed_without_a_socket(decides, home, tmp_path):
    """As any exchange."""
    tapes = str(tmp_path / "tapes")
    decides(yes(0.9), "Does it leak?", "--record", tapes)
    asked = len(decides.server.received)

    again = home.runs(
        "decide", "-m", "jev-1", "Does it leak?", "--replay", tapes, stdin=b"diff --git a b\n"
    )

    assert again[:2] == (0, "yes\n")
    assert len(decides.server.received) == asked


def test_a_dry_run_prints_the_body(home):
    """Nothing is sent, and no key is looked for."""
    status, out, _ = home.runs("decide", "-m", "x", "Is it?", "-n", stdin=b"state")

    assert status == 0
    assert json.loads(out)["questions"]["decision"]["instructions"] == "Is it?"


def test_curl_prints_the_command(home):
    """The key as a variable."""
    status, out, _ = home.runs("decide", "-m", "x", "Is it?", "--curl", stdin=b"state")

    assert status == 0
    assert out.startswith("curl -sS https://inference.do-ai.run/v1/systemone ")  # No stream: no -N.
    assert "Bearer $MODEL_ACCESS_KEY" in out


def test_a_wrong_flag_under_json_leaves_an_object(home):
    """A program that reads stdout finds one on every failure."""
    status, out, _ = home.runs("decide", "--json", "--sure", "7", "Is it?", stdin=b"x")

    assert status == json.loads(out)["exit_code"] == 2
