"""
What `gradient`, `gradient --help` and `gradient help` print. Stdlib only, so it is quick.
"""

from gradient_cli.cli.commands import COMMANDS, SUMMARY
from gradient_cli.cli.pages.examples import EXAMPLES
from gradient_cli.cli.pages.layout import WIDTH, column, columns, paragraph
from gradient_cli.cli.pages.topics import TOPICS


def text(width: int = WIDTH) -> str:
    """Give the first page: examples, commands, topics, where to begin."""
    topics = [(f"gradient help {topic.name}", topic.summary) for topic in TOPICS.values()]
    flags = [("-h, --help", "this page; -h is a short one"), ("-V, --version", "the version")]
    begin = [
        ("gradient auth login", "keep a key (or set GRADIENT_MODEL_ACCESS_KEY)"),
        ("gradient respond -p demo hi", "try it without a key or a network"),
    ]
    start = column([term for term, _ in (*begin, *topics)], width)
    sections = [
        paragraph(f"gradient: {SUMMARY}", width),
        "\n".join(f"  {line}" for line in EXAMPLES[""]),
        "Usage: gradient COMMAND [OPTIONS] [ARGUMENTS]",
        "Commands:\n" + columns(COMMANDS.items(), width),
        "Options:\n" + columns(flags, width),
        "Begin:\n" + columns(begin, width, start),
        "Topics:\n" + columns(topics, width, start),
        paragraph("`gradient COMMAND --help` explains a command; so does `man gradient`.", width),
    ]
    return "\n\n".join(sections) + "\n"
