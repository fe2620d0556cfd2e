"""How a test's name stands in reports: on one line, what acts on a terminal spelled out."""

from gradient_cli.terminal.door import one_line
from gradient_cli.terminal.sanitize import UNSAFE


def shown(text: str) -> str:
    """Give text without line ends and characters that act on a terminal."""
    return " ".join(shown_lines(text))


def logged(text: str) -> str:
    """Give text as it comes out of a log, a tab spelled out, too."""
    return one_line(shown(text))


def shown_lines(text: str) -> list[str]:
    """Give the lines of a text, each as it may be shown."""
    return [harmless(line) for line in text.splitlines()]


def harmless(text: str) -> str:
    """Give text whose control, bidi and invisible characters are spelled out."""
    return UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
