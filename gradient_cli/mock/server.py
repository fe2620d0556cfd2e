"""
A Responses endpoint on loopback that does what a Script says.

    GET  /v1/models
    POST /v1/responses     typed or chunk dialect, streamed or whole, whole or broken

A thread a connection; every thread is a daemon, so that the process ends when its user does.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from gradient_cli.mock.dialogue import (
    Answer,
    chunk_end,
    chunk_object,
    chunks,
    prompt_of,
    response_object,
    typed_end,
    typed_events,
)
from gradient_cli.mock.http import Connection, Gone, HttpRequest
from gradient_cli.mock.script import Behaviour, Director, Script
from gradient_cli.wire.json import Json, dumps

DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Record:
    """One request that came, and its answer's status; the key is not kept."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Json
    status: int


Log = Callable[[Record, float], None]
"""Takes each request after its answer, and the seconds that it took."""


class MockServer:
    """
    Serves a Script on loopback until it is stopped; also a context manager.

    `url` is its base URL; `requests` holds what came, oldest first.
    """

    def __init__(
        self,
        script: Script | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        log: Log | None = None,
    ) -> None:
        self.script = script or Script()
        self.requests: list[Record] = []
        self._address = (host, port)
        self._log = log
        self._director = Director(self.script)
        self._limit = _Limit(self.script.limit_per_minute)
        self._ids = count(1)
        self._listener: socket.socket | None = None
        self._open: set[Connection] = set()

    @property
    def url(self) -> str:
        """The base URL, once it was started."""
        assert self._listener is not None
        host, port = self._listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """
        Begin to serve.

        Raises:
            OSError: the address is taken or not ours.

        """
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        self._listener = socket.create_server(self._address, family=family, backlog=512)
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Stop serving and close every connection."""
        if self._listener is not None:
            with suppress(OSError):
                # Wakes the thread that waits in accept(), which close() alone would not.
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for connection in list(self._open):
            connection.close()

    def __enter__(self) -> "MockServer":
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _accept(self) -> None:
        assert self._listener is not None
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(Connection(sock),), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        self._open.add(connection)
        try:
            while True:
                self._answer(connection, connection.read_request())
        except Gone:
            pass
        finally:
            self._open.discard(connection)
            connection.close()

    # One request --------------------------------------------------------------------------

    def _answer(self, connection: Connection, request: HttpRequest) -> None:
        begun = time.monotonic()
        body = _json_or_none(request.body)
        refusal = self._refusal(request, body)
        behaviour = None
        if refusal is None and request.path != "/v1/models":
            behaviour = self._director.choose(prompt_of(body))
        status = refusal[0] if refusal else behaviour.status if behaviour else 200
        # Before the answer: whoever has read it may look at once.
        record = self._keep(request, body, status)
        try:
            if refusal:
                connection.send_json(*refusal)
            elif behaviour:
                self._respond(connection, behaviour, body)
            else:
                connection.send_json(200, self._models(), {})
        finally:
            if self._log:
                self._log(record, time.monotonic() - begun)

    def _keep(self, request: HttpRequest, body: Json, status: int) -> Record:
        headers = {
            name: "(hidden)" if name == "authorization" else value
            for name, value in request.headers.items()
        }
        record = Record(request.method, request.path, headers, body, status)
        self.requests.append(record)
        return record

    def _refusal(
        self, request: HttpRequest, body: Json
    ) -> tuple[int, dict[str, Json], dict[str, str]] | None:
        """Give (status, body, headers) for a request that is not answered."""
        known = {"/v1/models": "GET", "/v1/responses": "POST"}
        if request.path not in known:
            return 404, _error("not_found", f"no such path: {request.path}"), {}
        if request.method != known[request.path]:
            return 405, _error("bad_request", f"{request.path} takes {known[request.path]}"), {}
        if self.script.key and request.headers.get("authorization") != f"Bearer {self.script.key}":
            return 401, _error("unauthorized", "Unable to authenticate you."), {}
        if request.path == "/v1/models":
            return None
        if not isinstance(body, dict):
            return 400, _error("bad_request", "the body is not a JSON object"), {}
        if not body.get("input"):
            return 400, _error("bad_request", "`input` is missing"), {}
        if self._limit.is_used_up():
            return 429, _error("too_many_requests", "slow down"), self._limit.headers()
        return None

    def _models(self) -> Json:
        data = [
            {"id": model, "object": "model", "created": 1752255238, "owned_by": "gradient-mock"}
            for model in self.script.models
        ]
        return {"object": "list", "data": data}

    def _respond(
        self, connection: Connection, behaviour: Behaviour, body: Mapping[str, Json]
    ) -> None:
        answer = Answer(behaviour, body, f"resp_mock_{next(self._ids)}", int(time.time()))
        headers = {"X-Request-Id": f"req_{answer.id}", **self._limit.headers(), **behaviour.headers}
        _wait(connection, behaviour.delay)
        if behaviour.body is not None or behaviour.status != 200:
            text = behaviour.body
            if text is None:
                word = "too_many_requests" if behaviour.status == 429 else "scripted"
                connection.send_json(behaviour.status, _error(word, "scripted status"), headers)
            else:
                kind = "text/html" if text.lstrip().startswith("<") else "application/json"
                connection.send_reply(
                    behaviour.status, text.encode(), {"Content-Type": kind, **headers}
                )
        elif body.get("stream"):
            self._stream(connection, answer, headers)
        else:
            self._send_whole(connection, answer, headers)

    def _dialect(self, behaviour: Behaviour) -> str:
        return behaviour.dialect or self.script.dialect

    def _send_whole(
        self, connection: Connection, answer: Answer, headers: Mapping[str, str]
    ) -> None:
        behaviour, end = answer.behaviour, answer.end()
        _wait(connection, behaviour.first_token + behaviour.token_delay * len(answer.pieces()))
        if end == "stall":
            _stall(connection)
        status = {"incomplete": "incomplete", "failed": "failed", "error": "failed"}.get(
            end, "completed"
        )
        if self._dialect(behaviour) == "chunk" and status != "failed":
            data = dumps(chunk_object(answer)).encode()
        else:
            data = dumps(response_object(answer, status)).encode()
        if end in {"cut", "close", "malformed", "done"}:
            connection.send(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(data), data[: len(data) // 2])
            )
            raise Gone
        connection.send_reply(200, data, {"Content-Type": "application/json", **headers})

    def _stream(self, connection: Connection, answer: Answer, headers: Mapping[str, str]) -> None:
        behaviour = answer.behaviour
        is_chunked = self._dialect(behaviour) == "chunk"
        connection.begin_stream(headers)
        number = count()
        is_first = True
        for payload in chunks(answer) if is_chunked else typed_events(answer):
            if _is_delta(payload):
                pause = behaviour.first_token if is_first else behaviour.token_delay
                is_first = False
                _wait(connection, pause)
            connection.send_chunk(_frame(payload, None if is_chunked else next(number)))
        match answer.end():
            case "cut":
                connection.reset()
                raise Gone
            case "stall":
                _stall(connection)
            case "malformed":
                connection.send_chunk(b'data: {"type": "response.output_text.delta", "del\n\n')
        for payload in chunk_end(answer) if is_chunked else typed_end(answer):
            connection.send_chunk(_frame(payload, None if is_chunked else next(number)))
        if is_chunked or answer.end() == "done":
            connection.send_chunk(DONE)
        connection.send_chunk(b"")


class _Limit:
    """Requests a minute, as a bucket that fills evenly; speaks x-ratelimit headers."""

    def __init__(self, per_minute: int | None) -> None:
        self._per_minute = per_minute
        self._left = float(per_minute or 0)
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def is_used_up(self) -> bool:
        """Take one request from the bucket; tell whether there was none."""
        if self._per_minute is None:
            return False
        with self._lock:
            now = time.monotonic()
            filled = self._left + (now - self._at) * self._per_minute / 60
            self._left, self._at = min(filled, float(self._per_minute)), now
            if self._left < 1:
                return True
            self._left -= 1
            return False

    def headers(self) -> dict[str, str]:
        """Give the headers that tell the state; none without a limit."""
        if self._per_minute is None:
            return {}
        wait_s = max(0.0, 1 - self._left) * 60 / self._per_minute
        return {
            "x-ratelimit-limit-requests": str(self._per_minute),
            "x-ratelimit-remaining-requests": str(int(self._left)),
            "x-ratelimit-reset-requests": str(int(time.time() + wait_s)) if wait_s else "0",
        }


def _frame(payload: Mapping[str, Json], number: int | None) -> bytes:
    """Give one event as bytes; typed events have a name and a number."""
    if number is None:
        return f"data: {dumps(payload)}\n\n".encode()
    numbered = dumps({**payload, "sequence_number": number})
    return f"event: {payload['type']}\ndata: {numbered}\n\n".encode()


def _is_delta(payload: Mapping[str, Json]) -> bool:
    if "choices" in payload:
        return bool(payload["choices"] and payload["choices"][0]["delta"].get("content"))
    return str(payload.get("type", "")).endswith("output_text.delta")


def _wait(connection: Connection, seconds: float) -> None:
    """Sleep; an end of the other side ends it."""
    if seconds > 0.05:
        if connection.has_gone(seconds):
            raise Gone
    elif seconds > 0:
        time.sleep(seconds)


def _stall(connection: Connection) -> None:
    """Stay silent until the other side has had enough."""
    while not connection.has_gone(1.0):
        pass
    raise Gone


def _error(word: str, message: str) -> dict[str, Json]:
    return {"id": word, "message": message}


def _json_or_none(body: bytes) -> Json:
    try:
        return json.loads(body)
    except ValueError:
        return None
