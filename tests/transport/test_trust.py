"""Whom TLS trusts: in each place that roots can come from, those and no others."""

import shutil
import ssl
import subprocess
import sys

import pytest

from gradient_cli.errors import UsageError
from gradient_cli.transport import trust
from gradient_cli.transport.trust import Store, store, tls_context

LOADED = """
import sys
from gradient_cli.transport.preconnect import EarlyConnection
EarlyConnection(sys.argv[1], {})
print("gradient_cli.transport.trust" in sys.modules, "ssl" in sys.modules)
"""


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    """Give a folder with one root, under the name that OpenSSL looks for, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("roots")
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    make += ["-subj", "/CN=here", "-addext", "subjectAltName=DNS:here", "-nodes", "-days", "2"]
    subprocess.run(
        [*make, "-keyout", folder / "key", "-out", folder / "root.pem"],
        check=True,
        capture_output=True,
    )
    hashed = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", folder / "root.pem"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    shutil.copy(folder / "root.pem", folder / f"{hashed}.0")
    return folder


def is_trusted(context: ssl.SSLContext, roots) -> bool:
    """Shake hands, in memory, with a server that shows the root's certificate."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(roots / "root.pem", roots / "key")
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname="here")
    server = serving.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return True


@pytest.fixture
def system(monkeypatch):
    """Give a function that says what the system has: a bundle, a folder, both or nothing."""

    def has(*, cafile=None, capath=None, platform="linux"):
        paths = ssl.DefaultVerifyPaths(cafile, capath, "", "", "", "")
        monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
        monkeypatch.setattr(sys, "platform", platform)

    return has


@pytest.mark.sampled
@pytest.mark.parametrize("place", ["root.pem", ""], ids=["a file", "a folder"])
@pytest.mark.parametrize("how", ["--ca-bundle", "SSL_CERT_FILE", "SSL_CERT_DIR", "the system"])
def test_the_roots_of_a_place_are_trusted(how, place, roots, system):
    """By flag, by variable, and by the system itself; a file or a folder of hashed roots."""
    path = str(roots / place)
    if how == "SSL_CERT_DIR" and place:
        pytest.skip("it names a folder")
    system(**({"capath": path} if not place else {"cafile": path}) if how == "the system" else {})
    environ = {how: path} if how.startswith("SSL") else {}

    context = tls_context(path if how == "--ca-bundle" else None, environ)

    assert is_trusted(context, roots)


@pytest.mark.real
@pytest.mark.parametrize("has", [{"capath": "."}, {}], ids=["an empty folder", "nothing"])
def test_a_system_without_roots_takes_those_of_certifi(has, roots, system, tmp_path):
    """And a root that nobody knows is none."""
    system(**{name: str(tmp_path) for name in has})

    context = tls_context(None, {})

    assert not is_trusted(context, roots)
    assert context.cert_store_stats()["x509_ca"] > 50


def test_what_the_system_has_is_taken_in_order(system, tmp_path):
    """A folder of hashed roots is a hundred times quicker to open than the bundle."""
    full, empty = tmp_path / "full", tmp_path / "empty"
    full.mkdir()
    empty.mkdir()
    (full / "0a0a0a0a.0").write_text("")
    system(cafile="bundle.pem", capath=str(full))
    assert store(None, {}) == Store(str(full), "the system's folder")
    assert store(None, {"SSL_CERT_DIR": str(empty)}) == Store("bundle.pem", "the system's bundle")

    system(cafile="bundle.pem", capath=str(empty))
    assert store(None, {}) == Store("bundle.pem", "the system's bundle")
    system(cafile="bundle.pem", capath=str(tmp_path / "gone"))
    assert store(None, {}) == Store("bundle.pem", "the system's bundle")
    system()
    assert store(None, {}) == Store(None, trust.CERTIFI)


def test_elsewhere_the_system_is_asked_itself(system, tmp_path):
    """The stores of macOS and Windows are no files; a folder that the user names still is."""
    (tmp_path / "0a0a0a0a.0").write_text("")
    system(cafile="bundle.pem", platform="darwin")

    assert store(None, {}) == Store(None, trust.TRUSTSTORE)
    assert store(None, {"SSL_CERT_DIR": str(tmp_path)}) == Store(str(tmp_path), "SSL_CERT_DIR")
    assert type(tls_context(None, {})).__module__.startswith("truststore")


@pytest.mark.parametrize("how", ["--ca-bundle", "SSL_CERT_FILE"])
@pytest.mark.parametrize(
    ("content", "words"), [(None, "no such file"), ("hello\n", "no certificate in it")]
)
def test_roots_that_were_asked_for_have_to_be_there(how, content, words, tmp_path):
    """Nothing else is trusted in their place."""
    path = tmp_path / "roots.pem"
    if content:
        path.write_text(content)

    with pytest.raises(UsageError) as caught:
        tls_context(
            str(path) if how == "--ca-bundle" else None,
            {how: str(path)} if how == "SSL_CERT_FILE" else {},
        )

    assert caught.value.message.startswith(f'{how} "{path}" cannot be used: ')
    assert words in caught.value.message.lower()


@pytest.mark.sampled
@pytest.mark.parametrize(("scheme", "is_loaded"), [("https", "True True"), ("http", "False False")])
def test_the_early_connection_loads_tls_only_to_use_it(scheme, is_loaded):
    """In the main thread, where nothing else is half imported; and 15 ms too much for http."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, f"{scheme}://127.0.0.1:9"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == is_loaded
