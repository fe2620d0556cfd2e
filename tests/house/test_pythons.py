"""The Pythons that are promised, tried and built for are the same ones."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERSIONS = ["3.11", "3.12", "3.13", "3.14", "3.15"]


def test_what_is_promised_is_tried():
    """By the package's words, the script, and hosted CI."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    classified = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    script = re.search(r"versions=\((3[\d. ]+)\)", (ROOT / "scripts/pythons.sh").read_text())
    hosted = re.search(r"python: \[(.*)\]", (ROOT / ".github/workflows/ci.yml").read_text())

    assert classified == VERSIONS
    assert script[1].split() == VERSIONS
    assert re.findall(r"3\.\d+", hosted[1]) == VERSIONS
    assert project["requires-python"] == f">={VERSIONS[0]}"


def test_every_dependency_says_from_which_version():
    """Otherwise the lowest that is allowed is one that nobody has tried."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]

    assert [line for line in (*project["dependencies"], *extras) if ">=" not in line] == []


def test_a_python_that_is_not_there_is_said(tmp_path):
    """Nobody shall take for tried what was not run; that none ran is a failure."""
    done = subprocess.run(
        [ROOT / "scripts/pythons.sh", "3.99"],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "INSIDE_SID"},
    )

    assert done.returncode == 1
    assert "== Python 3.99: not here" in done.stdout
    assert "3.99  not found: not run" in done.stdout


def test_a_suite_that_fails_is_said(tmp_path):
    """With the status that a build can be gated on."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    fake = tmp_path / f"python{version}"
    # As far as being asked for its version; it makes no environment.
    fake.write_text(f"#!/bin/sh\ncase $1 in -c) echo {version};; *) exit 3;; esac\n")
    fake.chmod(0o755)
    copy = tmp_path / "scripts"
    copy.mkdir()
    (copy / "pythons.sh").write_text((ROOT / "scripts/pythons.sh").read_text())

    done = subprocess.run(
        ["bash", copy / "pythons.sh", version],
        capture_output=True, text=True, check=False,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)},
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stdout.endswith(f"== Python\n{version}  FAILED\n")
