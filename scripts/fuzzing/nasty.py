"""Nasty texts, numbers, headers and replies, drawn by chance from a seed."""

import gzip
import json
import zlib
from collections.abc import Iterator
from random import Random

PWNED = "PWNED"
"""Stands in every command that somebody might plant; no such command may arrive."""

TEXTS = [
    *(
        "",
        " ",
        "\n",
        "yes",
        "no",
        "ok",
        "```py\nx\n```",
        "```",
        "# T\n\n| a | b |\n|---|---|\n| 1 |",
    ),
    *(
        f"\x1b]0;{PWNED}\x07",
        f"\x1b]8;;http://{PWNED}\x1b\\x",
        "\x1b[2J\x1b[5i",
        "\x9b6n",
        "\x07\x08",
    ),
    *(f"\n::error::{PWNED}", f"\r\n::set-output name=a::{PWNED}", f"a ##[error]{PWNED}"),
    *(f"\n##vso[task.x]{PWNED}", f"\n##teamcity[x '{PWNED}']", f"\x1b[0Ksection_start:1:{PWNED}"),
    *("\u202egnp", "\u2066x\u2069", "\u200b", "\ufeff", "\u0085", "\u2028", "\x00", "\ud800", "😀"),
    *(
        "<think>",
        "</think>",
        "<|channel|>analysis<|message|>",
        "<|end|>",
        "{{ a }}",
        "@/etc/passwd",
    ),
    *("a" * 70_000, "[" * 5000, "(?a)(?u)x", "9" * 5000, "-1", "1e999", "NaN", "\u00b2", "null"),
    *(
        '{"a": 1}',
        '{"a": "b\\u0000"}',
        "[1,2",
        "<html><script>x</script>",
        "&amp;",
        "']]>",
        "../../x",
    ),
]
COUNTS: list[object] = [
    *(0, 1, -1, 5, 10**15, 10**400, 1.5, 1e308, True, None, "7", "\u00b2", [], {}, float("nan")),
]
HEADERS = [
    *(
        "Retry-After: 0",
        "Retry-After: -5",
        "Retry-After: 1e400",
        "Retry-After: \xb2",
        "Retry-After: x",
    ),
    *("Retry-After: Wed, 21 Oct 2015 07:28:00", "Retry-After: Wed, 99 Foo 0000 99:99:99 -9999"),
    *("x-ratelimit-reset-requests: 1", "ratelimit-reset: nan", "x-ratelimit-limit-requests: 1e99"),
    *("x-ratelimit-remaining-requests: -1", "x-ratelimit-limit-tokens-per-minute: 0"),
    *(
        f"x-request-id: a\x1b]0;{PWNED}\x07b",
        f"x-request-id: ::error::{PWNED}",
        "x-request-id: " + "i" * 9000,
    ),
    *(
        "Location: http://127.0.0.1:1/",
        f"Location: \x1b]0;{PWNED}\x07",
        "Date: x",
        "Server: \xff\xfe",
    ),
    *(
        "Content-Type: text/html",
        "Content-Type: application/json; charset=utf-16",
        "Content-Type: \xe9",
    ),
    *("X: " + "x" * 120_000, "Set-Cookie: a=b", "x-should-retry: false", "retry-after-ms: 1"),
]
STATUSES = [
    *(
        ["200 OK"] * 14
        + ["206 part", "204 none", "301 x", "307 x", "400 x", "401 x", "403 x", "404 x"]
    ),
    *(
        "407 x",
        "408 x",
        "409 x",
        "413 x",
        "422 x",
        "429 x",
        "500 x",
        "501 x",
        "503 x",
        "599 x",
        "299 x",
    ),
    f"500 \x1b]0;{PWNED}\x07",
]
_EMPTY = b"[]," * 5000 + b"[]"
"""Values that need thirty times their own length."""
AGAIN = [
    *(b": ping\n\n", b"x", b"data: {}\n\n", b"\n", b'data: {"delta":"x"}\n\n'),
    b'data: {"type":"response.output_item.added","item":{"type":"message"}}\n\n',
    b'data: {"type":"response.output_text.done","text":"' + b"x" * 9000 + b'"}\n\n',
    b'data: {"type":"response.output_item.done","item":{"type":"mcp_call","x":[%b]}}\n\n' % _EMPTY,
    b'data: {"type":"response.output_text.annotation.added","annotation":[%b]}\n\n' % _EMPTY,
    b'data: {"choices":[{"delta":{"content":""},"logprobs":{"content":[%b]}}]}\n\n'
    % (b'{"token":"x","logprob":-1},' * 900 + b"{}"),
    _EMPTY + b",",
]
"""What is said for ever."""
ENDS = ["response.completed", "response.incomplete", "response.failed", "response.cancelled"]


def text(chance: Random) -> str:
    """Give a text, mostly a nasty one."""
    return "".join(chance.choice(TEXTS) for _ in range(chance.choice([1, 1, 1, 2, 3])))


