"""A long page goes through the pager of a person, and through nobody's elsewhere."""

import pytest

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.terminal.streams import Terminal


@pytest.fixture
def paged(home, tmp_path):
    """Give a function that shows a page: what the terminal got, what the pager got, its keys."""

    def paged(*argv, is_tty=True, rows=24, **environ):
        pager = tmp_path / "pager"
        pager.write_text(f"#!/bin/sh\ncat > {tmp_path}/page; env > {tmp_path}/environ\n")
        pager.chmod(0o755)
        terminal = Terminal.recording(b"", is_tty=is_tty, size=(80, rows))
        world = {**home.environ, "PATH": "/usr/bin:/bin", "PAGER": str(pager), **environ}
        assert run(list(argv), Invocation(terminal, world)) == 0
        page = tmp_path / "page"
        return terminal.stdout_text, page.read_text() if page.exists() else None

    return paged


@pytest.mark.parametrize("argv", [["respond", "--help"], ["help", "respond"], ["help", "threads"]])
def test_a_long_page_is_paged(paged, argv, tmp_path):
    """Its keys stay out of the pager's environment."""
    shown, page = paged(*argv, rows=5, GRADIENT_MODEL_ACCESS_KEY="sk-do-sesame")

    assert shown == ""
    assert page
    assert "sesame" not in (tmp_path / "environ").read_text()
    assert "LESS=FRX" in (tmp_path / "environ").read_text()


@pytest.mark.parametrize(
    ("argv", "settings"),
    [
        (["respond", "--help"], {"is_tty": False}),
        (["respond", "--help"], {"rows": 1000}),
        (["respond", "--help"], {"TERM": "dumb"}),
        (["respond", "--help"], {"PAGER": ""}),
        (["respond", "--help"], {"PAGER": "no-such-program-here"}),
        (["respond", "--help"], {"PAGER": "'"}),
        (["respond", "-h"], {}),
    ],
)
def test_other_pages_are_written(paged, argv, settings):
    """A pipe, a page that fits, a dumb terminal, no pager."""
    shown, page = paged(*argv, **settings)

    assert page is None
    assert "respond" in shown
