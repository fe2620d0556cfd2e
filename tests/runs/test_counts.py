"""Counts and codes that a server makes up: nonsense is not reckoned with, and breaks nothing."""

import json

import pytest

from gradient_cli.errors import RateLimited, ServiceError
from gradient_cli.mock.script import Behaviour
from gradient_cli.transport.faults import Setting, from_words
from tests.batch.bench import Batch, serving

NONSENSE = [
    10**400,
    10**16,
    -1,
    -(10**400),
    True,
    1.5,
    1e300,
    "7",
    "9" * 400,
    None,
    [],
    {},
    [10**400],
]


def body(count) -> str:
    """Give an answer whose every count is this."""
    message = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "ok"}],
    }
    details = {"cached_tokens": count, "reasoning_tokens": count}
    usage = {"input_tokens_details": details, "output_tokens_details": details}
    usage |= dict.fromkeys(["input_tokens", "output_tokens", "total_tokens"], count)
    return json.dumps({"id": "r", "status": "completed", "output": [message], "usage": usage})


@pytest.fixture(params=NONSENSE, ids=[str(one)[:12] for one in NONSENSE])
def bench(tmp_path, request):
    """Give a home, and a server that counts so."""
    with serving(behaviours=(Behaviour(body=body(request.param), times=0),)) as server:
        yield Batch(tmp_path, server)


@pytest.mark.sampled
def test_an_answer_with_nonsense_for_counts_is_an_answer(bench):
    """The counts are unknown; `--usage` and `--json` say so."""
    status, stdout, _ = bench._home.runs("respond", "hi", "-m", "m", "--json", "-u", "--no-stream")

    assert (status, json.loads(stdout)["usage"]) == (0, None)


@pytest.mark.sampled
def test_a_batch_with_nonsense_for_counts_goes_on(bench):
    """The run, the same run again, and the summary."""
    items = bench.items("a", "b")

    runs = [bench.run("-m", "m", "-i", items)[0] for _ in range(2)]
    summary = bench.batch("summary", str(bench.out), "--json")

    assert (runs, summary[0], json.loads(summary[1])["total_tokens"]["sum"]) == ([0, 0], 0, 0)


@pytest.mark.sampled
def test_a_suite_with_nonsense_for_counts_is_reported(bench):
    """Every report is written."""
    suite = bench.folder / "s.toml"
    suite.write_text('[[test]]\nname = "a"\nprompt = "x"\nexpect = "ok"\nmodel = "m"\n')
    reports = [str(bench.folder / name) for name in ("j.xml", "h.html")]

    status, stdout, _ = bench._home.runs(
        "check", str(suite), "--json", "--junit", reports[0], "--html", reports[1]
    )

    assert (status, json.loads(stdout)["ok"]) == (0, True)
    assert "<testcase" in (bench.folder / "j.xml").read_text()
    assert "<html" in (bench.folder / "h.html").read_text()


@pytest.mark.parametrize("tokens", [10**400, -5, "7", True, [1]])
def test_a_result_with_nonsense_for_counts_is_summed_up(tmp_path, home, tokens):
    """An OUT may come from anywhere, too."""
    out = tmp_path / "out.jsonl"
    row = {"id": 1, "key": "a" * 64, "ok": True, "exit_code": 0, "total_ms": tokens}
    out.write_text(json.dumps({**row, "usage": {"total_tokens": tokens}}) + "\n")

    status, stdout, _ = home.runs("batch", "summary", str(out), "--json")

    assert (status, json.loads(stdout)["total_tokens"]["sum"]) == (0, 0)


@pytest.mark.parametrize(
    "code", ["\u00b2", "\u0665\u0660\u0660", "9" * 5000, "500.0", "+500", " 500", "600", "5_0", "0"]
)
def test_a_code_that_is_a_number_only_to_python_is_a_word(code):
    """`isdigit` says yes to much that is no status."""
    assert type(from_words("no", code, Setting("s"))) is ServiceError


def test_a_code_that_is_a_status_is_one():
    """As before."""
    found = from_words("slow down", "429", Setting("s"))

    assert (type(found), found.http_status) == (RateLimited, 429)


@pytest.mark.parametrize(
    "shard",
    ["9" * 5000 + "/1", "1/" + "9" * 5000, "\u0661/\u0662", "1/\u00b2", "+1/2", "1/2/3", "/"],
)
def test_a_shard_is_two_short_numbers(home, shard):
    """Neither a traceback nor a guess."""
    argv = (
        "batch",
        "run",
        "-i",
        "-",
        "-m",
        "m",
        "--base-url",
        "http://127.0.0.1:9",
        "--shard",
        shard,
    )

    status, _, stderr = home.runs(*argv, stdin=b"x\n")

    assert (status, "I/N" in stderr) == (2, True)
