"""
A connection to whichever address of a host answers first, as RFC 8305 says.

    addresses, the kinds in turn ─► one more after each 250 ms ─► the first that is there

A name often has an address that swallows everything (IPv6 behind a broken router), and the
system's own connect() would wait for it for minutes. Stdlib only, and light: the early
connection uses it while the program still loads.
"""

import errno
import os
import selectors
import socket
import time
from collections.abc import Sequence
from itertools import chain, zip_longest

# Not from typing, whose import takes as long as all that stands before the first packet.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NEXT_AFTER_S = 0.25
"""RFC 8305, 5: the recommended Connection Attempt Delay."""

Place = tuple[int, "Any"]
"""Family and address, as the socket module has them."""

# Not epoll, which takes a descriptor of its own; Windows has select() alone.
_Selector: "Any" = getattr(selectors, "PollSelector", selectors.SelectSelector)
_STARTED = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK})


def places(host: str | bytes, port: int) -> list[Place]:
    """
    Give the addresses of a host, each once, the kinds in turn, the system's first one first.

    Raises:
        OSError: there is no such name, or nobody can say.

    """
    found: list[Place] = []
    # As bytes: a text would load the codec of names in other scripts, which httpx has done.
    name = host.encode() if isinstance(host, str) and host.isascii() else host
    for family, *_, place in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM):
        if (family, place) not in found:
            found.append((family, place))
    first = [one for one in found if one[0] == found[0][0]]
    others = [one for one in found if one[0] != found[0][0]]
    return [one for one in chain(*zip_longest(first, others)) if one]


def shown(place: Place) -> str:
    """Give an address as people write it."""
    return str(place[1][0])


def reach(addresses: Sequence[Place], until: float | None) -> socket.socket:
    """
    Connect to the first address that answers; `until` is a moment of the monotonic clock.

    Raises:
        TimeoutError: none has answered by then.
        OSError: all have refused; the last one's words.

    """
    race = _Race(addresses)
    try:
        while True:
            if race.won:
                return race.won
            race.wait(until)
    finally:
        race.close()


class _Race:
    """The attempts under way."""

    def __init__(self, addresses: Sequence[Place]) -> None:
        self._waiting = list(addresses)
        self._under_way = _Selector()
        self._next_at = 0.0
        self._fault = OSError("no address")
        self.won: socket.socket | None = None

    def wait(self, until: float | None) -> None:
        """Begin what is due, and wait for the next thing to happen."""
        if not self._under_way.get_map() and not self._waiting:
            raise self._fault
        now = time.monotonic()
        if until is not None and now >= until:
            raise TimeoutError("timed out")
        if self._waiting and (now >= self._next_at or not self._under_way.get_map()):
            self._next_at = now + NEXT_AFTER_S
            self._begin(self._waiting.pop(0))
            return
        moments = [self._next_at] if self._waiting else []
        moments += [until] if until is not None else []
        for key, _ in self._under_way.select(min(moments) - now if moments else None):
            self._look(key.fileobj)

    def _begin(self, place: Place) -> None:
        family, address = place
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            self._fault = error
            return
        try:
            sock.setblocking(False)
            code = sock.connect_ex(address)
            if code not in _STARTED:
                raise OSError(code, os.strerror(code))
        except OSError as error:
            sock.close()
            self._fault = error
            return
        self._under_way.register(sock, selectors.EVENT_WRITE)
        if code == 0:
            self._look(sock)

    def _look(self, sock: "Any") -> None:
        """Take an attempt that has ended: it has won, or it has failed."""
        self._under_way.unregister(sock)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code or self.won:
            sock.close()
            self._fault = OSError(code, os.strerror(code))
            return
        sock.setblocking(True)
        try:  # noqa: SIM105  # contextlib comes later, too
            # What is asked is one short packet: it does not wait for company.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            pass
        self.won = sock

    def close(self) -> None:
        """Give up what has not won."""
        for key in list(self._under_way.get_map().values()):
            key.fileobj.close()
        self._under_way.close()
