"""The first hour of a new user: what is mistyped, pasted or half known, and what is said to it."""

import pytest

from gradient_cli.errors import CredentialError, UsageError
from gradient_cli.settings.credentials import checked
from gradient_cli.wire.address import normalised


@pytest.mark.parametrize(("text", "meant"), [
    ("http:/127.0.0.1:8000", "did you mean http://127.0.0.1:8000?"),
    ("https//api.example.com", "did you mean https://api.example.com?"),
    ("https:api.example.com", "did you mean https://api.example.com?"),
    ("HTTP:localhost:8000/v1", "did you mean http://localhost:8000/v1?"),
    ("8000", "did you mean http://localhost:8000?"),
    ("'https://api.example.com'", "without them: https://api.example.com"),
    ("\u201chttps://api.example.com\u201d", "without them: https://api.example.com"),
])  # fmt: skip
def test_a_slip_in_an_address_is_told_with_what_was_meant(text, meant):
    """Before a name is looked up that nobody has; and what is meant is an address."""
    with pytest.raises(UsageError) as caught:
        normalised(text, "--base-url")

    assert caught.value.hint == meant
    right = meant.removeprefix("did you mean ").removeprefix("without them: ").removesuffix("?")
    assert normalised(right, "--base-url").startswith("http")


@pytest.mark.parametrize("end", [
    "", "/", "/v1", "/v1/", "/v1/responses", "/v1/responses/", "/v1/chat/completions",
    "/v1/completions", "/v1/models",
])  # fmt: skip
def test_an_address_may_have_an_endpoint_behind_it(end):
    """What was copied from a page of another client leads to the same place."""
    assert normalised(f"https://api.example.com{end}", "") == "https://api.example.com"


@pytest.mark.parametrize("text", ["httpbin.example", "https.example.com", "http-gw:8000"])
def test_a_host_may_begin_with_http(text):
    """A name is a name."""
    assert normalised(text, "") == f"https://{text}"


@pytest.mark.parametrize("text", ["http:u:secret@x", "'https://u:secret@x'"])
def test_a_password_is_not_said_again_by_a_hint(text):
    """Whatever the slip is."""
    with pytest.raises(UsageError) as caught:
        normalised(text, "--base-url")

    assert "secret" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize("text", [
    "GRADIENT_MODEL_ACCESS_KEY=sk-abc", "export MODEL_ACCESS_KEY=sk-abc", "$KEY", "${KEY}",
    "<your key>", "sk-...", "YOUR_API_KEY", "YOUR-KEY", "%KEY%", "$(pass show key)",
    "MY_KEY", "...",
])  # fmt: skip
def test_what_stands_in_place_of_a_key_is_none(text):
    """It is told here, not by a 401; and is not repeated."""
    with pytest.raises(CredentialError) as caught:
        checked(text, "$X")

    assert "in place of a key" in caught.value.message
    assert "abc" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize("text", [
    "sk-do-v1-abc", "c2VjcmV0X2tleQ==", "ABC_DEF=", "a$b", "k<1>", "KEY-123", "hf_KEYabc",
])  # fmt: skip
def test_an_odd_key_is_a_key(text):
    """A key is whatever the service gave."""
    assert checked(f" {text}\r\n", "").reveal() == text


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["check", "a.md"], "a suite is TOML with [[test]] in it"),
        (["check", "."], "hint: gradient check ./*.toml"),
        (["check", "is this good?"], "to ask: gradient respond 'is this good?'"),
        (["check", "a.tml"], "hint: gradient check a.toml"),
        (["check"], "`gradient check tests/*.toml`"),
        (["decide", "-f", "a.md", "is it", "--sure", "90", "-m", "m"], "--sure 0.9 is 90 %"),
        (["respond", "hi", "--one-of", "a,b", "--sure", "75"], "--sure 0.75 is 75 %"),
        (["config", "set", "modle", "x"], 'unknown key "modle"; did you mean model?'),
        (["config", "set", "base-url", "x"], "did you mean base_url?"),
        (["config", "set", "token", "x"], "`gradient auth login`"),
        (["config", "set", "colour_of_sky", "x"], "hint: known: allow_http"),
    ],
)
def test_a_mistake_has_its_hint(home, monkeypatch, argv, said):
    """One line says what to do instead."""
    monkeypatch.chdir(home.folder)
    (home.folder / "a.md").write_text("Hello there\n")
    (home.folder / "a.toml").write_text('[[test]]\nname = "x"\nprompt = "y"\nexpect = "z"\n')

    status, stdout, stderr = home.runs(*argv)

    assert (status, stdout) == (2, "")
    assert said in stderr
    assert stderr.count("hint:") == (0 if "did you mean" in said else 1)


def test_a_server_without_tls_is_told(home):
    """https in front of a server of one's own that speaks plain HTTP."""
    import socket
    import threading

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        status, _, stderr = home.runs(
            "respond", "hi", "--base-url", f"https://127.0.0.1:{port}", "--retries", "0"
        )

    assert status == 5
    assert f"--base-url http://127.0.0.1:{port}" in stderr
