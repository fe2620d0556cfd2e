"""`gradient models`: a table for people, lines for pipes, objects for programs."""

import json

import pytest

from tests.replay_server import Framing, Play, framed

MODELS = [
    {"id": "openai-gpt-oss-20b", "object": "model", "created": 1752255238, "owned_by": "do"},
    {"id": "alibaba-qwen3-32b", "object": "model", "created": 0, "owned_by": None},
]


@pytest.fixture
def endpoint(home, replay_server):
    """A server that lists two models; the user's environment leads there."""
    body = json.dumps({"object": "list", "data": MODELS}).encode()
    replay_server.then(Play(framed(body, Framing.LENGTH, content_type="application/json")))
    home.exports(
        GRADIENT_INFERENCE_ENDPOINT=replay_server.url, GRADIENT_MODEL_ACCESS_KEY="sk-do-sesame"
    )
    return replay_server


def test_a_pipe_gets_an_id_a_line(home, endpoint):
    """Sorted, and nothing else."""
    assert home.runs("models") == (0, "alibaba-qwen3-32b\nopenai-gpt-oss-20b\n", "")
    assert b"Bearer sk-do-sesame" in endpoint.received[0].head


def test_a_terminal_gets_a_table(home, endpoint):
    """Id, owner and day; the width of the terminal."""
    home.exports(TERM="dumb")

    status, out, _ = home.runs("models", is_tty=True)

    assert status == 0
    assert [line.split() for line in out.splitlines()] == [
        ["model", "owner", "since"],
        ["alibaba-qwen3-32b"],
        ["openai-gpt-oss-20b", "do", "2025-07-11"],
    ]


def test_json_holds_the_servers_own_objects(home, endpoint):
    """Fields that nobody knows today are there, too."""
    status, out, _ = home.runs("models", "--json")

    assert status == 0
    assert sorted(json.loads(out), key=str) == sorted(MODELS, key=str)


def test_a_filter_keeps_what_has_it_inside(home, endpoint):
    """Whatever its case."""
    assert home.runs("models", "GPT-oss")[1] == "openai-gpt-oss-20b\n"


def test_a_filter_without_a_match_is_status_1_with_the_nearest(home, endpoint):
    """As grep says no."""
    status, out, err = home.runs("models", "qwne3")

    assert (status, out) == (1, "")
    assert err == (
        'gradient: none of 2 models has "qwne3" in its id\nhint: near: alibaba-qwen3-32b\n'
    )


def test_no_key_is_status_3_and_nothing_is_sent(home):
    """The places that were looked in are named."""
    status, out, err = home.runs("models")

    assert (status, out) == (3, "")
    assert "$GRADIENT_MODEL_ACCESS_KEY" in err


def test_the_whole_list_is_left_for_the_completion_of_m(home, endpoint):
    """No network at TAB; a name that a shell could misread is not in it, a filtered list is none."""
    home.exports(XDG_CONFIG_HOME=str(home.folder / "config"))
    left = home.folder / "config" / "gradient-cli" / "models.txt"

    home.runs("models", "qwen")
    assert not left.exists()
    home.runs("models")
    assert left.read_text() == "alibaba-qwen3-32b\nopenai-gpt-oss-20b\n"


def test_a_closed_folder_costs_no_list(home, endpoint, tmp_path):
    """What TAB offers is no reason for a status."""
    (tmp_path / "file").write_text("")
    home.exports(XDG_CONFIG_HOME=str(tmp_path / "file"))

    assert home.runs("models")[0] == 0
