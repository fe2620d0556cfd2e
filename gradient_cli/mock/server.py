"""
A Responses endpoint on loopback that does what a Script says.

    GET  /v1/models, /v1/models/ID
    POST /v1/responses     typed or chunk dialect, streamed or whole, whole or broken
    POST /v1/systemone     decisions with the odds of the script
    /v1/batches            the provider's batch engine: see `engine`

A thread a connection; every thread is a daemon, so that the process ends when its user does.
"""

import json
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import field, replace
from itertools import count

from gradient_cli.mock.answer import Answer, prompt_of
from gradient_cli.mock.connection import REASONS, Connection, Gone, HttpRequest, merged
from gradient_cli.mock.decisions import answers, asked_of, faults
from gradient_cli.mock.delivery import send_stream, send_whole, whole_body
from gradient_cli.mock.director import Director
from gradient_cli.mock.engine import PREFIX, Engine, EngineReply
from gradient_cli.mock.limit import Limit
from gradient_cli.mock.listening import has_started, taken
from gradient_cli.mock.routes import DECISIONS, body_refusal, method_of, model_of
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.tool_outputs import results_of
from gradient_cli.values import record
from gradient_cli.wire.json import Json

_PATIENCE_S = 0.2
"""How long the threads of a stopped server may take in all; they are daemons."""
LEFT = "left"
_WITHOUT_END = {"cut", "reset", "stall"}
"""Ends after which the connection is gone because the script wants it so."""
_SECRET_HEADERS = {"authorization", "api-key", "x-api-key", "cookie", "proxy-authorization"}
_WORDS = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    422: "unprocessable_entity",
    424: "failed_dependency",
    429: "too_many_requests",
}
"""The provider's ids of errors; anything else is `server_error` or `bad_request`."""


@record
class Record:
    """One request that came, and how it is answered; the key is not kept."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Json
    status: int
    end: str = "completed"
    """One of ENDS, completed for refusals too; to a Log, LEFT where nobody waited for it."""


Log = Callable[[Record, float], None]
"""Takes each request after its answer, and the seconds that it took."""


@record
class _Plan:
    """What is done about a request: it is refused, answered, or wants the list of models."""

    refusal: tuple[int, str] | None = None
    """Status and message."""
    answer: Answer | None = None
    decision: Behaviour | None = None
    """What the decision endpoint does."""
    body: Json = None
    """What it says, where it says it itself."""
    engine: EngineReply | None = None
    """What the batch engine says."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        if self.refusal:
            return self.refusal[0]
        if self.engine:
            return self.engine.status
        behaviour = self.answer.behaviour if self.answer else self.decision
        return behaviour.status if behaviour else 200

    @property
    def end(self) -> str:
        is_said = self.answer is not None and not _is_verbatim(self.answer.behaviour)
        return self.answer.end if self.answer and is_said else "completed"


