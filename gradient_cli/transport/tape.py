"""
Record and replay: a folder of readable files, below the client and above the socket.

    DIR/3f9c….json     one file for each request, named by its key
        "request"      method, path and body: never a header, never a key of anyone's
        "replies"      what was answered, in order: one for each time it was asked
            "status", "headers"    the few headers that a client judges by
            "chunks"               the body in the pieces it came in; pauses are not kept
            "error"                how the transfer broke, if it did
            "for"                  which attempt of which test asked, in a suite
            "results"              what its function calls came to, where programs answered them

A chunk is text, or {"base64": …} where a piece is not UTF-8 by itself.
Replaying opens no socket: nothing here imports one.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from threading import Lock, local

from gradient_cli.errors import BrokenReply, GradientError, ReplayMiss, UsageError
from gradient_cli.transport.recording import Put, Question, Take, kept, prepare, read, write
from gradient_cli.transport.redaction import clean
from gradient_cli.transport.reply import Reply, Transport
from gradient_cli.transport.spool import Spool
from gradient_cli.values import record
from gradient_cli.wire.json import Json

ASKED_FOR: ContextVar[str] = ContextVar("asked_for", default="")
"""
Who asks in this thread, where several ask the same at once: each gets its own answer again.
"""


MOST_OF_BROKEN = 4 * 1024 * 1024
"""Bytes that are recorded of a reply that broke off before its answer was finished."""
MOST_RECORDED = 16_000_000
"""Bytes of a reply that is recorded: as text within JSON it becomes several times as much."""
MOST_NAMED = 3
"""Tests that a miss names."""


class Recorder:
    """
    Writes what is answered into a folder; one for a run, shared by its workers.

    The first answer to a request in a run replaces what an earlier run recorded;
    further ones are kept behind it, by who asked, and in the order in which they ended.
    """

    def __init__(self, folder: Path, put: Put, secrets: Sequence[str] = ()) -> None:
        """
        Make the folder; `put` writes a file into it.

        Raises:
            UsageError: it cannot be written to; nothing was asked yet.

        """
        prepare(folder, put)
        self._put = put
        self.fault: GradientError | None = None
        """Why an answer could not be kept; it is an answer all the same."""
        self._folder = folder
        self._secrets = [secret for secret in secrets if secret]
        self._replies: dict[str, list[dict[str, Json]]] = {}
        self._lock = Lock()
        self._last = local()
        """Of each thread, what it asked last and the reply that is kept of it."""

    def over(self, transport: Transport) -> Transport:
        """Give a transport that sends by another one and records what came."""
        return _RecordingTransport(transport, self)

    def keep(self, question: Question, take: Take) -> None:
        """Write one answer, or note the fault: nothing that was paid for is lost by it."""
        kept = take.as_json(self._secrets_of(question), question.short_secrets)
        self._last.kept = question, kept
        with self._lock:
            replies = self._replies.setdefault(question.key(), [])
            replies.append(kept)
            replies.sort(key=lambda reply: str(reply.get("for", "")))
            self._write(question, replies)

    def keep_results(self, results: list[Json]) -> None:
        """Keep what the calls of this thread's last answer came to, beside the answer."""
        question, kept = getattr(self._last, "kept", None) or (None, None)
        if question is None or kept is None:
            return  # The answer itself could not be kept, and that is told.
        with self._lock:
            kept["results"] = clean(results, self._secrets_of(question))
            self._write(question, self._replies[question.key()])

    def _secrets_of(self, question: Question) -> list[str]:
        return [*self._secrets, *question.secrets]

    def _write(self, question: Question, replies: list[dict[str, Json]]) -> None:
        try:
            write(self._folder, question, replies, self._secrets_of(question), self._put)
        except UsageError as error:
            self.fault = self.fault or error

    def note_fault(self, reason: str) -> None:
        """Note why a reply could not be kept; lower case, no full stop."""
        fault = UsageError(f'cannot record in "{self._folder}": {reason}')
        self._last.kept = None
        with self._lock:
            self.fault = self.fault or fault


