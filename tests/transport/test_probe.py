"""Which step to a server fails, told one by one."""

import socket
from threading import Thread

from gradient_cli.transport.probe import probe
from gradient_cli.transport.trust import store


def steps(url):
    return [(step.name, step.has_failed) for step in probe(url, None, {}, 5)]


def test_a_name_that_does_not_exist_fails_first():
    """A label of 64 letters is no name: nobody needs to be asked."""
    assert steps(f"http://{'x' * 64}.invalid") == [("dns", True)]


def test_a_closed_port_fails_second():
    """The name was right."""
    assert steps("http://127.0.0.1:1") == [("dns", False), ("tcp", True)]


def test_a_server_that_speaks_no_tls_fails_third():
    """Such as https to a plain port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        Thread(target=answer, daemon=True).start()

        found = steps(f"https://127.0.0.1:{listener.getsockname()[1]}")

    assert found == [("dns", False), ("tcp", False), ("tls", True)]


def test_the_roots_that_are_trusted_are_chosen_in_order(tmp_path):
    """Flag, variable, folder variable."""
    (tmp_path / "0a0a0a0a.0").write_text("")
    environ = {"SSL_CERT_DIR": str(tmp_path)}
    assert store(None, environ).path == str(tmp_path)

    environ["SSL_CERT_FILE"] = "roots.pem"
    assert (store(None, environ).path, store(None, environ).source) == (
        "roots.pem",
        "SSL_CERT_FILE",
    )

    assert store("mine.pem", environ).path == "mine.pem"
