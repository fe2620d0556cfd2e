"""Base URLs as users write them."""

import pytest

from gradient_cli.errors import UsageError
from gradient_cli.wire.address import is_digitalocean, is_loopback, is_private, normalised


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://inference.do-ai.run", "https://inference.do-ai.run"),
        ("inference.do-ai.run", "https://inference.do-ai.run"),
        ("https://inference.do-ai.run/v1/", "https://inference.do-ai.run"),
        ("https://inference.do-ai.run/v1/responses", "https://inference.do-ai.run"),
        ("HTTPS://Inference.DO-AI.run.:443//", "https://inference.do-ai.run"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000/v1", "http://127.0.0.1:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("//gateway.example/team/v1", "https://gateway.example/team"),
        ("http://10.0.0.5:80", "http://10.0.0.5"),
        (" https://host/path/ ", "https://host/path"),
    ],
)
def test_a_base_url_has_one_spelling(text, expected):
    """With or without scheme, trailing slash or /v1: the same endpoint."""
    assert normalised(text, "--base-url") == expected
    assert normalised(expected, "again") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://",
        "ftp://host",
        "https://host:port",
        "ftp:",
        "https://host:99999",
        "https://host/?a=b",
        "https://host/#top",
        "https://ho st",
        "https://host/a b",
        "https://evil.example\\.do-ai.run",
        "https://evil.example。do-ai.run",
        "https://host\n.example",
        "http://[::1",
        "https://a..b",
        f"https://{'a' * 64}.example",
        "https://sesame:sesame",
    ],
)
def test_what_is_no_base_url_is_refused(text):
    """Nothing is sent to an address that could be read in two ways."""
    with pytest.raises(UsageError, match="--base-url") as caught:
        normalised(text, "--base-url")

    assert "sesame" not in caught.value.message


def test_a_password_in_a_url_is_refused_and_not_shown():
    """A URL with a user and a password never reaches a message."""
    with pytest.raises(UsageError) as caught:
        normalised("https://me:sesame@host", "--base-url")

    assert "sesame" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("127.example.com", False),
        ("127.0.0.1.5", False),
        ("127.0.0.1.example.com", False),
        ("localhost.example.com", False),
        ("10.0.0.1", False),
        ("127.0.0.0", False),
        ("127.255.255.255", True),
        ("127.0.0.256", False),
        ("127.0.0.999", False),
        ("127.0.0.01", False),
        ("127.00.0.1", False),
        ("127.0.0.08", False),
        ("127.1", False),
        ("127.0.1", False),
        ("127", False),
        ("2130706433", False),
        ("0x7f.0.0.1", False),
        ("127.0.0.0x1", False),
        ("127.0.0.", False),
        ("127.0.0.1.", False),
        ("127..0.1", False),
        ("127.0.0.-1", False),
        ("127.0.0.+1", False),
        ("127.0.0. 1", False),
        ("127.0.0.1_0", False),
        ("127.0.0.\u0661", False),
        ("127.0.0.\u00b9", False),
        ("\uff11\uff12\uff17.0.0.1", False),
        ("localhost.localdomain", False),
        ("ip6-localhost", False),
        ("localhost1", False),
        ("loca1host", False),
        ("::01", False),
        ("::1%lo", False),
        ("0:0:0:0:0:0:0:1", False),
        ("::ffff:127.0.0.1", False),
        ("::", False),
        ("0.0.0.0", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(host, expected):
    """A name that merely begins like a loopback address is another machine."""
    assert is_loopback(host) is expected


def test_only_hosts_below_do_ai_run_are_digitalocean():
    """A look-alike domain gets no account credential."""
    assert is_digitalocean("https://inference.do-ai.run")
    assert is_digitalocean("https://do-ai.run")
    assert not is_digitalocean("https://evil-do-ai.run")
    assert not is_digitalocean("https://do-ai.run.example")
    assert not is_digitalocean(normalised("https://[fe80::1%25x.do-ai.run]", ""))


def test_plain_http_is_private_on_loopback_only():
    """Over http to another machine everybody on the way can read."""
    assert is_private("https://host")
    assert is_private("http://127.0.0.1:1")
    assert not is_private("http://host")
