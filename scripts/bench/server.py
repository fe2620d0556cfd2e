"""
An endpoint that costs as little as Python can, to measure clients against.

    python scripts/bench/server.py [--tls CERT KEY] [--rtt MS]

Prints its port and serves until it is killed. The model's name says what to answer:

    any          one short typed stream
    events-N     a stream of N text deltas, one HTTP chunk each
    bytes-N      one plain JSON body whose text has N bytes
    long-N       a typed stream of N bytes in pieces of 1,000, repeated in its final object
    chunks-N     the same in the chunk dialect

A question to a decision model is answered yes.

`--rtt` puts a link of that round-trip time before it: one round trip for TCP's handshake,
and half of one on everything that travels in either direction.
"""

import argparse
import json
import socket
import ssl
import time
from collections.abc import Iterator
from queue import SimpleQueue
from threading import Thread

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\nconnection: close\r\n%b\r\n"
STREAM = HEAD % (b"text/event-stream", b"transfer-encoding: chunked\r\n")
PIECE = "word " * 200
BATCH = 512
"""Chunks that are sent at a time where there are many: the client is measured, not we."""


def event(kind: str, **fields: object) -> bytes:
    """Give one typed event as an HTTP chunk."""
    data = json.dumps({"type": kind, **fields}, separators=(",", ":")).encode()
    body = b"event: %b\ndata: %b\n\n" % (kind.encode(), data)
    return b"%x\r\n%b\r\n" % (len(body), body)


def typed(deltas: Iterator[str], count: int) -> Iterator[bytes]:
    """Give a whole typed stream."""
    start = {"id": "resp_1", "object": "response", "model": "any", "output": []}
    yield event("response.created", response={**start, "status": "in_progress"})
    pack: list[bytes] = []
    for number, delta in enumerate(deltas):
        pack.append(
            event(
                "response.output_text.delta",
                sequence_number=number,
                item_id="msg_1",
                output_index=0,
                content_index=0,
                delta=delta,
                logprobs=[],
            )
        )
        if len(pack) == BATCH:
            yield b"".join(pack)
            pack.clear()
    yield b"".join(pack)
    usage = {"input_tokens": 1, "output_tokens": count, "total_tokens": count + 1}
    yield event("response.completed", response={**start, "status": "completed", "usage": usage})
    yield b"0\r\n\r\n"


