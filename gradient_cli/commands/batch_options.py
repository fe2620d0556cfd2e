"""
The flags that only `batch` has; the others it shares with respond.
"""

from typing import Annotated, Any

import typer

from gradient_cli.record import record


def _flag(panel: str, *names: str, help: str, **settings: Any) -> Any:  # noqa: A002  # as Typer says
    return typer.Option(*names, help=help, rich_help_panel=panel, show_default=False, **settings)


@record(kw_only=True)
class ItemOptions:
    """What is asked about, one request each."""

    items: Annotated[
        str | None,
        _flag("Input", "-i", "--items", metavar="FILE|-", help="lines, or rows in a .jsonl file"),
    ] = None
    each_file: Annotated[
        str | None,
        _flag("Input", "--each-file", metavar="GLOB", help="each file that matches is an item"),
    ] = None
    jsonl: Annotated[
        bool | None,
        _flag("Input", "--jsonl/--lines", help="what ITEMS are, if their name does not say"),
    ] = None
    instructions: Annotated[
        str | None,
        _flag(
            "Input",
            "-s",
            "--system",
            "--instructions",
            metavar="TEXT|@FILE",
            help="instructions to the model; @@ begins a literal @",
        ),
    ] = None
    var: Annotated[
        list[str] | None,
        _flag(
            "Input",
            "--var",
            metavar="NAME=VALUE|@FILE",
            help="fill {{ NAME }} in prompt and instructions (repeatable)",
        ),
    ] = None
    file: Annotated[
        list[str] | None,
        _flag(
            "Input",
            "-f",
            "--file",
            metavar="PATH",
            help="a file to put before every prompt (repeatable)",
        ),
    ] = None
    shard: Annotated[
        str | None,
        _flag(
            "Input", "--shard", metavar="I/N", help="take every N-th item, from the I-th (1 to N)"
        ),
    ] = None
    limit: Annotated[
        int | None, _flag("Input", "--limit", metavar="N", min=1, help="take the first N items")
    ] = None


@record(kw_only=True)
class RunOptions:
    """How a run goes, and where its results are."""

    output: Annotated[
        str,
        _flag(
            "Output",
            "-o",
            "--output",
            metavar="OUT.jsonl",
            help="the results, one a line; run again to resume (default: stdout)",
        ),
    ] = "-"
    jobs: Annotated[
        int, _flag("Output", "-j", "--jobs", metavar="N", min=1, help="requests at once (8)")
    ] = 8
    ordered: Annotated[
        bool, _flag("Output", "--ordered", help="write the results in the order of the items")
    ] = False
    retry_failed: Annotated[
        bool, _flag("Output", "--retry-failed", help="ask only what failed before, nothing new")
    ] = False
    max_total_tokens: Annotated[
        int | None,
        _flag(
            "Output",
            "--max-total-tokens",
            metavar="N",
            min=1,
            help="begin no request after N tokens (then the status is 8)",
        ),
    ] = None
    max_failures: Annotated[
        int | None,
        _flag(
            "Output",
            "--max-failures",
            metavar="N",
            min=0,
            help="stop when N rows in a row find the service down (20, or 2 a worker); 0 is never",
        ),
    ] = None
    extract: Annotated[
        bool,
        _flag("Output", "-x", "--extract", help="keep the first fenced code block alone"),
    ] = False
    json: Annotated[
        bool, _flag("Output", "--json", help="print a summary of the run as JSON on stdout")
    ] = False
    quiet: Annotated[
        bool, _flag("Output", "-q", "--quiet", help="no progress on stderr, only errors")
    ] = False
    verbose: Annotated[
        bool, _flag("Output", "-v", "--verbose", help="say each wait and retry on stderr")
    ] = False
    dry_run: Annotated[
        bool, _flag("Proof", "-n", "--dry-run", help="print the bodies, a line each; send nothing")
    ] = False
    record: Annotated[
        str | None,
        _flag("Proof", "--record", metavar="DIR", help="keep each exchange as a file in DIR"),
    ] = None
    replay: Annotated[
        str | None,
        _flag("Proof", "--replay", metavar="DIR", help="answer from the files in DIR; no network"),
    ] = None


@record(kw_only=True)
class SubmitOptions:
    """Which job a submit makes."""

    output: Annotated[
        str,
        _flag(
            "Output",
            "-o",
            "--output",
            metavar="OUT.jsonl",
            help="where `fetch` will put the answers; what it has is not asked again",
        ),
    ]
    extract: Annotated[
        bool,
        _flag("Output", "-x", "--extract", help="keep the first fenced code block alone"),
    ] = False
    quiet: Annotated[
        bool, _flag("Output", "-q", "--quiet", help="nothing on stderr but errors")
    ] = False
    dry_run: Annotated[
        bool, _flag("Proof", "-n", "--dry-run", help="print the upload; send nothing")
    ] = False


@record(kw_only=True)
class JobOptions:
    """Which job is meant, and how it is told of."""

    output: Annotated[
        str, _flag("Output", "-o", "--output", metavar="OUT.jsonl", help="as at `submit`")
    ]
    json: Annotated[bool, _flag("Output", "--json", help="print one JSON object on stdout")] = False
    quiet: Annotated[
        bool, _flag("Output", "-q", "--quiet", help="nothing on stderr but errors")
    ] = False
