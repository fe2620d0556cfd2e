"""
Votes and tokens with llama.cpp's own server: a sampler of which frequencies can be counted.

A grammar leaves the tiny model two words; which of them comes is the sampler's chance, some 0.6
to 0.4. Chance is allowed for: a sound program fails here once in many thousand runs.
"""

import json
import math
import urllib.request
from collections import Counter

import pytest

from tests.real.llama_server import KEY

pytestmark = pytest.mark.real

GRAMMAR = 'root ::= "yes" | "no"'
PROMPT = "yes or no?"
ASKS = 200
VOTES = 25
LIMIT = 16
"""Tokens; without one this server may wait for the end of a grammar for ever."""
ASK = ("respond", "-m", "tiny-qwen3", "--temperature", "1", "--max-tokens", str(LIMIT), "--no-stdin", "--one-of", "yes,no",
       "--param", f"grammar={json.dumps(GRAMMAR)}", PROMPT)  # fmt: skip


def sampled(url: str) -> Counter[str]:
    """Ask the server itself, and count what it says."""
    counts: Counter[str] = Counter()
    body = {"model": "tiny-qwen3", "input": PROMPT, "temperature": 1, "grammar": GRAMMAR}
    body["max_output_tokens"] = LIMIT
    for _ in range(ASKS):
        request = urllib.request.Request(
            f"{url}/v1/responses",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"},
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            output = json.load(reply)["output"]
        counts["".join(part["text"] for item in output for part in item["content"])] += 1
    return counts


def test_votes_agree_with_the_samplers_frequencies(run_gradient, llama):
    """200 votes in runs of 25, against 200 asks of the server itself."""
    counts = sampled(llama.url)
    share = counts["yes"] / ASKS
    told: Counter[str] = Counter()
    inside = 0
    for _ in range(ASKS // VOTES):
        done = run_gradient(*ASK, "--votes", str(VOTES), "--json", url=llama.url)
        found = json.loads(done.stdout)
        probability, label = found["probability"], found["text"]
        assert done.returncode == 0, done.stderr
        assert probability["from"] == "votes"
        assert sum(probability["votes"].values()) == VOTES
        assert probability["votes"][label] == max(probability["votes"].values())
        told.update(probability["votes"])
        true = share if label == "yes" else 1 - share
        inside += probability["low"] <= true <= probability["high"]

    assert set(counts) <= {"yes", "no"}
    assert sum(told.values()) == ASKS
    pooled = (counts["yes"] + told["yes"]) / (2 * ASKS)
    spread = math.sqrt(pooled * (1 - pooled) * 2 / ASKS)
    assert abs(told["yes"] / ASKS - share) < 4 * spread
    assert inside >= ASKS // VOTES // 2


def test_votes_that_are_split_are_not_sure_enough(run_gradient, llama):
    """Nobody is 99 % sure of a coin."""
    done = run_gradient(*ASK, "--votes", str(VOTES), "--sure", "0.99", url=llama.url)

    assert done.returncode == 9, done.stderr
    assert b"not sure enough" in done.stderr


def test_without_token_probabilities_sure_is_9_and_names_the_other_way(run_gradient, llama):
    """llama.cpp sends none on this endpoint."""
    done = run_gradient(*ASK, "--sure", "0.9", url=llama.url)

    assert done.returncode == 9
    assert b"the server sent no token probabilities" in done.stderr
    assert b"--votes 5" in done.stderr


def test_a_suite_votes_as_respond_does(run_gradient, llama, tmp_path):
    """The same keys, in the report."""
    suite = tmp_path / "s.toml"
    suite.write_text(
        f'[[test]]\nname = "coin"\nmodel = "tiny-qwen3"\ntemperature = 1\nmax_output_tokens = {LIMIT}\nprompt = "{PROMPT}"\n'
        f'one_of = ["yes", "no"]\nvotes = {VOTES}\nsure = 0.99\nparams = {{ grammar = \'{GRAMMAR}\' }}\n'
    )
    done = run_gradient("check", str(suite), "--json", url=llama.url)

    assert done.returncode == 9, done.stderr
    (test,) = json.loads(done.stdout)["tests"]
    (check,) = [one for one in test["attempts"][0]["checks"] if one["expectation"] == "one_of"]
    assert test["verdict"] == "unsure"
    assert check["probability"]["from"] == "votes"
    assert 0.3 < check["probability"]["value"] < 0.99


def test_a_model_that_writes_is_no_model_that_decides(run_gradient, llama):
    """llama.cpp has the endpoint, and says of its model that it is none for it."""
    done = run_gradient("decide", "-m", "tiny-qwen3", "Is it?", url=llama.url, stdin=b"x")

    assert (done.returncode, done.stdout) == (5, b""), done.stderr
    assert b"not a decision model" in done.stderr
