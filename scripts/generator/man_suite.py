"""
gradient-suite(5): the reference of suites, from the table that reads them.
"""

from generator.man import escape, paragraphs, rows
from gradient_cli import __version__
from gradient_cli.check.keys import KEYS
from gradient_cli.cli.pages import suite_reference


def page() -> str:
    """Give the page."""
    lines = [
        '.\\" Written by scripts/generate.py; do not edit.',
        f'.TH GRADIENT-SUITE 5 "" "gradient {__version__}" "File Formats"',
        ".SH NAME",
        "gradient-suite \\- prompts with expectations, for gradient check",
        ".SH DESCRIPTION",
        *paragraphs((suite_reference.INTRO, suite_reference.TEXTS))[1:],
    ]
    for group in dict.fromkeys(key.group for key in KEYS.values()):
        lines += [f".SH {group.upper()}", *rows(suite_reference.rows(group))]
    lines += [".SH EXAMPLE", ".nf", *(escape(line) for line in suite_reference.EXAMPLE), ".fi"]
    lines += [".SH EDITORS", *paragraphs((suite_reference.EDITORS,))[1:]]
    return "\n".join([*lines, ".SH SEE ALSO", ".BR gradient (1)"]) + "\n"
