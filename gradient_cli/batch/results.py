"""
OUT: one result a line, written whole, so that a run can be killed at any instant.

    open_results ─► lock ─► repair the last line ─► scan ─► Results.write(line) ... ─► finish

A line begins {"id":…,"key":"…","ok":…: the scan needs no JSON decoder for it. The last line
of a key is the one that counts; `finish` drops the others, and failures that are outdated.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import RawIOBase
from pathlib import Path
from threading import Lock
from typing import Protocol

from gradient_cli.batch.keys import Key, KeyTable
from gradient_cli.errors import OutputClosed, UsageError
from gradient_cli.terminal.files import resolved
from gradient_cli.wire.json import Json, dumps
from gradient_cli.wire.strict import parse

_HEAD = re.compile(
    rb'\{"id":("(?:[^"\\]|\\.)*"|[^",]*),"key":"([0-9a-f]{64})","ok":(true|false)[,}]'
)
_BEGINNING = b'{"id":'
CHUNK = 1 << 20
RowId = str | int
Knows = Callable[[Key, Key], bool]
"""Asked with the key of a row that failed, and the key of its id."""
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


class Results(Protocol):
    """Where results go."""

    @property
    def is_untidy(self) -> bool:
        """Tell whether earlier runs left lines that `finish` may drop."""

    def is_done(self, key: str) -> bool:
        """Tell whether the row has an answer already."""

    def has_failed(self, key: str, row_id: RowId) -> bool:
        """Tell whether the row was tried before, in vain, be it with other flags."""

    def write(self, line: bytes) -> None:
        """Write one line, newline included, at once; from any thread."""

    def finish(self, *, knows: Knows | None = None) -> None:
        """Leave one line a key; with `knows`, drop failures of rows that it does not know."""

    def discard(self) -> None:
        """Leave nothing behind if nothing was written."""

    def close(self) -> None:
        """Let go; no line is under way after it."""


def open_results(path: str, write: Callable[[bytes], object]) -> "Results":
    """
    Open OUT; `write` takes the results of `-`.

    Raises:
        UsageError: it cannot be written, another run is writing it, or it holds no results.

    """
    target = Path(path)
    if path == "-":
        return StreamResults(write)
    resolved(path)
    if not target.exists() or target.is_file():
        return FileResults(path)
    try:
        file = target.open("ab", buffering=0)
    except OSError as error:
        raise _unwritable(path, error) from None
    return StreamResults(_writer(file, path))


def _writer(file: RawIOBase, path: str) -> Callable[[bytes], None]:
    """Give what writes a line whole to a pipe or a device."""

    def write(line: bytes) -> None:
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except BrokenPipeError:
            raise OutputClosed from None
        except OSError as error:
            raise _unwritable(path, error) from None

    return write


class StreamResults:
    """Results on stdout: nothing is known of earlier runs."""

    is_untidy = False

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._lock = Lock()

    def is_done(self, key: str) -> bool:
        """Tell that nothing is done."""
        return False

    def has_failed(self, key: str, row_id: RowId) -> bool:
        """Tell that nothing has failed."""
        return False

    def write(self, line: bytes) -> None:
        """Write one line at once."""
        with self._lock:
            self._write(line)

    def finish(self, *, knows: Knows | None = None) -> None:
        """Do nothing: what is written is written."""

    def discard(self) -> None:
        """Do nothing: there is no file of ours."""

    def close(self) -> None:
        """Wait for the line under way."""
        self._lock.acquire()


class FileResults:
    """
    Results in a file that one run at a time may write.

    `done` and `failed` count the rows found in it.
    """

    def __init__(self, path: str) -> None:
        """
        Lock the file, repair its end and read what is in it.

        Raises:
            UsageError: it cannot be written, another run is writing it, or it holds no results.

        """
        self.path = path
        self._target = resolved(path)
        self._lock = Lock()
        self._last = KeyTable()
        """key -> its last line's number, doubled, plus 1 if it is ok."""
        self._failed_ids = KeyTable()
        """key of an id -> the number of a line that failed with it."""
        self._is_dirty = False
        self._is_new = not self._target.exists()
        try:
            self._fd = _open_locked(self._target, path)
            self.is_repaired = _repair(self._fd, path)
            self._scan()
        except OSError as error:
            raise _unwritable(path, error) from None

    @property
    def is_untidy(self) -> bool:
        """Tell whether earlier runs left failures, or more than one line of a key."""
        return self.failed > 0 or self._is_dirty

    def is_done(self, key: str) -> bool:
        """Tell whether the row has an answer already."""
        return bool(self._last.get(key) & 1)

    def has_failed(self, key: str, row_id: RowId) -> bool:
        """Tell whether the row was tried before, in vain, be it with other flags."""
        found = self._last.get(key)
        return (found > 0 and not found & 1) or self._failed_ids.get(id_key(row_id)) > 0

    def write(self, line: bytes) -> None:
        """
        Write one line with one call of the system.

        Raises:
            UsageError: the disk is full, or the like.

        """
        with self._lock:
            written = 0
            try:
                while written < len(line):
                    written += os.write(self._fd, line[written:])
            except OSError as error:
                # The next line must not begin in the middle of this one.
                os.ftruncate(self._fd, os.fstat(self._fd).st_size - written)
                raise _unwritable(self.path, error) from None

    def finish(self, *, knows: Knows | None = None) -> None:
        """
        Leave one line a key, the last; with `knows`, drop failures of rows it does not know.

        Raises:
            UsageError: the file cannot be replaced.

        """
        # An open file cannot be replaced on Windows; the last line of a key counts anyway.
        if os.name == "nt" or not self.is_untidy:
            return
        with self._lock:
            try:
                self._scan()
                if self._is_dirty or knows:
                    self._rewrite(knows)
            except OSError as error:
                raise _unwritable(self.path, error) from None

    def discard(self) -> None:
        """Take back a file that this run has made and written nothing to."""
        if self._is_new and os.fstat(self._fd).st_size == 0:
            with suppress(OSError):  # Windows keeps a file that is open.
                self._target.unlink()

    def close(self) -> None:
        """Let go; no line is under way after it."""
        self._lock.acquire()
        os.close(self._fd)
        self._last.close()
        self._failed_ids.close()

    def _scan(self) -> None:
        self.done = self.failed = 0
        self._last.close()
        self._last = KeyTable()
        for number, key, is_ok, row_id, _ in self._lines():
            if not is_ok:
                self._failed_ids.set(_id_digest(row_id), number)
            before = self._last.get(key)
            self._is_dirty = self._is_dirty or before > 0
            if before & 1 and not is_ok:
                continue  # An answer is never lost to a failure.
            self.done += is_ok - (before & 1)
            self.failed += (not is_ok) - (before > 0 and not before & 1)
            self._last.set(key, 2 * number + is_ok)

    def _lines(self) -> Iterator[tuple[int, Key, bool, bytes, bytes]]:
        """Give number, key, ok, id and bytes of every line."""
        with self._target.open("rb", buffering=CHUNK) as file:
            for number, line in enumerate(file, 1):
                match = _HEAD.match(line)
                if match:
                    yield number, match[2], match[3] == b"true", match[1], line
                elif line.strip():
                    yield number, *_decoded(line, f"{self.path}:{number}"), line

    def _rewrite(self, knows: Knows | None) -> None:
        """Replace the file; whoever opens it meanwhile meets the old lock or the new one."""
        temporary = self._target.with_name(f".{self._target.name}.{os.getpid()}.tmp")
        fd = os.open(temporary, _FLAGS | os.O_TRUNC, 0o666)
        try:
            temporary.chmod(self._target.stat().st_mode & 0o7777)
            _lock(fd)
            with os.fdopen(os.dup(fd), "wb", buffering=CHUNK) as file:
                for number, key, is_ok, row_id, line in self._lines():
                    is_last = self._last.get(key) >> 1 == number
                    if is_last and (is_ok or knows is None or knows(key, _id_digest(row_id))):
                        file.write(line)
                file.flush()
                os.fsync(fd)
            temporary.replace(self._target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            os.close(fd)
            raise
        os.close(self._fd)
        self._fd = fd
        self._is_dirty = False


def id_key(row_id: RowId) -> Key:
    """Give what a KeyTable knows an id by."""
    return _id_digest(dumps(row_id).encode("utf-8", "surrogatepass"))


def _id_digest(row_id: bytes) -> Key:
    """Give the key of an id as it stands in a line; escaped or not, it is the same one."""
    if b"\\" in row_id:
        row_id = dumps(json.loads(row_id)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(row_id).hexdigest()


def _decoded(line: bytes, where: str) -> tuple[str, bool, bytes]:
    """Give key, ok and id of a line that somebody has written anew."""
    row = _json_object(line)
    key = row.get("key") if row else None
    if row is None or not isinstance(key, str) or not re.fullmatch("[0-9a-f]{64}", key):
        raise _no_result(where)
    return key, row.get("ok") is True, dumps(row.get("id")).encode("utf-8", "surrogatepass")


def _no_result(where: str) -> UsageError:
    return UsageError(
        f"{where} is no result of a batch",
        hint="-o names the file of results; give the items with -i",
    )


def _json_object(line: bytes) -> dict[str, Json] | None:
    try:
        value = parse(line.decode())
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _repair(fd: int, path: str) -> bool:
    """
    Complete or cut a last line without a newline; tell whether there was one.

    Raises:
        UsageError: it is not the beginning of a line of ours; it is left as it is.

    """
    size = os.fstat(fd).st_size
    start = size
    tail = b""
    while start > 0 and b"\n" not in tail:
        step = min(start, 1 << 16)
        start -= step
        os.lseek(fd, start, os.SEEK_SET)
        tail = os.read(fd, step) + tail
    torn = tail[tail.rfind(b"\n") + 1 :]
    if not torn:
        return False
    if _json_object(torn) is not None:
        os.write(fd, b"\n")
        return True
    # Zeros are what a file system leaves of a line when the power goes.
    if not torn.startswith(_BEGINNING) and not _BEGINNING.startswith(torn) and torn.strip(b"\0"):
        raise _no_result(f"the last line of {path}")
    os.ftruncate(fd, size - len(torn))
    return True


def _open_locked(target: Path, path: str) -> int:
    while True:
        fd = os.open(target, _FLAGS, 0o666)
        if not _lock(fd):
            os.close(fd)
            raise UsageError(
                f'another run is writing "{path}"',
                hint="wait for it, or give each run its own file: -o, with --shard I/N",
            )
        # A run that ended between our two steps may have replaced the file.
        if target.exists() and os.path.samestat(os.fstat(fd), target.stat()):
            return fd
        os.close(fd)


def _lock(fd: int) -> bool:
    """Lock a file against other runs, for as long as it is open; False if one has it."""
    try:
        import fcntl
    except ImportError:  # Windows: a second run is not noticed there.
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unwritable(path: str, error: OSError) -> UsageError:
    return UsageError(f'cannot write "{path}": {(error.strerror or str(error)).lower()}')
