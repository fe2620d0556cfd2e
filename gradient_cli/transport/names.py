"""
Host names become addresses, within a limit of time and without holding signals back.

getaddrinfo knows neither: a resolver that does not answer keeps it for 10 s and longer, and
Python looks at a signal only when it is back. So a thread asks, and whoever needs the answer
waits for the thread.
"""

import threading

from gradient_cli.transport.reach import Place, places


def look_up(host: str, port: int, timeout_s: float | None) -> list[Place]:
    """
    Give the addresses of a host, in the order in which they are to be tried.

    Raises:
        OSError: there is no such name, or nobody can say.
        TimeoutError: the resolver did not answer in time.

    """
    found: list[Place] = []
    faults: list[OSError] = []

    def ask() -> None:
        try:
            found.extend(places(host, port))
        except UnicodeError as error:
            faults.append(OSError(str(error)))
        except OSError as error:
            faults.append(error)

    # A daemon: the process does not wait for it at its end.
    thread = threading.Thread(target=ask, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # This machine gives no more threads: then it is asked without a limit.
        ask()
    else:
        thread.join(timeout_s)
        if thread.is_alive():
            raise TimeoutError(f"the resolver did not answer for {host}")
    if faults:
        raise faults[0]
    return found
