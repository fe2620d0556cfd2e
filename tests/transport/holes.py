"""An address that swallows everything, as a broken route does: no answer, no refusal."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hole(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Give a port of a host whose queue is full: further handshakes are dropped without a word."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(0)
    place = listener.getsockname()
    kept = []
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(place)
        kept.append(one)
    try:
        yield place[1]
    finally:
        for one in (*kept, listener):
            one.close()
