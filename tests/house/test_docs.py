"""The pages for people: short where one begins, and no link that leads nowhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]


def anchors(page: Path) -> set[str]:
    """Give the names that GitHub makes of a page's headings."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    """A relative link is a file of the project, and its anchor one of that page's headings."""
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_readme_is_short():
    """What it is, the first answer, the statuses, an example for CI; the rest is in docs/."""
    assert len((ROOT / "README.md").read_text().split()) <= 1500


def test_every_page_is_found_from_the_readme():
    """One page a subject, each linked from where people begin."""
    text = (ROOT / "README.md").read_text()

    for page in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{page.name})" in text, page.name


@pytest.mark.real
def test_the_examples_of_tools_work(world, tmp_path):
    """Line by line as they stand there, on the demo."""
    import subprocess
    import sys

    page = (ROOT / "docs" / "tools.md").read_text()
    examples = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    program = bin_folder / "gradient"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gradient_cli "$@"\n')
    program.chmod(0o755)

    said = []
    for example in examples:
        found = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", example],
            env={**world, "PATH": f"{bin_folder}:{world['PATH']}"},
            cwd=tmp_path,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        assert found.returncode == 0, found.stderr.decode()
        said.append(found.stdout.decode() + found.stderr.decode())

    assert len(said) == 3
    assert "[1] A canned page" in said[0]
    assert 'get_weather gave: 12 degrees. Asked for: {"city":"Oslo"}' in said[1]
    assert "1 passed" in said[2]
