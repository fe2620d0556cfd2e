"""
How a flag is declared: once, as a value that a field of an options group carries.

    temperature: Annotated[float | None, flag(REQUEST, "--temperature", help="…")] = None

The group is a plain record, read by whoever does the work. `cli.expand` makes the parser's
parameters of it; the help pages, the completions and the man page are made of those.
"""

from dataclasses import replace

from gradient_cli.values import record


@record(kw_only=True)
class Flag:
    """What the command line needs to know of a field, beside its type and its default."""

    panel: str
    """The group of the help page that it stands in."""
    names: tuple[str, ...]
    """As they are written: `-m`, `--model`, or `--stream/--no-stream` for a pair."""
    help: str
    metavar: str | None
    """What stands for the value; None for a switch."""
    least: float | None
    """The smallest number that it takes."""
    most: float | None
    choices: tuple[str, ...]
    """The only values that it takes; empty: any."""

    def saying(self, help: str, *, panel: str | None = None) -> "Flag":  # noqa: A002  # as below
        """Give the same flag of another command, where other words explain it."""
        return replace(self, help=help, panel=panel or self.panel)


def flag(
    panel: str,
    *names: str,
    help: str,  # noqa: A002  # the field's word
    metavar: str | None = None,
    least: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] = (),
) -> Flag:
    """Give the description of a flag, for the annotation of a field."""
    return Flag(
        panel=panel,
        names=names,
        help=help,
        metavar=metavar,
        least=least,
        most=most,
        choices=choices,
    )
