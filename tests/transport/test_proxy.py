"""Which proxy a request goes through."""

import sys

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
        "socks4://me:sesame@p:1080",
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

    assert "is no proxy of HTTP or SOCKS 5" in caught.value.message
    assert "ses" not in caught.value.message
    assert "--proxy ''" in (caught.value.hint or "")


P = {"ALL_PROXY": "http://p:1"}


@pytest.mark.parametrize(
    ("url", "exceptions", "is_excepted"),
    [
        # curl's own cases, and more of their kinds
        ("http://example.com", "example.com", True),
        ("http://www.example.com", "example.com", True),
        ("http://www.example.com", ".example.com", True),
        ("http://example.com", ".example.com", True),
        ("http://www.example.com", "*.example.com", True),
        ("http://example.com", "*.example.com", True),
        ("http://example.com", "..example.com", True),
        ("http://badexample.com", "example.com", False),
        ("http://badexample.com", "*.example.com", False),
        ("http://example.com.evil.test", "example.com", False),
        ("http://EXAMPLE.com", "Example.COM", True),
        ("http://example.com.", "example.com", True),
        ("http://example.com", "example.com.", True),
        ("http://example.com", "a.test example.com", True),
        ("http://example.com", "a.test\texample.com", True),
        ("http://example.com", "a.test,,  ,example.com,", True),
        ("http://example.com", "", False),
        ("http://example.com", ".", False),
        ("http://example.com", "*.", False),
        ("http://example.com", ",", False),
        ("http://example.com", "x, *", True),
        # addresses are numbers
        ("http://10.1.2.3", "10.0.0.0/8", True),
        ("http://10.1.2.3", "10.9.9.9/8", True),
        ("http://11.1.2.3", "10.0.0.0/8", False),
        ("http://10.1.2.3", "10.1.2.3/32", True),
        ("http://10.1.2.4", "10.1.2.3/32", False),
        ("http://10.1.2.3", "0.0.0.0/0", True),
        ("http://10.1.2.3", "10.0.0.0/33", False),
        ("http://10.1.2.3", "10.0.0.0/", False),
        ("http://10.1.2.3", "10.0.0.0/x", False),
        ("http://10.1.2.3", "10.0.0.0/-1", False),
        ("http://10.1.2.3", "10.1.2.3", True),
        ("http://10.1.2.3", "2.3", False),
        ("http://10.1.2.3", ".3", False),
        ("http://10.1.2.3", "*.3", False),
        ("http://192.168.7.1", "172.16.0.0/12 192.168.0.0/16", True),
        ("http://[fd00::1]", "fd00::/8", True),
        ("http://[fd00::1]", "[fd00::]/8", True),
        ("http://[fd00::1]", "[fd00::1]", True),
        ("http://[fd00::1]", "fd00::1", True),
        ("http://[fd00::1]", "fd00:0:0::1", True),
        ("http://[fd00::1]", "fd00::2", False),
        ("http://[fd00::1]", "::/0", True),
        ("http://[fd00::1]", "10.0.0.0/8", False),
        ("http://[::ffff:10.1.2.3]", "10.0.0.0/8", True),
        ("http://host.test", "10.0.0.0/8", False),
        # ports, said or implied by the scheme
        ("https://example.com", "example.com:443", True),
        ("http://example.com", "example.com:80", True),
        ("http://example.com", "example.com:443", False),
        ("https://example.com:8443", "example.com:443", False),
        ("https://example.com:8443", ".example.com:8443", True),
        ("http://10.1.2.3", "10.1.2.3:80", True),
        ("http://10.1.2.3:8000", "10.1.2.3:80", False),
        ("http://[fd00::1]:8000", "[fd00::1]:8000", True),
        ("http://[fd00::1]:8001", "[fd00::1]:8000", False),
    ],
)
def test_exceptions_are_read_as_curl_reads_them(url, exceptions, is_excepted):
    """CIDR, leading dots and `*.`, blanks, brackets, ports implied by the scheme."""
    found = proxy_for(url, None, {**P, "NO_PROXY": exceptions})

    assert (found is None) == is_excepted


@pytest.mark.parametrize(
    "junk", ["[", "]", "[::1", "a:b:c", "/", "/8", ":80", "[]:1", "%", "*" * 9]
)
def test_junk_excepts_nothing(junk):
    """And is no bug."""
    assert proxy_for("http://10.1.2.3", None, {**P, "NO_PROXY": junk}) == "http://p:1"


def test_socks_without_its_extra_says_how_to_get_it(monkeypatch):
    """One line with what to install, and no password."""
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(UsageError) as caught:
        proxy_for(URL, "socks5://me:sesame@p:1080", {})

    assert "gradient-cli[socks]" in (caught.value.hint or "")
    assert "sesame" not in caught.value.message
