"""Taking connections on a machine that has few descriptors and threads to give."""

import errno
import socket
import threading
import time

PASSING = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ECONNABORTED}
"""Why a connection cannot be taken now, and can be later."""
PAUSE_S = 0.05


def taken(listener: socket.socket) -> socket.socket | None:
    """Give the next connection, when there is room for it; None once the listener is closed."""
    while True:
        try:
            return listener.accept()[0]
        except OSError as error:
            if error.errno not in PASSING:
                return None
        time.sleep(PAUSE_S)  # Others give their descriptors back.


def has_started(thread: threading.Thread) -> bool:
    """Start a thread; False where this machine gives no more."""
    try:
        thread.start()
    except RuntimeError:
        return False
    return True
