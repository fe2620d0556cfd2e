"""`gradient auth`: a key is checked before it is kept, and never shown."""

import json
import os
import pty
import sys
from subprocess import Popen

import pytest

from gradient_cli.ask.invocation import Invocation
from gradient_cli.errors import ConnectionFailed, CredentialError
from gradient_cli.runs.login import Login, meant, numbered
from gradient_cli.settings.credentials import read_credentials
from gradient_cli.terminal.streams import Terminal
from tests.replay_server import Framing, Play, framed

KEY = "sk-do-sesame-1234"
IDS = ["llama-8b", "llama-70b", "gte-embed"]


def listing(status="200 OK", body=None):
    body = body or {"data": [{"id": name} for name in IDS]}
    return Play(
        framed(
            json.dumps(body).encode(),
            Framing.LENGTH,
            content_type="application/json",
            status=status,
        )
    )


@pytest.fixture
def endpoint(home, replay_server):
    """A server of one's own as profile `local`."""
    replay_server.then(listing())
    home.writes(f'[profiles.local]\nbase_url = "{replay_server.url}"\n')
    return replay_server


def stored(home):
    return {name: key.secret.reveal() for name, key in read_credentials(home.environ).keys.items()}


def login(home, answers=b"", ask=lambda question: KEY):
    """A login on a terminal; (stdout, stderr)."""
    terminal = Terminal.recording(answers, is_tty=True)
    Login(Invocation(terminal, home.environ), "local", ask).run(is_piped=False, is_checked=True)
    return terminal.stdout_text, terminal.stderr_text


def test_a_key_from_stdin_is_checked_and_kept(home, endpoint):
    """For scripts and password managers; nothing goes to stdout, and the key nowhere."""
    status, out, err = home.runs(
        "auth", "login", "-p", "local", "--with-key", stdin=f"{KEY}\n".encode()
    )

    assert (status, out) == (0, "")
    assert stored(home) == {"local": KEY}
    assert f"Bearer {KEY}".encode() in endpoint.received[0].head
    assert "…1234" in err
    assert "sesame" not in err


def test_a_key_that_is_not_accepted_is_not_kept(home, endpoint):
    """Status 3; the server's words are shown without the key."""
    endpoint.then(listing("401 Unauthorized", {"message": f"bad key {KEY}"}))

    status, _, err = home.runs("auth", "login", "-p", "local", "--with-key", stdin=KEY.encode())

    assert status == 3
    assert "nothing was kept" in err
    assert "sesame" not in err
    assert not home.credentials.exists()


def test_an_endpoint_without_a_list_still_gets_its_key(home, endpoint):
    """It cannot be checked there, and that is said."""
    endpoint.then(listing("404 Not Found", {"detail": "Not Found"}))

    status, _, err = home.runs("auth", "login", "-p", "local", "--with-key", stdin=KEY.encode())

    assert status == 0
    assert "is not checked" in err
    assert stored(home) == {"local": KEY}


def test_without_a_terminal_nothing_is_asked(home, endpoint):
    """A job does not hang at a prompt."""
    status, _, err = home.runs("auth", "login", "-p", "local", stdin=b"")

    assert status == 2
    assert "--with-key" in err
    assert not endpoint.received


@pytest.mark.parametrize("given", [b"", b"\n", b"two words\n", "schlüssel".encode(), b"\xff"])
def test_what_cannot_be_a_key_is_refused(home, endpoint, given):
    """Before the service is asked."""
    status, _, _ = home.runs("auth", "login", "-p", "local", "--with-key", stdin=given)

    assert status == 3
    assert not endpoint.received
    assert not home.credentials.exists()


def test_a_key_is_not_asked_for_where_it_could_not_be_sent(home):
    """Plain HTTP to another machine."""
    home.writes('[profiles.local]\nbase_url = "http://10.0.0.7"\n')

    status, _, err = home.runs("auth", "login", "-p", "local", "--with-key", stdin=KEY.encode())

    assert status == 2
    assert "plain HTTP" in err


def test_on_a_terminal_the_models_are_offered(home, endpoint):
    """The one that is chosen becomes the profile's default."""
    _, err = login(home, b"llama\n70b\n")

    assert "1 llama-70b" in err
    assert "gte-embed" not in err
    assert "that is in 2 of them" in err
    assert home.settings(profile="local").get("model") == "llama-70b"


def test_no_choice_sets_nothing(home, endpoint):
    """Enter, or the end of the input."""
    login(home, b"\n")
    login(home, b"")

    assert home.settings(profile="local").get("model") is None


def test_the_end_of_the_input_is_no_key(home, endpoint):
    """Ctrl-D at the prompt."""

    def end(question):
        raise EOFError

    with pytest.raises(Exception, match="no key was given"):
        login(home, ask=end)


def test_a_key_that_is_not_text_is_no_key(home, endpoint):
    """A terminal of another encoding, or a slip on the keyboard."""

    def slip(question):
        return b"sk-\xff".decode()

    with pytest.raises(CredentialError, match="not UTF-8"):
        login(home, ask=slip)


@pytest.mark.real
def test_what_is_typed_is_not_shown(home, endpoint, world):
    """On a real terminal, by the real prompt."""
    main, side = pty.openpty()
    process = Popen(
        [sys.executable, "-m", "gradient_cli", "auth", "login", "-p", "local"],
        stdin=side,
        stdout=side,
        stderr=side,
        env={**world, **home.environ},
        start_new_session=True,
    )
    os.close(side)
    seen = b""
    while b"not shown): " not in seen:
        seen += os.read(main, 1000)
    os.write(main, f"{KEY}\n".encode())
    while b"for none): " not in seen:
        seen += os.read(main, 1000)
    os.write(main, b"1\n")
    assert process.wait(10) == 0
    os.close(main)

    assert b"sesame" not in seen
    assert stored(home) == {"local": KEY}