def long(size: int) -> Iterator[bytes]:
    """Give a long typed stream, whose final object has the text again."""
    *begun, _, _ = typed((PIECE for _ in range(size // len(PIECE))), size)
    yield from begun
    part = {"type": "output_text", "text": PIECE * (size // len(PIECE)), "annotations": []}
    item = {"type": "message", "id": "msg_1", "role": "assistant", "content": [part]}
    yield event("response.completed", response={"status": "completed", "output": [item]})
    yield b"0\r\n\r\n"


def chunks(size: int) -> Iterator[bytes]:
    """Give a long stream of the chunk dialect."""
    for number in range(size // len(PIECE) + 1):
        is_last = number == size // len(PIECE)
        choice = {
            "index": 0,
            "delta": {} if is_last else {"content": PIECE},
            "finish_reason": "stop" if is_last else None,
        }
        chunk = {"id": "c", "object": "response.chunk", "model": "any", "choices": [choice]}
        body = b"data: %b\n\n" % json.dumps(chunk).encode()
        yield b"%x\r\n%b\r\n" % (len(body), body)
    yield b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


def chat() -> Iterator[bytes]:
    """Give a short stream of the chat interface, for programs that know no other."""
    for delta, finish in (({"role": "assistant", "content": "Hello!"}, None), ({}, "stop")):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "any"}
        body = b"data: %b\n\n" % json.dumps({**chunk, "choices": [choice]}).encode()
        yield b"%x\r\n%b\r\n" % (len(body), body)
    yield b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


def answer(head: bytes, body: bytes) -> Iterator[bytes]:
    """Give the reply to one request."""
    if b"/chat/completions" in head.split(b"\r\n", 1)[0]:
        yield STREAM
        yield from chat()
        return
    if b"/systemone" in head.split(b"\r\n", 1)[0]:
        said = {"model": "any", "answers": {"decision": {"type": "noul", "noul": 0.9}}}
        data = json.dumps(said).encode()
        yield HEAD % (b"application/json", b"content-length: %d\r\n" % len(data)) + data
        return
    # The model's name comes early or late; of 100 MB of prompt only the ends are looked at.
    ends = body if len(body) < 4096 else body[:2048] + body[-2048:]
    kind, _, number = model(ends).partition("-")
    if kind == "bytes":
        part = {"type": "output_text", "text": "x" * int(number), "annotations": []}
        item = {"type": "message", "role": "assistant", "status": "completed", "content": [part]}
        whole = {"id": "resp_1", "object": "response", "status": "completed", "output": [item]}
        data = json.dumps(whole).encode()
        yield HEAD % (b"application/json", b"content-length: %d\r\n" % len(data)) + data
    elif kind in {"long", "chunks"}:
        yield STREAM
        yield from long(int(number)) if kind == "long" else chunks(int(number))
    elif kind == "events":
        yield STREAM
        yield from typed((f"word{n} " for n in range(int(number))), int(number))
    elif b'"stream":true' in ends.replace(b" ", b""):
        yield b"".join([STREAM, *typed(iter(["Hello", "!"]), 2)])
    else:
        item = {"type": "message", "content": [{"type": "output_text", "text": "Hello!"}]}
        data = json.dumps({"id": "r", "status": "completed", "output": [item]}).encode()
        yield HEAD % (b"application/json", b"content-length: %d\r\n" % len(data)) + data


def model(body: bytes) -> str:
    """Find the model's name in a request."""
    _, _, rest = body.partition(b'"model"')
    return rest.lstrip(b": ")[1:].partition(b'"')[0].decode() if rest else ""


def serve(connection: socket.socket) -> None:
    """Answer one connection's one request."""
    try:
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            head, body = read_request(connection)
            for piece in answer(head, body):
                connection.sendall(piece)
            del body
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
    except OSError:
        pass  # the client went first


def read_request(connection: socket.socket) -> tuple[bytes, bytes]:
    """Read a request; of a long body only its ends are kept, so that we stay small."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(1 << 20)
        if not more:
            raise ConnectionError("no request")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line[15:] for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"]
    left = int(lengths[0] if lengths else 0) - len(body)
    while left > 0:
        more = connection.recv(1 << 20)
        if not more:
            raise ConnectionError("half a request")
        left -= len(more)
        body = body + more if len(body) < 4096 else body[:2048] + (body[2048:] + more)[-2048:]
    return head, body


def delayed(client: socket.socket, port: int, rtt_s: float) -> None:
    """Carry one connection over a slow link."""
    server = socket.create_connection(("127.0.0.1", port))
    for sock in (client, server):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # The kernel accepts at once: the handshake's round trip is put before the first bytes.
    Thread(target=carry, args=(client, server, rtt_s / 2, rtt_s), daemon=True).start()
    Thread(target=carry, args=(server, client, rtt_s / 2, 0.0), daemon=True).start()


def carry(source: socket.socket, target: socket.socket, delay_s: float, first_s: float) -> None:
    """Hand on bytes, each after its delay; many can be under way at once."""
    opened = time.monotonic()
    queue: SimpleQueue[tuple[float, bytes]] = SimpleQueue()

    def deliver() -> None:
        try:
            while True:
                due, data = queue.get()
                time.sleep(max(0.0, due - time.monotonic()))
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                target.sendall(data)
        except OSError:
            return

    Thread(target=deliver, daemon=True).start()
    data = b"-"
    while data:
        try:
            data = source.recv(1 << 16)
        except OSError:
            data = b""
        queue.put((max(time.monotonic(), opened + first_s) + delay_s, data))


def listen(handle: object, tls: tuple[str, str] | None = None) -> int:
    """Serve on a free port in the background and give the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        context.set_alpn_protocols(["http/1.1"])

    def one(connection: socket.socket) -> None:
        try:
            handle(context.wrap_socket(connection, server_side=True) if context else connection)
        except OSError:
            connection.close()

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            Thread(target=one, args=(connection,), daemon=True).start()

    Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description="An endpoint to measure clients against.")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--rtt", type=float, default=0.0, metavar="MS")
    options = parser.parse_args()
    port = listen(serve, tuple(options.tls) if options.tls else None)
    if options.rtt:
        inner = port
        port = listen(lambda client: delayed(client, inner, options.rtt / 1000))
    print(port, flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()
