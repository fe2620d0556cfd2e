"""
The flags that only `batch` has; the others it shares with respond: see `ask.flag`.
"""

from typing import Annotated

from gradient_cli.ask.flag import flag
from gradient_cli.ask.shared_flags import (
    DRY_RUN,
    EXTRACT,
    FILE,
    JSON,
    PROMPT_FILE,
    QUIET,
    RECORD,
    REPLAY,
    STRICT_REPLAY,
    SURE,
    SYSTEM,
    VAR,
    VERBOSE,
)
from gradient_cli.values import record

DECISIONS = "Decisions"


@record(kw_only=True)
class ItemOptions:
    """What is asked about, one request each."""

    items: Annotated[
        list[str] | None,
        flag(
            "Input",
            "-i",
            "--items",
            metavar="FILE|-",
            help="lines, or rows in a .csv, .tsv, .jsonl or .json file (repeatable)",
        ),
    ] = None
    each_file: Annotated[
        list[str] | None,
        flag(
            "Input",
            "--each-file",
            metavar="GLOB",
            help="each file that matches is an item (repeatable)",
        ),
    ] = None
    lines: Annotated[
        bool, flag("Input", "--lines", help="ITEMS are lines of text, whatever their name")
    ] = False
    csv: Annotated[
        bool, flag("Input", "--csv", help="ITEMS are CSV; the header names the variables")
    ] = False
    tsv: Annotated[bool, flag("Input", "--tsv", help="ITEMS are set apart by tabs")] = False
    jsonl: Annotated[
        bool, flag("Input", "--jsonl", help="ITEMS are JSON objects, a line each or in one array")
    ] = False
    allow_no_items: Annotated[
        bool, flag("Input", "--allow-no-items", help="no items at all is no error")
    ] = False
    prompt_file: Annotated[
        str | None,
        PROMPT_FILE.saying("the prompt from a file, settings on top; in place of PROMPT"),
    ] = None
    instructions: Annotated[
        str | None,
        SYSTEM,
    ] = None
    var: Annotated[
        list[str] | None,
        VAR,
    ] = None
    file: Annotated[
        list[str] | None,
        FILE.saying("a file to put before every prompt (repeatable)"),
    ] = None
    shard: Annotated[
        str | None,
        flag(
            "Input", "--shard", metavar="I/N", help="take every N-th item, from the I-th (1 to N)"
        ),
    ] = None
    limit: Annotated[
        int | None, flag("Input", "--limit", metavar="N", least=1, help="take the first N items")
    ] = None


@record(kw_only=True)
class RunOptions:
    """How a run goes, and where its results are."""

    output: Annotated[
        str,
        flag(
            "Output",
            "-o",
            "--output",
            metavar="OUT.jsonl",
            help="the results, one a line; run again to resume (default: stdout)",
        ),
    ] = "-"
    jobs: Annotated[
        int, flag("Output", "-j", "--jobs", metavar="N", least=1, help="requests at once (8)")
    ] = 8
    ordered: Annotated[
        bool, flag("Output", "--ordered", help="write the results in the order of the items")
    ] = False
    retry_failed: Annotated[
        bool, flag("Output", "--retry-failed", help="ask only what failed before, nothing new")
    ] = False
    max_total_tokens: Annotated[
        int | None,
        flag(
            "Output",
            "--max-total-tokens",
            metavar="N",
            least=1,
            help="begin no request after N tokens (then the status is 8)",
        ),
    ] = None
    max_failures: Annotated[
        int | None,
        flag(
            "Output",
            "--max-failures",
            metavar="N",
            least=0,
            help="stop when N rows in a row find the service down (20, or 2 a worker); 0 is never",
        ),
    ] = None
    extract: Annotated[
        bool,
        EXTRACT.saying("keep the first fenced code block alone"),
    ] = False
    json: Annotated[bool, JSON.saying("print a summary of the run as JSON on stdout")] = False
    quiet: Annotated[bool, QUIET.saying("no progress on stderr, only errors")] = False
    verbose: Annotated[bool, VERBOSE.saying("say each wait and retry on stderr")] = False
    dry_run: Annotated[bool, DRY_RUN.saying("print the bodies, a line each; send nothing")] = False
    record: Annotated[
        str | None,
        RECORD,
    ] = None
    replay: Annotated[
        str | None,
        REPLAY,
    ] = None
    strict_replay: Annotated[
        bool,
        STRICT_REPLAY,
    ] = False