def test_a_variable_that_hides_the_stored_key_is_told(home):
    """Otherwise the new key would silently do nothing."""
    home.exports(MODEL_ACCESS_KEY="other")

    status, _, err = home.runs("auth", "login", "--with-key", "--no-check", stdin=KEY.encode())

    assert status == 0
    assert "warning: $MODEL_ACCESS_KEY is used before it" in err


def test_a_new_profile_is_made_by_its_login(home):
    """A second account: `auth login -p work`, then `-p work`."""
    home.runs("auth", "login", "-p", "work", "--with-key", "--no-check", stdin=KEY.encode())

    assert home.key(profile="work") == (KEY, 'credentials.toml, profile "work"')


def test_the_demo_takes_no_key(home):
    """There is nobody to check it."""
    assert home.runs("auth", "login", "-p", "demo", "--with-key", stdin=KEY.encode())[0] == 2


def test_status_says_which_key_from_where(home):
    """Never the key."""
    home.exports(MODEL_ACCESS_KEY=KEY)

    status, out, _ = home.runs("auth", "status")

    assert status == 0
    assert [line.split() for line in out.splitlines()] == [
        ["profile", "none"],
        ["endpoint", "https://inference.do-ai.run", "built", "in"],
        ["model", "none", "not", "set"],
        ["key", "…1234", "$MODEL_ACCESS_KEY"],
    ]


def test_status_without_a_key_is_3_and_still_says_where_it_would_go(home):
    """What is known is printed before the error."""
    status, out, err = home.runs("auth", "status", "--json")

    document = json.loads(out)
    assert status == 3
    assert (document["ok"], document["endpoint"]) == (False, "https://inference.do-ai.run")
    assert err.startswith("gradient: no key for https://inference.do-ai.run")


def test_status_asks_the_service_if_told_to(home, endpoint):
    """`--check` sends the key; without it nothing is sent."""
    home.stores(f'[profiles.local]\nkey = "{KEY}"\n')

    assert home.runs("auth", "status", "-p", "local")[0] == 0
    assert not endpoint.received
    assert "3 models" in home.runs("auth", "status", "-p", "local", "--check")[1]

    endpoint.then(listing("403 Forbidden", {"id": "forbidden", "message": "no"}))

    assert home.runs("auth", "status", "-p", "local", "--check")[0] == 3


def test_one_model_is_one(home, replay_server):
    """Counts are written as people say them."""
    replay_server.then(listing(body={"data": [{"id": "only"}]}))
    home.writes(f'[profiles.local]\nbase_url = "{replay_server.url}"\n')
    home.stores(f'[profiles.local]\nkey = "{KEY}"\n')

    out = home.runs("auth", "status", "-p", "local", "--check")[1]

    assert [line.split() for line in out.splitlines()][-1] == ["check", "accepted", "1", "model"]


def test_logout_forgets_one_key(home):
    """And says that the service does not know."""
    home.stores(f'key = "{KEY}"\n[profiles.x]\nkey = "other"\n')

    status, _, err = home.runs("auth", "logout")

    assert status == 0
    assert "still valid at the service" in err
    assert stored(home) == {"x": "other"}
    assert home.runs("auth", "logout")[0] == 0


def test_an_empty_name_is_no_profile(home):
    """`-p "$PROFILE"` in a script that has none: the same key for login, logout and a run."""
    for argv in (("login", "--with-key", "--no-check"), ("logout",)):
        assert home.runs("auth", *argv, "-p", "", stdin=KEY.encode())[0] == 0
        assert stored(home) == ({None: KEY} if argv[0] == "login" else {})

    assert home.runs("config", "set", "-p", "", "model", "m")[0] == 0
    assert home.settings(profile="").get("model") == "m"


def test_a_choice_is_a_number_an_id_or_a_part():
    """Whatever means just one."""
    ids = ["a-1b", "a-11b", "b"]

    assert meant("2", ids) == ["a-11b"]
    assert meant("B", ids) == ids
    assert meant("b", ids) == ["b"]
    assert meant("9", ids) == []


def test_many_ids_stand_in_columns():
    """Read downwards, as ls does."""
    assert numbered(["a", "b", "c"], 20) == ["  1 a    3 c", "  2 b"]
    assert numbered(["a", "b"], 5) == ["  1 a", "  2 b"]


@pytest.mark.parametrize(("typed", "is_kept"), [(b"y\n", True), (b"n\n", False), (b"", False)])
def test_what_was_typed_is_not_lost_because_the_service_is_away(home, typed, is_kept):
    """A network that is down is no reason to type a key again; nothing is kept unasked."""
    home.writes('retries = 0\n[profiles.local]\nbase_url = "http://127.0.0.1:9"\n')
    terminal = Terminal.recording(typed, is_tty=True)
    entry = Login(Invocation(terminal, home.environ), "local", lambda question: KEY)

    if is_kept:
        assert entry.run(is_piped=False, is_checked=True) == 0
    else:
        with pytest.raises(ConnectionFailed) as found:
            entry.run(is_piped=False, is_checked=True)
        assert "--no-check" in (found.value.hint or "")

    assert stored(home) == ({"local": KEY} if is_kept else {})
    assert "keep the key unchecked?" in terminal.stderr_text
