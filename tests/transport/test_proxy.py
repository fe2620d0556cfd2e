"""Which proxy a request goes through."""

import pytest

from gradient_cli.errors import UsageError
from gradient_cli.transport.proxy import proxy_for

URL = "https://inference.do-ai.run"


@pytest.mark.parametrize(
    ("url", "flag", "environ", "expected"),
    [
        (URL, None, {}, None),
        (URL, None, {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        (URL, None, {"https_proxy": "p:1"}, "http://p:1"),
        (URL, None, {"ALL_PROXY": "HTTP://p."}, "http://p."),
        (URL, None, {"HTTP_PROXY": "http://p"}, None),
        ("http://h", None, {"HTTP_PROXY": "http://p"}, "http://p"),
        ("http://h", None, {"HTTP_PROXY": "http://p", "REQUEST_METHOD": "GET"}, None),
        (URL, "http://f", {"HTTPS_PROXY": "http://p"}, "http://f"),
        (URL, "", {"HTTPS_PROXY": "http://p"}, None),
        (URL, None, {"HTTPS_PROXY": "http://p", "NO_PROXY": "*"}, None),
        (URL, None, {"HTTPS_PROXY": "http://p", "NO_PROXY": "x, .do-ai.run"}, None),
        (URL, None, {"HTTPS_PROXY": "http://p", "no_proxy": "ai.run"}, "http://p"),
        ("http://127.0.0.1:8000", None, {"HTTP_PROXY": "http://p"}, None),
        ("http://localhost", "http://f", {}, None),
        ("http://[::1]:1", None, {"HTTP_PROXY": "http://p"}, None),
        ("http://h:8080", None, {"HTTP_PROXY": "http://p", "NO_PROXY": "h:8080"}, None),
        ("http://h:8081", None, {"HTTP_PROXY": "http://p", "NO_PROXY": "h:8080"}, "http://p"),
    ],
)
def test_flag_environment_and_exceptions(url, flag, environ, expected):
    """The flag wins, NO_PROXY excepts, loopback is never proxied."""
    assert proxy_for(url, flag, environ) == expected


@pytest.mark.parametrize(
    "proxy",
    [
        "socks5://me:sesame@p:1080",
        "ftp://p",
        "http://",
        "http://p:99999",
        "me:sesame@p:port",
        "http://me:ses#ame@p:1",
        "http://[::1",
        "a b",
        "http://p..q",
    ],
)
def test_what_is_no_http_proxy_is_refused_and_no_password_shown(proxy):
    """The request is not sent around it, and nothing is a bug."""
    with pytest.raises(UsageError) as caught:
        proxy_for(URL, None, {"ALL_PROXY": proxy})

    assert "is no HTTP proxy" in caught.value.message
    assert "ses" not in caught.value.message
    assert "--proxy ''" in (caught.value.hint or "")
