"""Suites against the real llama.cpp server: the known answers pass, a changed one fails."""

import json
import subprocess
import sys
import time

import pytest

from tests.captures import KEY, answers
from tests.real.conftest import llama_server

pytestmark = pytest.mark.real


def suite_of(pairs: dict[str, str], path) -> str:
    rows = [
        {
            "name": prompt,
            "prompt": prompt,
            "equals": answer,
            "model": "tiny-qwen3",
            "temperature": 0,
        }
        for prompt, answer in pairs.items()
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def check(world, llama, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "gradient_cli", "check", *arguments],
        env={**world, "GRADIENT_INFERENCE_ENDPOINT": llama.url, "GRADIENT_MODEL_ACCESS_KEY": KEY},
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
    )  # fmt: skip


def test_the_known_answers_pass_and_a_changed_one_is_named(world, llama, tmp_path):
    """Byte for byte, escape sequences and line separators among them."""
    pairs = dict(answers())
    settings = tmp_path / "keep.toml"
    settings.write_text('think_tags = "keep"\n')
    world = {**world, "GRADIENT_CONFIG": str(settings)}
    good = check(world, llama, suite_of(pairs, tmp_path / "good.jsonl"), "-j", "2")
    pairs["ping"] = "pang"
    bad = check(world, llama, suite_of(pairs, tmp_path / "bad.jsonl"), "-j", "2")

    assert good.returncode == 0, good.stdout
    assert bad.returncode == 1
    assert "FAIL  ping" in bad.stdout
    assert f"{len(pairs)} tests: {len(pairs) - 1} passed, 1 failed" in bad.stdout


def test_a_server_that_dies_in_the_middle_is_an_error_and_keeps_the_report(world, tmp_path):
    """Status 5, and every test that finished is in the report."""
    pairs = dict(answers())
    with llama_server() as server:
        path = suite_of(pairs, tmp_path / "s.jsonl")
        process = subprocess.Popen(
            [sys.executable, "-m", "gradient_cli", "check", path, "-j", "1", "--retries", "0", "--repeat", "60", "--json"],
            env={**world, "GRADIENT_INFERENCE_ENDPOINT": server.url, "GRADIENT_MODEL_ACCESS_KEY": KEY},
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        time.sleep(2)
        server.kill()
        stdout, _ = process.communicate(timeout=120)

    found = json.loads(stdout)
    assert process.returncode == 5
    assert len(found["tests"]) == len(pairs)
    assert any(attempt["ok"] for test in found["tests"] for attempt in test["attempts"])
    assert found["tests"][-1]["verdict"] == "error"
