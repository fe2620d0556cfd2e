"""Suites of strangers: what they name is read below a root alone, whatever leads out of it."""

import os

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer
from gradient_cli.terminal.streams import Terminal

SECRET = "id,q,want\nr1,top secret,yes\n"
SUITE = """[[test]]
name = "rows"
prompt = "Row {{{{ q }}}}"
equals = "{{{{ want }}}}"
cases = "{cases}"
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder to work in, and beside it what no suite of it may read."""
    folder, outside = tmp_path / "project", tmp_path / "outside"
    (folder / "evals").mkdir(parents=True)
    outside.mkdir()
    for name in ("rows.csv", "rows.tsv"):
        (outside / name).write_text(SECRET.replace(",", "\t" if name.endswith("tsv") else ","))
    (outside / "rows.jsonl").write_text('{"q": "top secret", "want": "yes"}\n')
    (outside / "rows.toml").write_text('[[case]]\nq = "top secret"\nwant = "yes"\n')
    (folder / "config.toml").touch()
    monkeypatch.chdir(folder)
    return folder


def checked(folder, *argv: str):
    """Run `gradient check`; give (status, stderr, prompts that were sent)."""
    terminal = Terminal.recording()
    with MockServer(Script(behaviours=(Behaviour(text="yes", times=0),))) as server:
        words = ["check", *argv, "--base-url", server.url, "--retries", "0"]
        status = run(words, Invocation(terminal, {"GRADIENT_CONFIG": str(folder / "config.toml")}))
        return status, terminal.stderr_text, [one.body["input"] for one in server.requests]


@pytest.mark.sampled
@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "toml"])
@pytest.mark.parametrize("way", ["up", "absolute", "link", "folder link", "link to a link", "dots"])
def test_a_data_set_that_leads_out_is_not_read(project, form, way):
    """By `..`, by an absolute path, by a link or through a folder that is one."""
    outside, evals = project.parent / "outside", project / "evals"
    file = outside / f"rows.{form}"
    match way:
        case "up":
            name = f"../../outside/rows.{form}"
        case "absolute":
            name = str(file)
        case "link":
            (evals / f"mine.{form}").symlink_to(file)
            name = f"mine.{form}"
        case "folder link":
            (evals / "data").symlink_to(outside)
            name = f"data/rows.{form}"
        case "link to a link":
            (evals / f"first.{form}").symlink_to(file)
            (evals / f"mine.{form}").symlink_to(f"first.{form}")
            name = f"mine.{form}"
        case _:
            (evals / "data").mkdir()
            name = f"data/../../../outside/rows.{form}"
    (evals / "s.toml").write_text(SUITE.format(cases=name))

    status, err, sent = checked(project, "evals/s.toml")

    assert status == 2
    assert "leads out of" in err
    assert "evals/s.toml:5" in err
    assert not sent


def test_a_root_of_the_user_s_own_is_the_only_one(project):
    """`--root` narrows as well as it widens."""
    (project / "rows.csv").write_text(SECRET)
    (project / "evals" / "s.toml").write_text(SUITE.format(cases="../rows.csv"))

    assert checked(project, "evals/s.toml")[0] == 0  # below the working folder
    status, err, sent = checked(project, "evals/s.toml", "--root", "evals")
    assert status == 2
    assert "leads out of" in err
    assert not sent

    (project / "evals" / "s.toml").write_text(SUITE.format(cases="../../outside/rows.csv"))
    status, _, sent = checked(project, "evals/s.toml", "--root", "..")
    assert status == 0
    assert sent == ["Row top secret"]


def test_a_pipe_is_no_data_set(project):
    """It would be read by whoever opens it first, and never ends."""
    os.mkfifo(project / "evals" / "rows.csv")
    (project / "evals" / "s.toml").write_text(SUITE.format(cases="rows.csv"))

    status, err, _ = checked(project, "evals/s.toml")

    assert status == 2
    assert "it is no file" in err


def test_a_link_within_the_roots_is_followed(project):
    (project / "shared.csv").write_text(SECRET)
    (project / "evals" / "rows.csv").symlink_to("../shared.csv")
    (project / "evals" / "s.toml").write_text(SUITE.format(cases="rows.csv"))

    assert checked(project, "evals/s.toml")[0] == 0


@pytest.mark.parametrize("text", ["@../../outside/rows.csv", "{{input}} @../../outside/rows.csv"])
def test_a_prompt_yml_names_no_file(project, text):
    """What looks like one is a text, in messages, rows and evaluators alike."""
    (project / "evals" / "x.prompt.yml").write_text(
        f"messages:\n  - {{role: system, content: '{text}'}}\n"
        f"  - {{role: user, content: '{text} {{{{input}}}}'}}\n"
        f"testData:\n  - input: '@../../outside/rows.csv'\n"
        "evaluators:\n  - {string: {equals: 'yes'}}\n"
    )

    status, err, sent = checked(project, "evals/x.prompt.yml", "--root", "evals")

    assert status == 0, err
    assert len(sent) == 1
    assert "top secret" not in sent[0]
    assert "@../../outside/rows.csv" in sent[0]