class MockServer:
    """
    Serves a Script on loopback until it is stopped; also a context manager.

    `url` is its base URL; `requests` holds what came, oldest first, and `counts` how many had
    which status. `keep` is how many requests are held: None is all, a long run wants few.
    """

    def __init__(
        self,
        script: Script | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        log: Log | None = None,
        *,
        keep: int | None = None,
    ) -> None:
        self.script = script or Script()
        self.counts: Counter[int] = Counter()
        self.requests: deque[Record] = deque(maxlen=keep)
        self._address = (host, port)
        self._log = log
        self._director = Director(self.script.behaviours, is_looped=self.script.is_looped)
        self._decider = Director(self.script.decisions, is_looped=self.script.is_looped)
        self._limit = Limit(self.script.limit_per_minute)
        self._engine = Engine(self._answer_row)
        self._numbers = count(1)
        self._listener: socket.socket | None = None
        self._open: dict[Connection, threading.Thread] = {}
        self._lock = threading.Lock()
        self._is_stopped = False

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
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Stop serving, close every connection and let what was answered be logged."""
        if self._listener is None:
            return
        with suppress(OSError):
            # Wakes the thread that waits in accept(), which close() alone would not.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            self._is_stopped = True
            serving = dict(self._open)
        for connection in serving:
            connection.close()
        end = time.monotonic() + _PATIENCE_S
        for thread in serving.values():
            thread.join(max(0.0, end - time.monotonic()))

    def __enter__(self) -> "MockServer":
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _accept(self, listener: socket.socket) -> None:
        while sock := taken(listener):
            connection = Connection(sock)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                if self._is_stopped:
                    connection.close()
                    return
                has_thread = has_started(thread)
                self._open[connection] = thread if has_thread else threading.current_thread()
            if not has_thread:
                self._serve(connection)

    def _serve(self, connection: Connection) -> None:
        try:
            while True:
                self._answer(connection, connection.read_request())
                if connection.is_last:
                    break
        except Gone:
            pass
        finally:
            with self._lock:
                self._open.pop(connection, None)
            connection.close()

    # One request --------------------------------------------------------------------------

    def _answer(self, connection: Connection, request: HttpRequest) -> None:
        begun = time.monotonic()
        body = _json_or_none(request.body)
        plan = self._plan(request, body, next(self._numbers))
        # Before the answer: whoever has read it may look at once.
        record = self._keep(request, body, plan)
        try:
            if plan.refusal:
                _refuse(connection, *plan.refusal, plan.headers)
            elif plan.answer:
                self._respond(connection, plan.answer, plan.headers)
            elif plan.engine:
                _send_engine(connection, plan.engine, plan.headers)
            elif plan.decision:
                self._decide(connection, plan.decision, plan.body, plan.headers)
            else:
                connection.send_json(200, self._models(request.path), plan.headers)
        except Gone:
            if record.end not in _WITHOUT_END:
                record = replace(record, end=LEFT)
            raise
        finally:
            if self._log:
                self._log(record, time.monotonic() - begun)

    def _plan(self, request: HttpRequest, body: Json, number: int) -> _Plan:
        headers = {"X-Request-Id": f"req_resp_mock_{number}"}
        refusal = self._refusal(request, body)
        if refusal:
            allowed = {"Allow": method_of(request.path) or ""} if refusal[0] == 405 else {}
            return _Plan(refusal, headers={**headers, **allowed})
        if request.path.startswith("/v1/models"):
            return _Plan(headers=headers)
        if request.path.startswith(PREFIX):
            engine = self._engine.answer(
                request.method, request.path, request.headers, request.body
            )
            return _Plan(engine=engine, headers=headers)
        has_room, limits = self._limit.take()
        if not has_room:
            message = "slow down: the limit of requests a minute is reached"
            return _Plan((429, message), headers={**headers, **limits})
        model = body.get("model") if isinstance(body, dict) else None
        model = model if isinstance(model, str) else ""
        if request.path == DECISIONS:
            return self._plan_decision(body, model, {**headers, **limits})
        answer = Answer(self._behaviour(body, model), body, number, int(time.time()))
        return _Plan(answer=answer, headers={**headers, **limits})

    def _behaviour(self, body: Json, model: str) -> Behaviour:
        seen = [result.name for result in results_of(body)]
        return self._director.choose(prompt_of(body), model, seen)

    def _plan_decision(self, body: Json, model: str, headers: Mapping[str, str]) -> _Plan:
        if found := faults(body):
            unsound = Behaviour(status=422)
            return _Plan(decision=unsound, body={"detail": found}, headers=headers)
        behaviour = self._decider.choose(asked_of(body), model)
        is_answer = behaviour.status == 200
        said = answers(body, behaviour.odds or {}) if is_answer else None
        return _Plan(decision=behaviour, body=said, headers=headers)

    def _answer_row(self, body: Json) -> tuple[int, Json]:
        """Answer a row of a batch: status and body, as if it had been asked by itself."""
        number = next(self._numbers)
        model = body.get("model")
        behaviour = self._behaviour(body, model if isinstance(model, str) else "")
        if behaviour.status != 200:
            return behaviour.status, {"error": {"message": "scripted", "code": "scripted"}}
        answer = Answer(behaviour, body, number, int(time.time()))
        return 200, whole_body(answer, behaviour.dialect or self.script.dialect)

    def _keep(self, request: HttpRequest, body: Json, plan: _Plan) -> Record:
        headers = {
            name: "(hidden)" if name in _SECRET_HEADERS else value
            for name, value in request.headers.items()
        }
        record = Record(request.method, request.path, headers, body, plan.status, plan.end)
        with self._lock:
            self.requests.append(record)
            self.counts[plan.status] += 1
        return record

    def _refusal(self, request: HttpRequest, body: Json) -> tuple[int, str] | None:
        """Give why a request is not answered, in the service's words."""
        path, key = request.path, self.script.key
        if path.startswith(PREFIX):
            return self._engine_refusal(request)
        wanted = method_of(path)
        if wanted is None:
            return 404, f"no such path: {path}"
        method = "GET" if request.method == "HEAD" else request.method
        if method != wanted:
            return 405, f"{path} takes {wanted}"
        if key and request.headers.get("authorization") != f"Bearer {key}":
            return 401, "Unable to authenticate you."
        if path in {"/v1/models", DECISIONS}:
            return None
        if model := model_of(path):
            is_listed = model in self.script.models
            return None if is_listed else (404, f'model "{model}" does not exist')
        return body_refusal(body)

    def _engine_refusal(self, request: HttpRequest) -> tuple[int, str] | None:
        """A signed address takes no key; everything else of the engine wants it."""
        key, is_signed = self.script.key, request.path.startswith(f"{PREFIX}/storage/")
        if key and not is_signed and request.headers.get("authorization") != f"Bearer {key}":
            return 401, "Unable to authenticate you."
        return None

    def _models(self, path: str) -> Json:
        data = [
            {"id": model, "object": "model", "created": 1752255238, "owned_by": "gradient-mock"}
            for model in self.script.models
        ]
        only = model_of(path)
        chosen = next((model for model in data if model["id"] == only), None)
        return chosen or {"object": "list", "data": data}

    def _decide(
        self,
        connection: Connection,
        behaviour: Behaviour,
        body: Json,
        own_headers: Mapping[str, str],
    ) -> None:
        headers = merged(own_headers, behaviour.headers)
        if behaviour.delay:
            connection.wait(behaviour.delay)
        if behaviour.body is not None:
            _send_verbatim(connection, behaviour, headers)
        elif body is not None:
            connection.send_json(behaviour.status, body, headers)
        else:
            _refuse(connection, behaviour.status, "scripted", headers)

    def _respond(
        self, connection: Connection, answer: Answer, own_headers: Mapping[str, str]
    ) -> None:
        behaviour = answer.behaviour
        headers = merged(own_headers, behaviour.headers)
        dialect = behaviour.dialect or self.script.dialect
        if behaviour.delay:
            connection.wait(behaviour.delay)
        if behaviour.body is not None:
            _send_verbatim(connection, behaviour, headers)
        elif behaviour.status != 200:
            reason = REASONS.get(behaviour.status, "an unusual status")
            _refuse(connection, behaviour.status, f"scripted: {reason}", headers)
        elif answer.request.get("stream"):
            send_stream(connection, answer, dialect, headers)
        else:
            send_whole(connection, answer, dialect, headers)


def _send_verbatim(
    connection: Connection, behaviour: Behaviour, headers: Mapping[str, str]
) -> None:
    text = behaviour.body or ""
    kind = "text/html" if text.lstrip().startswith("<") else "application/json"
    connection.send_reply(
        behaviour.status, text.encode("utf-8", "replace"), merged({"Content-Type": kind}, headers)
    )


def _send_engine(connection: Connection, reply: EngineReply, headers: Mapping[str, str]) -> None:
    if reply.data is None:
        connection.send_json(reply.status, reply.body, headers)
        return
    kind = {"Content-Type": "application/x-ndjson"}
    connection.send_reply(reply.status, reply.data, merged(kind, headers))


def _is_verbatim(behaviour: Behaviour) -> bool:
    """Tell whether a body or an error is sent, and no answer."""
    return behaviour.body is not None or behaviour.status != 200


def _refuse(connection: Connection, status: int, message: str, headers: Mapping[str, str]) -> None:
    word = _WORDS.get(status, "server_error" if status >= 500 else "bad_request")
    error = {"id": word, "message": message, "request_id": headers.get("X-Request-Id")}
    connection.send_json(status, error, headers)


def _json_or_none(body: bytes) -> Json:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
