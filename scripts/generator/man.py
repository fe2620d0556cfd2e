"""
The manual page, in the man macros, for man-db and mandoc.
"""

import re

from gradient_cli import __version__
from gradient_cli.cli.pages.command_tree import Flag, Node
from gradient_cli.cli.pages.examples import EXAMPLES
from gradient_cli.cli.pages.topics import FILES, TOPICS, Rows, Topic

_INTRO = (
    "gradient sends prompts to a Responses endpoint, by default that of DigitalOcean Inference "
    "(formerly the Gradient AI platform), and prints the answer on standard output.",
    "It exits 0 only if the model finished its answer and the answer met what was asked of it. "
    "A cut stream, a failed response and a broken schema are never a success.",
)

_OPTIONS_OF = "respond"
"""The command whose options fill the section OPTIONS; the others name what they share."""


def page(root: Node) -> str:
    """Give the page."""
    lines = [
        '.\\" Written by scripts/generate.py; do not edit.',
        f'.TH GRADIENT 1 "" "gradient {__version__}" "User Commands"',
        ".SH NAME",
        f"gradient \\- {escape(root.summary)}",
        ".SH SYNOPSIS",
        *_synopsis(root),
        ".SH DESCRIPTION",
        *paragraphs(_INTRO),
        ".SH COMMANDS",
        *_commands(root),
        ".SH OPTIONS",
        *_options(root),
        ".SH EXIT STATUS",
        *_topic(TOPICS["exit-status"]),
        ".SH ENVIRONMENT",
        *_topic(TOPICS["environment"]),
        ".SH FILES",
        *rows(FILES),
        ".PP",
        "`gradient config path` says where they are; GRADIENT_CONFIG names another config.toml.",
    ]
    for name, title in (("settings", "SETTINGS"), ("stdin", "INPUT"), ("formats", "OUTPUT"),
                        ("threads", "THREADS"), ("tools", "TOOLS"),
                        ("completeness", "COMPLETENESS"), ("rows", "ROWS"),
                        ("mock-script", "MOCK SCRIPTS")):  # fmt: skip
        lines += [f".SH {title}", *_topic(TOPICS[name])]
    lines += [
        ".SH EXAMPLES",
        *_examples(),
        ".SH SEE ALSO",
        ".BR gradient-suite (5),",
        ".BR curl (1),",
        ".BR jq (1)",
    ]
    # A paragraph begins by itself after a heading; mandoc warns of a second beginning.
    kept = [
        line
        for before, line in zip(["", *lines], lines, strict=False)
        if line != ".PP" or not before.startswith((".SH", ".SS"))
    ]
    return "\n".join(kept) + "\n"


def escape(text: str) -> str:
    """Give text that roff prints as it is: backslashes, dashes, quotes, leading dots, letters."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    text = text.replace("'", "\\(aq").replace("^", "\\(ha").replace("~", "\\(ti")
    text = re.sub(r"[^\0-\x7f]", lambda found: f"\\[u{ord(found[0]):04X}]", text)
    return re.sub(r"^([.])", r"\\&\1", text, flags=re.MULTILINE)


def _synopsis(root: Node) -> list[str]:
    lines = []
    for child in root.children:
        lines += [*([".br"] if lines else []), _called(child.usage)]
    return lines


def _called(usage: str) -> str:
    """Set a usage line: the fixed words in bold."""
    fixed = re.match(r"[a-z ]+", usage)
    head = fixed[0].strip() if fixed else ""
    return f"\\fB{escape(head)}\\fR {escape(usage[len(head) :].strip())}".rstrip()


def _commands(root: Node) -> list[str]:
    shared = {flag for child in root.children if child.name == _OPTIONS_OF for flag in child.flags}
    lines: list[str] = []
    for node in root.walk():
        if not node.path:
            continue
        lines += [f".SS {_called(node.usage)}", *paragraphs((node.description or node.summary,))]
        if node.name == _OPTIONS_OF:
            lines += [".PP", "Its options are below, under OPTIONS."]
            continue
        own = [flag for flag in node.flags if flag not in shared and "--help" not in flag.names]
        both = [
            flag.names[-1] for flag in node.flags if flag in shared and "--help" not in flag.names
        ]
        lines += _flags(own)
        if both:
            lines += [".PP", f"Of the options of {_OPTIONS_OF} it takes {escape(', '.join(both))}."]
    return lines


def _options(root: Node) -> list[str]:
    lines = ["These are the options of", ".BR respond ;",
             "the other commands take the ones that they name above."]  # fmt: skip
    flags = [
        flag
        for child in root.children
        if child.name == _OPTIONS_OF
        for flag in child.flags
        if "--help" not in flag.names
    ]
    for group in dict.fromkeys(flag.group for flag in flags):
        lines += [f".SS {group}", *_flags([flag for flag in flags if flag.group == group])]
    return [*lines, ".SS Everywhere", *_flags(list(root.flags))]


def _flags(flags: list[Flag]) -> list[str]:
    lines = []
    for flag in flags:
        names = ", ".join(f"\\fB{escape(name)}\\fR" for name in flag.all_names)
        value = f" \\fI{escape(flag.value.name)}\\fR" if flag.value else ""
        lines += [".TP", names + value, escape(flag.help)]
    return lines


def _topic(topic: Topic) -> list[str]:
    lines: list[str] = []
    for part in topic.parts:
        lines += paragraphs((part,)) if isinstance(part, str) else rows(part)
    return lines


def rows(rows: Rows) -> list[str]:
    """Set terms with their descriptions."""
    return [
        line
        for term, text in rows
        for line in (".TP", f"\\fB{escape(term)}\\fR", escape(text))
    ]  # fmt: skip


def paragraphs(texts: tuple[str, ...]) -> list[str]:
    """Set paragraphs, each with its beginning."""
    blocks = [block for text in texts for block in text.split("\n\n")]
    return [line for block in blocks for line in (".PP", escape(" ".join(block.split())))]


def _examples() -> list[str]:
    lines = list(dict.fromkeys(line for lines in EXAMPLES.values() for line in lines))
    return [".nf", *map(escape, lines), ".fi"]
