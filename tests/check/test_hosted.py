"""action.yml, the hook of pre-commit and the GitLab job: held against their rules, and run."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

from gradient_cli.mock.script import Behaviour, Script
from gradient_cli.mock.server import MockServer

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
GITLAB = ROOT / ".ci" / "examples" / "gitlab.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
TOOLS = Path(sys.executable).parent
SUITE = '[[test]]\nname = "{name}"\nprompt = "{name}"\nexpect = "yes"\n'
WORKFLOW = """
on: push
permissions:
  contents: read
jobs:
  prompts:
    runs-on: ubuntu-latest
    steps:
      - id: prompts
        uses: ./
        with:
          suites: prompts/*.toml
          {input}: main.json
        env:
          GRADIENT_MODEL_ACCESS_KEY: ${{{{ secrets.GRADIENT_MODEL_ACCESS_KEY }}}}
      - run: echo "${{{{ steps.prompts.outputs.{output} }}}}"
"""


def tool(name: str) -> str:
    found = shutil.which(name, path=str(TOOLS)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def told(*command: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("schema", "file"),
    [("vendor.github-actions", ACTION), ("vendor.gitlab-ci", GITLAB)],
)
def test_each_fits_the_schema_of_its_host(schema, file, tmp_path):
    command = (tool("check-jsonschema"), "--builtin-schema", schema)

    assert told(*command, str(file), cwd=tmp_path).returncode == 0
    broken = tmp_path / file.name
    broken.write_text(file.read_text().replace("using: composite", "using: nothing").replace(
        "when: always", "when: often"))  # fmt: skip
    assert told(*command, str(broken), cwd=tmp_path).returncode != 0


@pytest.mark.parametrize(
    ("given", "output", "words"),
    [
        ("baseline", "failed", ""),
        ("basline", "failed", 'input "basline" is not defined'),
        ("baseline", "fails", 'property "fails" is not defined'),
    ],
)
def test_actionlint_knows_inputs_and_outputs(given, output, words, tmp_path):
    """A workflow that uses the action is right, and one that misspells a part of it is not."""
    (tmp_path / ".git").mkdir()
    shutil.copy(ACTION, tmp_path)
    workflow = tmp_path / ".github" / "workflows" / "prompts.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(WORKFLOW.format(input=given, output=output))

    done = told(tool("actionlint"), "-no-color", str(workflow), cwd=tmp_path)

    assert words in done.stdout
    assert done.returncode == bool(words), done.stdout


def test_the_action_uses_nothing_that_is_not_pinned():
    """No step is another action, and no step's program is put together from what is given."""
    for step in steps():
        assert "uses" not in step
        assert "${{" not in step["run"]
    assert "permissions" not in ACTION.read_text()


# The steps, run ------------------------------------------------------------------------------


def steps() -> list[dict]:
    return yaml.safe_load(ACTION.read_text())["runs"]["steps"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Run the step that installs, once; give the runner's folder for temporary files."""
    temp = tmp_path_factory.mktemp("runner")
    done = played(steps()[0], {}, temp, temp, {})
    assert done.returncode == 0, done.stderr
    assert (temp / "gradient-cli" / "bin" / "gradient").exists()
    return temp


def played(step, inputs, temp, cwd, environ) -> "subprocess.CompletedProcess[str]":
    """Run a step as the runner does, its expressions filled."""
    values = {**dict.fromkeys(("suites", "baseline", "models", "version"), ""), **inputs}

    def filled(text: str) -> str:
        text = text.replace("${{ github.action_path }}", str(ROOT))
        return re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: values[found[1]], text)

    script = temp / "step.sh"
    script.write_text(step["run"])
    own = {name: filled(value) for name, value in step.get("env", {}).items()}
    kept = {k: os.environ[k] for k in os.environ if k.startswith("PIP_") or k in {"PATH", "HOME"}}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
        cwd=cwd, capture_output=True, text=True, check=False,
        env={**kept, "RUNNER_TEMP": str(temp), **environ, **own},
    )  # fmt: skip


@pytest.fixture
def job(installed, tmp_path):
    """Run the step that checks; give (status, outputs, its log, the job summary)."""
    (tmp_path / "prompts").mkdir()
    for name in ("a", "b"):
        (tmp_path / "prompts" / f"{name}.toml").write_text(SUITE.format(name=name))

    def run(*answers: str, **inputs: str):
        outputs, summary = tmp_path / "outputs", tmp_path / "summary.md"
        outputs.write_text("")
        summary.write_text("")
        # By what is asked, for the tests of a run are asked at once; the rest in turn.
        known = {"a": "^a$", "b": "^b$"}
        told = (
            tuple(Behaviour(text=answers[n], match=known[name]) for n, name in enumerate(known))
            if len(answers) == 2 and "models" not in inputs
            else tuple(Behaviour(text=text) for text in answers)
        )
        with MockServer(Script(behaviours=told)) as server:
            environ = {
                "GITHUB_OUTPUT": str(outputs),
                "GITHUB_STEP_SUMMARY": str(summary),
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": str(tmp_path),
                "GRADIENT_INFERENCE_ENDPOINT": server.url,
                "XDG_CONFIG_HOME": str(tmp_path / "config"),
            }
            done = played(steps()[1], inputs, installed, tmp_path, environ)
        found = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
        return done.returncode, found, done.stdout + done.stderr, summary.read_text()

    return run


def test_the_step_passes_status_and_counts_on(job):
    status, outputs, log, summary = job("yes", "yes", suites="prompts/*.toml")

    assert status == 0, log
    assert outputs == {"status": "0", "passed": "2", "failed": "0"}
    assert "2 tests: 2 passed" in summary


def test_a_failure_is_an_annotation_and_the_step_fails(job):
    status, outputs, log, summary = job("yes", "no", suites="prompts/a.toml\nprompts/b.toml\n")

    assert status == 1
    assert outputs == {"status": "1", "passed": "1", "failed": "1"}
    assert "::error file=prompts/b.toml,line=1" in log
    assert "2 tests: 1 passed, 1 failed" in summary


def test_models_stand_side_by_side(job):
    status, outputs, log, summary = job("yes", "no", suites="prompts/a.toml", models="one t*o")

    assert status == 1
    assert outputs["passed"] == "1"
    assert "| one |" in summary.replace("|  |", "|")
    assert "t*o" in log


def test_against_a_baseline_only_what_got_worse_fails(job, tmp_path, installed):
    answers = {"RUNNER": "x"}
    assert answers
    with MockServer(Script(behaviours=(Behaviour(text="no"),))) as server:
        subprocess.run(
            [installed / "gradient-cli/bin/gradient", "check", "prompts/a.toml", "--save", "main.json"],
            cwd=tmp_path, env={"GRADIENT_INFERENCE_ENDPOINT": server.url, "HOME": str(tmp_path)},
            check=False, capture_output=True,
        )  # fmt: skip

    status, outputs, log, _ = job("no", suites="prompts/a.toml", baseline="main.json")

    assert status == 0, log
    assert outputs == {"status": "0", "passed": "0", "failed": "1"}
    assert "::error" not in log


def test_a_suite_that_is_not_there_is_status_2_with_its_outputs(job):
    status, outputs, log, _ = job("yes", suites="prompts/*.tml")

    assert status == 2
    assert outputs == {"status": "2", "passed": "0", "failed": "0"}
    assert 'cannot read "prompts/*.tml"' in log


@pytest.mark.parametrize(
    "hostile",
    ["$(touch gone)", "`touch gone`", "a.toml;touch gone", "--html=gone", '"; touch gone #'],
)
def test_what_is_given_is_no_program_and_no_flag(job, tmp_path, hostile):
    """Whoever writes the inputs writes names, and nothing else."""
    for name in ("suites", "baseline", "models"):
        inputs = {"suites": "prompts/a.toml", name: hostile}
        status, _, _, _ = job("yes", **inputs)
        assert status != 0 or name == "models"
    assert not (tmp_path / "gone").exists()


def test_the_hook_takes_suites_and_prompt_files():
    """And nothing else of a repository; its command is run as it stands."""
    (hook,) = yaml.safe_load(HOOKS.read_text())
    takes = re.compile(hook["files"]).search

    assert all(map(takes, ("prompts/a.toml", "x/evals/b.toml", "a.prompt.yml", "x/y.prompt.yaml")))
    assert not any(map(takes, ("pyproject.toml", "prompts/x.md", "a.yml", "evals/deep/x.toml")))
    assert hook["entry"] == "gradient check"
    assert hook["language"] == "python"
    assert hook["require_serial"] is True


def test_the_hook_s_command_holds_a_suite(run_gradient, tmp_path):
    (hook,) = yaml.safe_load(HOOKS.read_text())
    (tmp_path / "a.toml").write_text(SUITE.format(name="a"))
    _, *words = hook["entry"].split()
    with MockServer(Script(behaviours=(Behaviour(text="no"),))) as server:
        assert run_gradient(*words, "a.toml", url=server.url).returncode == 1


def test_the_job_of_gitlab_runs(run_gradient, tmp_path):
    """Its `gradient` line, with the baseline that it names."""
    (line,) = yaml.safe_load(GITLAB.read_text())["prompts"]["script"]
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "a.toml").write_text(SUITE.format(name="a"))
    words = [word.replace("*", "a") for word in line.split()[1:]]
    with MockServer(Script(behaviours=(Behaviour(text="yes", times=0),))) as server:
        run_gradient("check", "prompts/a.toml", "--save", "prompts/main.json", url=server.url)
        done = run_gradient(*words, url=server.url)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.xml").exists()
    assert json.loads((tmp_path / "prompts" / "main.json").read_text())["complete"]


def test_documents_name_the_inputs_as_they_are():
    """What a page shows of the action is what the action takes."""
    page = (ROOT / "docs" / "gate.md").read_text()
    shown = re.search(r"```yaml\n(.*?uses: .*?)```", page, re.DOTALL)
    assert shown
    text = textwrap.dedent(shown[1])
    taken = yaml.safe_load(ACTION.read_text())["inputs"]
    used = [
        name
        for job in yaml.safe_load(text)["jobs"].values()
        for step in job["steps"]
        for name in step.get("with", {})
        if "gradient" in step.get("uses", "")
    ]
    assert used
    assert set(used) <= set(taken)
