"""
One answer, sent: streamed or whole, with the pauses and the end that the script wants.

    end         streamed                          whole
    cut         no last chunk, the connection     half of the body that was promised
                ends
    reset       the same, and it breaks           the same
    close       a clean end, no terminal event    half a body, of a length never told
    malformed   half a frame                      half of the JSON, as a whole body
    done        `[DONE]` and no terminal event    an event stream with `[DONE]` alone
    stall       silence after the last piece      silence
"""

from collections.abc import Mapping

from gradient_cli.mock import chunks, typed
from gradient_cli.mock.answer import Answer
from gradient_cli.mock.connection import Connection, Gone, encoded, merged
from gradient_cli.wire.json import Json

_DONE = b"data: [DONE]\n\n"
_HALF_FRAME = b'data: {"type": "response.output_text.delta", "del\n\n'
_LONG_S = 3600.0


def send_stream(
    connection: Connection, answer: Answer, dialect: str, headers: Mapping[str, str]
) -> None:
    """
    Send an answer as events, a chunk each.

    Raises:
        Gone: the other side has closed, or the script wants the connection to end here.

    """
    behaviour = answer.behaviour
    is_typed = dialect == "typed"
    pause = behaviour.first_token
    connection.begin_stream(headers)
    for event in typed.events(answer) if is_typed else chunks.events(answer):
        if typed.is_delta(event) if is_typed else chunks.is_delta(event):
            if pause:
                connection.wait(pause)
            pause = behaviour.token_delay
        connection.send_chunk(_frame(event, is_named=is_typed))
    match answer.end:
        case "cut" | "reset":
            break_off(connection, answer.end)
        case "stall":
            stall(connection)
        case "malformed":
            connection.send_chunk(_HALF_FRAME)
    if answer.end == "done" or (not is_typed and answer.end not in {"close", "malformed"}):
        connection.send_chunk(_DONE)
    connection.end_stream()


def send_whole(
    connection: Connection, answer: Answer, dialect: str, headers: Mapping[str, str]
) -> None:
    """
    Send an answer as one JSON body.

    Raises:
        Gone: as above.

    """
    behaviour, end = answer.behaviour, answer.end
    said = sum(len(part.pieces) for part in answer.parts)
    wait_s = behaviour.first_token + behaviour.token_delay * max(0, said - 1)
    if wait_s:
        connection.wait(wait_s)
    if end == "stall":
        stall(connection)
    body = encoded(whole_body(answer, dialect))
    headers = merged({"Content-Type": "application/json"}, headers)
    match end:
        case "cut" | "reset":
            connection.send_short(body[: len(body) // 2], len(body), headers)
            break_off(connection, end)
        case "close":
            connection.send_short(body[: len(body) // 2], None, headers)
        case "malformed":
            connection.send_reply(200, body[: len(body) // 2], headers)
        case "done":
            stream = merged(headers, {"Content-Type": "text/event-stream; charset=utf-8"})
            connection.send_reply(200, _DONE, stream)
        case _:
            connection.send_reply(200, body, headers)


def whole_body(answer: Answer, dialect: str) -> Json:
    """Give an answer as one JSON body."""
    if answer.end == "error":
        return {"error": {"code": "server_error", "message": typed.FAILURE}}
    if dialect == "typed" or answer.end == "failed":
        return typed.whole(answer)
    return chunks.whole(answer)


def break_off(connection: Connection, end: str) -> None:
    """
    End the connection in the middle: `cut` as a server that dies, `reset` as a network that does.

    Raises:
        Gone: always.

    """
    if end == "reset":
        connection.reset()
    raise Gone


def stall(connection: Connection) -> None:
    """
    Stay silent until the other side has had enough.

    Raises:
        Gone: it has.

    """
    while True:
        connection.wait(_LONG_S)


def _frame(event: Mapping[str, Json], *, is_named: bool) -> bytes:
    name = f"event: {event['type']}\n" if is_named else ""
    return b"%sdata: %s\n\n" % (name.encode(), encoded(event))
