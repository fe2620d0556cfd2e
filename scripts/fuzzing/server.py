"""A server on loopback that says what it is told to, whatever it is asked."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

Replies = Iterator[tuple[bytes, bytes]]


class Server:
    """Answers each connection with the next reply; `then` begins another list."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._replies: Replies = iter(())
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def then(self, replies: Replies) -> None:
        """Say these from now on."""
        with self._lock:
            self._replies = replies

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(20)
            if not _hear(connection):
                return  # An early connection that nobody used takes no reply away.
            with self._lock:
                whole, again = next(self._replies, (b"", b""))
            connection.sendall(whole)
            while again:
                connection.sendall(again * (65536 // len(again)))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass


def _hear(connection: socket.socket) -> bool:
    """Read a request to its end; False if none came."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return False
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    left = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            left = int(value) - len(rest)
    while left > 0 and (piece := connection.recv(65536)):
        left -= len(piece)
    return True
