"""The flags of `gradient decide`, in groups; see `ask.flag`."""

from typing import Annotated

from gradient_cli.ask.flag import flag
from gradient_cli.ask.shared_flags import FILE, JSON, MODEL, NO_STDIN, ONE_OF, QUIET, SURE
from gradient_cli.values import record

INPUT = "Input"
QUESTION = "Question"
GATE = "Expectations"
OUTPUT = "Output"


@record(kw_only=True)
class StateOptions:
    """What is decided about."""

    file: Annotated[
        list[str] | None,
        FILE.saying("a file to decide about; - is stdin (repeatable)"),
    ] = None
    no_stdin: Annotated[bool, NO_STDIN] = False


@record(kw_only=True)
class QuestionOptions:
    """What is asked of it."""

    model: Annotated[
        str | None,
        MODEL.saying("the decision model (setting decide_model)", panel=QUESTION),
    ] = None
    one_of: Annotated[
        str | None,
        ONE_OF.saying("choose one of these, not yes or no", panel=QUESTION),
    ] = None
    one_of_file: Annotated[
        str | None,
        flag(
            QUESTION,
            "--one-of-file",
            metavar="LABELS.toml",
            help='the same with what each means: bug = "something is broken"',
        ),
    ] = None
    scale: Annotated[
        str | None,
        flag(
            QUESTION,
            "--scale",
            metavar="A,B,C",
            help="rate on a scale of words, from the least to the most",
        ),
    ] = None
    yes_means: Annotated[
        str | None, flag(QUESTION, "--yes-means", metavar="TEXT", help="what a yes says")
    ] = None
    no_means: Annotated[
        str | None, flag(QUESTION, "--no-means", metavar="TEXT", help="what a no says")
    ] = None
    ask: Annotated[
        list[str] | None,
        flag(
            QUESTION,
            "--ask",
            metavar="NAME=QUESTION",
            help="several yes/no questions of one state in one request (repeatable)",
        ),
    ] = None


@record(kw_only=True)
class GateOptions:
    """Which decision passes."""

    expect: Annotated[
        str | None,
        flag(GATE, "--expect", metavar="WORD", help="status 1 where another word was decided"),
    ] = None
    at_least: Annotated[
        str | None,
        flag(GATE, "--at-least", metavar="LEVEL", help="status 1 below this level of --scale"),
    ] = None
    at_most: Annotated[
        str | None,
        flag(GATE, "--at-most", metavar="LEVEL", help="status 1 above this level of --scale"),
    ] = None
    sure: Annotated[
        float | None,
        SURE.saying("status 9 where the decision is less probable than P (0.5 to 1)"),
    ] = None


@record(kw_only=True)
class ShowOptions:
    """How the decision is told."""

    json: Annotated[bool, JSON] = False
    quiet: Annotated[bool, QUIET] = False