def value(chance: Random, depth: int = 0) -> object:
    """Give any JSON value."""
    kind = chance.randrange(6 if depth < 3 else 3)
    if kind == 0:
        return text(chance)
    if kind == 1:
        return chance.choice(COUNTS)
    if kind == 2:
        return chance.choice(["completed", "stop", "message", "assistant", None, True])
    if kind == 3:
        return [value(chance, depth + 1) for _ in range(chance.randrange(3))]
    return {
        chance.choice(["text", "type", "error", "delta", "output", "x", text(chance)[:50]]): value(
            chance, depth + 1
        )
        for _ in range(chance.randrange(3))
    }


def usage(chance: Random) -> dict[str, object]:
    """Give counts of tokens."""
    names = ["input_tokens", "output_tokens", "total_tokens", "prompt_tokens", "completion_tokens"]
    counts: dict[str, object] = {name: chance.choice(COUNTS) for name in names}
    counts["output_tokens_details"] = {"reasoning_tokens": chance.choice(COUNTS)}
    return counts


def item(chance: Random) -> dict[str, object]:
    """Give an output item of some kind."""
    kinds = ["message"] * 6 + [
        "reasoning",
        "function_call",
        "mcp_approval_request",
        *WORK,
        "x",
    ]
    part = chance.choice(["output_text"] * 5 + ["refusal", "x"])
    return {
        "type": chance.choice(kinds),
        "id": text(chance)[:40],
        "role": chance.choice(["assistant"] * 8 + ["user", "tool", text(chance)[:20]]),
        "status": chance.choice(["completed"] * 6 + ["incomplete", "in_progress", None]),
        "phase": chance.choice([None, None, None, "commentary", "final_answer"]),
        "name": text(chance)[:40],
        "arguments": chance.choice(["{}", '{"a":', text(chance)[:90]]),
        "call_id": text(chance)[:20],
        "summary": [{"type": "summary_text", "text": text(chance)}],
        "content": [
            {
                "type": part,
                "text": text(chance),
                "refusal": text(chance),
                "annotations": annotations(chance),
            }
        ],
        "action": chance.choice([None, {"type": "search", "query": text(chance)}, value(chance)]),
        "results": chance.choice([None, annotations(chance), value(chance)]),
        "error": chance.choice([None, None, text(chance), value(chance)]),
        "server_label": text(chance)[:20],
    }


WORK = [
    *("web_search_call", "file_search_call", "mcp_call", "mcp_list_tools", "compaction"),
    *("code_interpreter_call", "image_generation_call", "custom_tool_call", "new_call"),
    *("function_call_output", "search_results"),
]
"""Kinds of items that are a service's own work."""


def annotations(chance: Random) -> object:
    """Give what a text cites, or something else."""
    if chance.random() < 0.7:
        return []
    made = {
        "type": chance.choice(["url_citation", "file_citation", text(chance)[:20]]),
        "url": chance.choice(["https://docs.example.com/", "https://e\\@h/", text(chance), None]),
        "title": text(chance),
        "start_index": chance.choice(COUNTS),
        "end_index": chance.choice(COUNTS),
        "file_id": chance.choice([None, text(chance)[:20]]),
    }
    return chance.choice([[made], [made, {**made, "url_citation": made}], value(chance)])


def response(chance: Random) -> dict[str, object]:
    """Give a final object, now and then with a field that is something else."""
    whole: dict[str, object] = {
        "id": text(chance)[:40],
        "object": "response",
        "model": text(chance)[:60],
        "status": chance.choice(
            ["completed"] * 6 + ["incomplete", "failed", "queued", text(chance)[:9]]
        ),
        "output": [item(chance) for _ in range(chance.randrange(3))],
        "usage": usage(chance),
    }
    if chance.random() < 0.2:
        whole["incomplete_details"] = {"reason": text(chance)[:60]}
    if chance.random() < 0.2:
        whole["error"] = error(chance)
    if chance.random() < 0.1:
        whole[chance.choice(["citations", "search_results", "tools"])] = annotations(chance)
    if chance.random() < 0.3:
        whole[chance.choice(list(whole))] = value(chance)
    return whole


def error(chance: Random) -> object:
    """Give an error of any shape."""
    said = {
        "message": text(chance),
        "code": chance.choice([text(chance)[:60], *COUNTS]),
        "type": "x",
    }
    return chance.choice(
        [said, text(chance), [said], {"error": said}, {"detail": [said, {"loc": [1]}]}]
    )


