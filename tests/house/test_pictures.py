"""The pictures of README and docs/ show what the program shows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.real
def test_the_pictures_are_fresh():
    """A new recording of every scene says what the stored picture says, digits apart."""
    done = subprocess.run(
        [sys.executable, "scripts/pictures.py", "--check"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.stderr == ""
    assert done.returncode == 0


def test_every_picture_is_shown():
    """No picture is missing from README and docs/, and none is shown that does not exist."""
    stored = {path.name for path in (ROOT / "pictures").iterdir()}
    pages = (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
    shown = {
        name
        for page in pages
        for name in re.findall(r"\((?:\.\./)?pictures/([\w.-]+)\)", page.read_text())
    }

    assert shown == stored
    assert stored != set()
