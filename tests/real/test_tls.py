"""The program over TLS: whom it trusts, and that it connects but once."""

import ssl
import subprocess

import pytest

from tests.captures import capture
from tests.replay_server import Play, ReplayServer

pytestmark = pytest.mark.real

ASK = ("respond", "--no-stdin", "-m", "any", "--retries", "0", "hi")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Make a certificate for 127.0.0.1 that no system trusts; give its file."""
    folder = tmp_path_factory.mktemp("tls")
    both = folder / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-nodes", "-days", "2", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


@pytest.fixture
def server(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ReplayServer(Play(capture("vllm", "ok-hello-stream").response), tls=context) as server:
        yield server


def test_the_early_connection_is_the_only_one(server, certificate, run_gradient):
    """What was opened while the program loaded is what it asks through; five runs, as it races."""
    for run in range(1, 6):
        done = run_gradient(*ASK, url=server.url, environ={"SSL_CERT_FILE": str(certificate)})

        assert (done.stdout, done.stderr) == (b"Hello, world!\n", b"")
        assert server.connections == run


def test_a_bundle_is_trusted(server, certificate, run_gradient):
    """--ca-bundle names a root that the system does not know."""
    done = run_gradient(*ASK, "--ca-bundle", str(certificate), url=server.url)

    assert (done.stdout, done.stderr) == (b"Hello, world!\n", b"")


def test_a_strange_certificate_is_refused(server, run_gradient):
    """A server that cannot prove its name gets no request, and no key."""
    done = run_gradient(*ASK, url=server.url)

    assert done.returncode == 5
    assert done.stdout == b""
    assert b"certificate" in done.stderr
    assert b"--ca-bundle" in done.stderr
    assert server.received == []