@record
class Unasked:
    """A recorded reply that nothing asked for."""

    path: Path
    asked_for: str = ""
    """Whom it was recorded for; "" outside of suites."""

    @property
    def words(self) -> str:
        """Its file, shortened, and whom it was for."""
        name = f"{self.path.name[:12]}…" if len(self.path.name) > 24 else self.path.name
        return f"{name} ({self.asked_for})" if self.asked_for else name


def in_words(unasked: Sequence[Unasked]) -> str:
    """Say which recordings nothing asked for; lower case, no full stop."""
    were = "recording was" if len(unasked) == 1 else "recordings were"
    named = ", ".join(one.words for one in unasked[:MOST_NAMED])
    more = f" and {len(unasked) - MOST_NAMED} more" if len(unasked) > MOST_NAMED else ""
    return f"{len(unasked)} {were} not asked for: {named}{more}"


class Player:
    """
    Answers from a folder; one for a run, shared by its workers.

    Each recorded reply is given once, in order; in a suite only to the attempt of the test that
    it was recorded for: a recording of two answers cannot stand for three.
    """

    def __init__(self, folder: Path) -> None:
        if not os.path.isdir(folder):
            raise UsageError(
                f'no recordings: "{folder}" is not a folder',
                hint=f"make them by the same command with `--record {folder}`",
            )
        self._folder = folder
        self._given: dict[str, set[int]] = {}
        """File name -> places of the replies that were given."""
        self._lock = Lock()
        self._last = local()
        """Of each thread, the reply that it was given last."""

    def transport(self) -> Transport:
        """Give a transport that never opens a socket."""
        return _ReplayTransport(self)

    def answer(self, question: Question) -> Take:
        """
        Give the next recorded reply to a request.

        Raises:
            ReplayMiss: there is none; the message shows the nearest recorded request.
            UsageError: its file is no recording, or one of another request.

        """
        path = self._folder / f"{question.key()}.json"
        try:
            takes = read(path, question)
        except FileNotFoundError:
            raise self._miss(question) from None
        asker = ASKED_FOR.get()
        own = _places_for(asker, takes) if asker else list(range(len(takes)))
        if not own:
            raise self._not_for(asker, takes, path)
        with self._lock:
            given = self._given.setdefault(path.name, set())
            place = next((place for place in own if place not in given), None)
            if place is not None:
                given.add(place)
        if place is None:
            whom = f" of {asker}" if asker else ""
            raise ReplayMiss(
                f"{path} holds {_count(len(own), 'answer')} to this request{whom}; "
                f"it was asked {len(own) + 1} times",
                hint=f"record again with `--record {self._folder}`",
            )
        self._last.take = takes[place]
        return takes[place]

    def results(self) -> list[Json] | None:
        """Give what the calls of this thread's last answer came to; None if nobody kept it."""
        take: Take = self._last.take
        return take.results

    def unasked(self) -> list[Unasked]:
        """Give the recorded replies that were not given; a file that is no recording is one."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                takes = read(path)
            except (UsageError, FileNotFoundError):
                found.append(Unasked(path))
                continue
            given = self._given.get(path.name, set())
            left = [take for place, take in enumerate(takes) if place not in given]
            found += [Unasked(path, take.asked_for) for take in left]
        return found

    def _not_for(self, asker: str, takes: Sequence[Take], path: Path) -> ReplayMiss:
        """Explain that a request was recorded, but for others."""
        others = list(dict.fromkeys(take.asked_for or "no suite" for take in takes))
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        return ReplayMiss(
            f"{path} was recorded for {', '.join(others[:MOST_NAMED])}{more}; "
            f"it is asked by {asker}, which may have been renamed or added since",
            hint=f"record again with `--record {self._folder}`",
        )

    def _miss(self, question: Question) -> ReplayMiss:
        from gradient_cli.transport.nearest import explain

        return ReplayMiss(
            f'no recording of this request in "{self._folder}"'
            + explain(question.as_json(), self._folder),
            hint=f"record it by the same command with `--record {self._folder}`",
        )


class _RecordingTransport:
    def __init__(self, inner: Transport, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder

    def send(
        self,
        method: str,
        path: str,
        body: Sequence[bytes] = (),
        *,
        accept: str = "application/json",
    ) -> Reply:
        reply = self._inner.send(method, path, body, accept=accept)
        return _RecordedReply(reply, Question.of(method, path, body), self._recorder)

    def close(self) -> None:
        self._inner.close()


class _RecordedReply:
    """A reply that is written down when it was read to its end, broke, or was let go of."""

    def __init__(self, reply: Reply, question: Question, recorder: Recorder) -> None:
        self._reply = reply
        self._question = question
        self._recorder = recorder
        self._take: Take | None = Take(reply.status, kept(reply.headers), asked_for=ASKED_FOR.get())
        self._kept = Spool()

    @property
    def status(self) -> int:
        return self._reply.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._reply.headers

    def chunks(self) -> Iterator[bytes]:
        take = self._take
        assert take, "a reply is read once"
        try:
            for chunk in self._reply.chunks():
                self._kept.add(chunk)
                yield chunk
        except GradientError as error:
            take.error = error
            raise

    def close(self) -> None:
        self._reply.close()
        take, self._take = self._take, None
        stopped_by = sys.exc_info()[1]
        if stopped_by is not None and not isinstance(stopped_by, GradientError):
            self._kept.close()
            return  # Half an answer that somebody stopped is not what the server says.
        if take:
            most = None
            is_broken = isinstance(stopped_by, BrokenReply) or (take.error and stopped_by)
            if is_broken and self._kept.size > MOST_OF_BROKEN:
                # Broken off without an answer: a server that never ends is not kept to its end.
                most, take.error = MOST_OF_BROKEN, take.error or stopped_by
            elif self._kept.size > MOST_RECORDED:
                self._kept.close()
                self._recorder.note_fault(f"the reply is larger than {MOST_RECORDED:,} bytes")
                return
            try:
                take.chunks = self._kept.chunks(most)
            except OSError as error:
                self._recorder.note_fault((error.strerror or str(error)).lower())
                return
            self._recorder.keep(self._question, take)


class _ReplayTransport:
    def __init__(self, player: Player) -> None:
        self._player = player

    def send(
        self,
        method: str,
        path: str,
        body: Sequence[bytes] = (),
        *,
        accept: str = "application/json",
    ) -> Reply:
        return _ReplayedReply(self._player.answer(Question.of(method, path, body)))

    def close(self) -> None:
        pass


class _ReplayedReply:
    def __init__(self, take: Take) -> None:
        self._take = take

    @property
    def status(self) -> int:
        return self._take.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._take.headers

    def chunks(self) -> Iterator[bytes]:
        yield from self._take.chunks
        if self._take.error:
            raise self._take.error

    def close(self) -> None:
        pass


def is_same(one: str, other: str) -> bool:
    """Tell whether two names are of the same test, each by its suite as seen from somewhere."""
    return one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}")


def _places_for(asker: str, takes: Sequence[Take]) -> list[int]:
    """
    Give the places of the replies for an asker: by its whole name, else by the suite's file.

    The same suite is tests/s.toml from one folder and s.toml from another; where that leaves
    it open which of several is meant, none is.
    """
    names = {take.asked_for for take in takes if take.asked_for}
    if asker not in names:
        alike = [name for name in names if is_same(name, asker)]
        if len(alike) != 1:
            return []
        asker = alike[0]
    return [place for place, take in enumerate(takes) if take.asked_for == asker]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