def event(chance: Random) -> object:
    """Give the payload of one event, of any dialect."""
    kind = chance.randrange(10)
    if kind < 3:
        name = chance.choice(["output_text", "refusal", "reasoning_text", "reasoning_summary_text"])
        return {
            "type": f"response.{name}.delta",
            "delta": text(chance),
            "output_index": chance.choice(COUNTS),
        }
    if kind < 5:
        delta = {"content": text(chance), "reasoning_content": chance.choice([None, text(chance)])}
        if chance.random() < 0.2:
            call = {"name": text(chance)[:30], "arguments": text(chance)}
            delta["tool_calls"] = [{"index": chance.choice(COUNTS), "function": call}]  # type: ignore[assignment]
        finish = chance.choice(
            [None, None, "stop", "length", "tool_calls", "content_filter", text(chance)[:9]]
        )
        return {
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
            "usage": chance.choice([None, usage(chance)]),
        }
    if kind == 5:
        return {"type": chance.choice(ENDS), "response": response(chance)}
    if kind == 6:
        name = chance.choice(
            ["output_item.added", "output_item.done", "function_call_arguments.done"]
        )
        return {"type": f"response.{name}", "item": item(chance), "arguments": text(chance)}
    if kind == 7:
        return {
            "type": "error",
            "code": chance.choice([text(chance)[:60], *COUNTS]),
            "message": text(chance),
        }
    if kind == 8:
        return response(chance)
    if chance.random() < 0.5:
        kind_of = chance.choice([*WORK, "output_text.annotation"])
        end = chance.choice(["added", "in_progress", "searching", "completed", text(chance)[:9]])
        cited = annotations(chance)
        one = cited[0] if isinstance(cited, list) and cited else cited
        return {"type": f"response.{kind_of}.{end}", "annotation": one, "delta": text(chance)}
    return value(chance)


def encoded(chance: Random, payload: object) -> bytes:
    """Give a payload as one event of a stream, mostly in the right form."""
    data = json.dumps(payload, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    if chance.random() < 0.05:
        data = data[: chance.randrange(len(data) + 1)]
    name = chance.choice(
        [b"", b"", b"event: x\n", b"id: \x00\n", b"retry: 9\n", b": c\n", b"\xff\n"]
    )
    end = chance.choice([b"\n\n"] * 6 + [b"\r\n\r\n", b"\r\r", b"\n"])
    return name + b"data: " + data + end


def body(chance: Random) -> tuple[bytes, bytes]:
    """Give (content type, a body)."""
    kind = chance.randrange(10)
    if kind < 5:
        events = [encoded(chance, event(chance)) for _ in range(chance.randrange(1, 7))]
        if chance.random() < 0.5:
            ending = {"type": "response.completed", "response": response(chance)}
            events.append(encoded(chance, ending))
        events += [b"data: [DONE]\n\n"] * chance.randrange(2)
        return b"text/event-stream", b"".join(events)
    if kind < 8:
        return b"application/json", json.dumps(response(chance)).encode()
    if kind == 8:
        return b"application/json", json.dumps(error(chance)).encode()
    return b"text/html", chance.choice(
        [text(chance).encode("utf-8", "replace"), chance.randbytes(200), b""]
    )


def compressed(chance: Random, data: bytes) -> tuple[str, bytes]:
    """Give (encoding, data), rarely something else than it says."""
    kind = chance.randrange(30)
    if kind == 0:
        return "gzip", gzip.compress(data)
    if kind == 1:
        return "deflate", zlib.compress(data)
    if kind == 2:
        return "gzip", gzip.compress(data)[: chance.randrange(60)]
    if kind == 3:
        return chance.choice(["br", "gzip", "zstd", "x", "gzip, gzip"]), data
    if kind == 4:
        return "gzip", gzip.compress(data + bytes(30_000_000), 1)
    return "", data


def reply(chance: Random) -> tuple[bytes, bytes]:
    """Give (a whole reply, what is said again for ever behind it, or nothing)."""
    kind, data = body(chance)
    encoding, data = compressed(chance, data)
    lines = [f"HTTP/1.1 {chance.choice(STATUSES)}".encode("latin-1"), b"Content-Type: " + kind]
    lines += [chance.choice(HEADERS).encode("latin-1") for _ in range(chance.choice([0, 0, 1, 3]))]
    if encoding:
        lines.append(b"Content-Encoding: " + encoding.encode())
    framing = chance.randrange(6)
    again = b""
    if framing == 0:
        lines.append(b"Transfer-Encoding: chunked")
        pieces = [data[at : at + 500] for at in range(0, len(data), 500)]
        data = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    elif framing == 1:
        lines.append(b"Content-Length: %d" % len(data))
    elif framing == 2:
        wrong = chance.choice([b"-1", b"9" * 30, b"x", b"%d" % (len(data) + 9), b"0"])
        lines.append(b"Content-Length: " + wrong)
    elif framing == 3 and chance.random() < 0.15:
        again = chance.choice(AGAIN)
    lines.append(b"Connection: close")
    whole = b"\r\n".join([*lines, b"", b""]) + data
    if chance.random() < 0.05:
        whole = whole[: chance.randrange(len(whole))]
    if chance.random() < 0.02:
        whole = chance.randbytes(chance.randrange(300))
    return whole, again


def replies(seed: str) -> Iterator[tuple[bytes, bytes]]:
    """Give one reply after the other, the same for the same seed."""
    chance = Random(seed)
    while True:
        yield reply(chance)