@record(kw_only=True)
class DecideOptions:
    """What a decision model is asked of each item, in place of a text."""

    decide: Annotated[
        str | None,
        flag(
            DECISIONS,
            "--decide",
            metavar="QUESTION",
            help="let a decision model answer this of each item (yes or no, or --one-of)",
        ),
    ] = None
    one_of_file: Annotated[
        str | None,
        flag(
            DECISIONS,
            "--one-of-file",
            metavar="LABELS.toml",
            help='its options with what each means: bug = "something is broken"',
        ),
    ] = None
    scale: Annotated[
        str | None,
        flag(DECISIONS, "--scale", metavar="A,B,C", help="a scale, from the least to the most"),
    ] = None
    yes_means: Annotated[
        str | None, flag(DECISIONS, "--yes-means", metavar="TEXT", help="what a yes says")
    ] = None
    no_means: Annotated[
        str | None, flag(DECISIONS, "--no-means", metavar="TEXT", help="what a no says")
    ] = None
    at_least: Annotated[
        str | None,
        flag(DECISIONS, "--at-least", metavar="LEVEL", help="a row below it is status 1"),
    ] = None
    at_most: Annotated[
        str | None,
        flag(DECISIONS, "--at-most", metavar="LEVEL", help="a row above it is status 1"),
    ] = None
    sure: Annotated[
        float | None,
        SURE.saying("a decision less probable than P is status 9 (0.5 to 1)", panel=DECISIONS),
    ] = None

    def stray(self) -> str | None:
        """Give a flag that says nothing without --decide, if one was given."""
        if self.decide is not None:
            return None
        given = [name for name in self.__dataclass_fields__ if getattr(self, name) is not None]
        return f"--{given[0].replace('_', '-')}" if given else None


@record(kw_only=True)
class TableOptions:
    """Which items and results make a table, and of which form it is."""

    items: Annotated[
        list[str] | None,
        flag("Input", "-i", "--items", metavar="FILE|-", help="the items of the run (repeatable)"),
    ] = None
    each_file: Annotated[
        list[str] | None,
        flag("Input", "--each-file", metavar="GLOB", help="as at `run` (repeatable)"),
    ] = None
    items_form: Annotated[
        str | None,
        flag(
            "Input",
            "--from",
            metavar="FORM",
            help="what ITEMS are, if their name does not say: lines, csv, tsv, jsonl",
            choices=("lines", "csv", "tsv", "jsonl"),
        ),
    ] = None
    output: Annotated[
        list[str] | None,
        flag(
            "Input",
            "-o",
            "--output",
            metavar="OUT.jsonl",
            help="the results; those of shards together (repeatable)",
        ),
    ] = None
    csv: Annotated[bool, flag("Output", "--csv", help="print CSV")] = False
    tsv: Annotated[bool, flag("Output", "--tsv", help="print cells set apart by tabs")] = False
    jsonl: Annotated[bool, flag("Output", "--jsonl", help="print a JSON object a row")] = False
    quiet: Annotated[bool, QUIET] = False


@record(kw_only=True)
class SubmitOptions:
    """Which job a submit makes."""

    output: Annotated[
        str,
        flag(
            "Output",
            "-o",
            "--output",
            metavar="OUT.jsonl",
            help="where `fetch` will put the answers; what it has is not asked again",
        ),
    ]
    extract: Annotated[
        bool,
        EXTRACT.saying("keep the first fenced code block alone"),
    ] = False
    quiet: Annotated[bool, QUIET] = False
    dry_run: Annotated[bool, DRY_RUN.saying("print the upload; send nothing")] = False


@record(kw_only=True)
class JobOptions:
    """Which job is meant, and how it is told of."""

    output: Annotated[
        str, flag("Output", "-o", "--output", metavar="OUT.jsonl", help="as at `submit`")
    ]
    json: Annotated[bool, JSON.saying("print one JSON object on stdout")] = False
    quiet: Annotated[bool, QUIET] = False
