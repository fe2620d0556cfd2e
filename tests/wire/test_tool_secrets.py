"""Secrets of the service's tools: which are looked for, and where."""

from gradient_cli.wire.tool_secrets import secrets_of, short_secrets_of, without_echoes

TOOLS = {
    "tools": [
        {"type": "mcp", "authorization": "", "headers": {"X-Key": "abc"}},
        {"type": "mcp", "authorization": "Bearer a-long-token-1234"},
    ]
}


def test_an_empty_secret_is_none():
    """It would be found everywhere."""
    assert short_secrets_of(TOOLS) == (("X-Key", "abc"),)
    assert secrets_of(TOOLS) == ("Bearer a-long-token-1234", "a-long-token-1234", "abc")


def test_a_short_secret_is_hidden_in_its_field_alone():
    """Elsewhere it may be a word."""
    shown = without_echoes(b'{"x-key": "abc", "text": "abc"}', short_secrets_of(TOOLS))

    assert b'"text": "abc"' in shown
    assert shown.count(b"abc") == 1
