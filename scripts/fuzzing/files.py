"""Suites, tapes, jobs and settings: right ones, and what chance makes of them."""

import json
from pathlib import Path
from random import Random

from fuzzing.nasty import COUNTS, response, text, value

SUITE = """\
[defaults]
model = "m"
repeat = 2
require = 1

[[test]]
name = "a"
prompt = "x {{ v }}"
vars = { v = "1" }
expect = "ok"
reject_re = '^no$'
schema = '{"type": "string", "pattern": "^a+$"}'

[[test]]
name = "b"
prompt_file = "p.md"
files = ["p.md"]
one_of = ["yes", "no"]
judge = "It is polite."
max_seconds = 9
tags = ["smoke"]
"""
SETTINGS = """\
model = "m"
timeout = 5
max_answer_bytes = 1000000
[profiles.x]
base_url = "http://127.0.0.1:9"
temperature = 0.5
metadata = { a = "b" }
"""
JOB = {
    "gradient": 1,
    "id": "job-1",
    "provider": "openai",
    "endpoint": "http://127.0.0.1:9",
    "rows": [{"id": "1", "key": "k", "custom_id": "c"}],
    "status": "completed",
}


def tape(chance: Random) -> str:
    """Give a recording, by and large."""
    taken = {
        "status": chance.choice([200, 200, 500, *COUNTS]),
        "headers": {"content-type": "application/json", "x-request-id": text(chance)[:50]},
        "chunks": [json.dumps(response(chance))],
    }
    whole = {
        "gradient": 1,
        "request": {
            "method": "POST",
            "path": "/v1/responses",
            "body": {"model": "m", "input": text(chance)},
        },
        "replies": [taken],
    }
    holder: dict[str, object] = chance.choice([whole, taken])  # type: ignore[list-item]
    if chance.random() < 0.6:
        holder[chance.choice(list(holder))] = value(chance)
    return json.dumps(whole)


def mutated(chance: Random, source: str) -> bytes:
    """Give a file with a few changes that somebody might make on purpose."""
    data = source.encode("utf-8", "surrogatepass")
    for _ in range(chance.choice([0, 1, 1, 2, 4])):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.randrange(12))
        new = text(chance).encode("utf-8", "surrogatepass")[:6000]
        kind = chance.randrange(6)
        if kind == 0:
            data = data[:at] + new + data[at:]
        elif kind == 1:
            data = data[:at] + data[end:]
        elif kind == 2:
            data = data[:at]
        elif kind == 3:
            lines = data.split(b"\n")
            lines.insert(chance.randrange(len(lines)), chance.choice(lines))
            data = b"\n".join(lines)
        elif kind == 4:
            data = data[:at] + chance.randbytes(3) + data[end:]
        else:
            data = data.replace(b'"', chance.choice([b"'", b'""', b'"""', new[:20]]), 1)
    return data


def plant(chance: Random, folder: Path) -> list[str]:
    """Write files into a folder and give a command line that reads them."""
    (folder / "p.md").write_bytes(mutated(chance, "---\nmodel = 'm'\n---\nhi {{ v }}\n"))
    tapes = folder / "tapes"
    tapes.mkdir(exist_ok=True)
    (tapes / f"{'0' * 64}.json").write_bytes(mutated(chance, tape(chance)))
    (folder / "s.toml").write_bytes(mutated(chance, SUITE))
    (folder / "s.jsonl").write_bytes(
        mutated(chance, '{"name": "a", "prompt": "x", "expect": "ok"}\n')
    )
    (folder / "rows.jsonl").write_bytes(
        mutated(chance, '{"id": "1", "prompt": "x"}\n{"id": 2, "vars": {}}\n')
    )
    (folder / "rows.csv").write_bytes(mutated(chance, 'id,text\n1,"a, b"\n2,c\n'))
    (folder / "t.jsonl").write_bytes(mutated(chance, '{"role": "user", "content": "hi"}\n'))
    (folder / "config.toml").write_bytes(mutated(chance, SETTINGS))
    (folder / "o.jsonl.job").write_bytes(mutated(chance, json.dumps(JOB)))
    (folder / "o.jsonl").write_bytes(mutated(chance, '{"id":"1","key":"k","ok":true,"text":"x"}\n'))
    return list(chance.choice(LINES))


LINES = [
    ("check", "s.toml", "--junit", "j.xml", "--html", "h.html"),
    ("check", "s.toml", "--json"),
    ("check", "s.jsonl", "--replay", "tapes"),
    ("respond", "hi", "-m", "m", "--replay", "tapes"),
    ("respond", "hi", "-m", "m", "--thread", "t.jsonl"),
    ("respond", "--prompt-file", "p.md", "--var", "v=1"),
    ("respond", "hi", "-m", "m", "--schema", "rows.jsonl"),
    ("respond", "--body", "rows.jsonl"),
    ("batch", "run", "-i", "rows.jsonl", "-o", "o.jsonl", "-m", "m"),
    ("batch", "run", "{{ text }}", "-i", "rows.csv", "-o", "o.jsonl", "-m", "m"),
    ("batch", "summary", "o.jsonl"),
    ("batch", "status", "-o", "o.jsonl"),
    ("batch", "fetch", "-o", "o.jsonl"),
    ("config", "show"),
    ("respond", "hi", "-p", "x", "-n"),
    ("auth", "status"),
    ("doctor", "--timeout", "0.2"),
]
