"""
Host names become addresses, within a limit of time and without holding signals back.

    look_up ─► addresses ─► first_reached: the first that takes a connection

getaddrinfo knows neither: a resolver that does not answer keeps it for 10 s and longer, and
Python looks at a signal only when it is back. So a thread asks, and whoever needs the answer
waits for the thread.
"""

import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

Connection = TypeVar("Connection")


def look_up(host: str, port: int, timeout_s: float | None) -> list[str]:
    """
    Give the addresses of a host, each once, in the order in which they are to be tried.

    Raises:
        OSError: there is no such name, or nobody can say.
        TimeoutError: the resolver did not answer in time.

    """
    found: list[str] = []
    faults: list[OSError] = []

    def ask() -> None:
        try:
            for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                # A link-local address is nothing without its link.
                link = f"%{place[3]}" if len(place) == 4 and place[3] else ""
                found.append(f"{place[0]}{link}")
        except UnicodeError as error:
            faults.append(OSError(str(error)))
        except OSError as error:
            faults.append(error)

    # A daemon: the process does not wait for it at its end.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(timeout_s)
    if thread.is_alive():
        raise TimeoutError(f"the resolver did not answer for {host}")
    if faults:
        raise faults[0]
    return list(dict.fromkeys(found))


def first_reached(
    addresses: Sequence[str], connect: Callable[[str], Connection], *faults: type[Exception]
) -> Connection:
    """Connect to the first address that can be reached; the fault of the last one is raised."""
    *others, last = addresses
    for address in others:
        with suppress(*faults):
            return connect(address)
    return connect(last)
