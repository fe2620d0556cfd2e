"""
The flags around a request: what is expected of its answer, how it travels, what proves it.

Groups like those of `ask.question_options`, shared by respond and batch; check takes the network's.
"""

from typing import Annotated

from gradient_cli.ask.flag import flag
from gradient_cli.ask.shared_flags import DRY_RUN, ONE_OF, RECORD, REPLAY, STRICT_REPLAY, SURE
from gradient_cli.errors import UsageError
from gradient_cli.values import record

EXPECTATIONS = "Expectations"
TOOLS = "Your programs"
NETWORK = "Network"
PROOF = "Proof"


@record(kw_only=True)
class ExpectOptions:
    """What a complete answer must be; status 1 if it is not."""

    expect: Annotated[
        list[str] | None,
        flag(
            EXPECTATIONS, "--expect", metavar="TEXT", help="the answer contains TEXT (repeatable)"
        ),
    ] = None
    expect_re: Annotated[
        list[str] | None,
        flag(
            EXPECTATIONS,
            "--expect-re",
            metavar="RE",
            help="a regular expression is found in it (repeatable)",
        ),
    ] = None
    reject: Annotated[
        list[str] | None,
        flag(
            EXPECTATIONS, "--reject", metavar="TEXT", help="it does not contain TEXT (repeatable)"
        ),
    ] = None
    reject_re: Annotated[
        list[str] | None,
        flag(
            EXPECTATIONS,
            "--reject-re",
            metavar="RE",
            help="the regular expression is not found in it (repeatable)",
        ),
    ] = None
    expect_call: Annotated[
        list[str] | None,
        flag(
            EXPECTATIONS,
            "--expect-call",
            metavar="NAME[=JSON]",
            help="it calls this function, with at least these arguments (repeatable)",
        ),
    ] = None
    expect_source: Annotated[
        list[str] | None,
        flag(
            EXPECTATIONS,
            "--expect-source",
            metavar="HOST",
            help="it cites a page of this host, or of one below it (repeatable)",
        ),
    ] = None
    one_of: Annotated[
        str | None,
        ONE_OF,
    ] = None
    extract_lang: Annotated[
        str | None,
        flag(
            EXPECTATIONS,
            "--extract-lang",
            metavar="LANG",
            help="like -x: the first code block of this language, such as sql",
        ),
    ] = None
    extract_last: Annotated[
        bool,
        flag(
            EXPECTATIONS,
            "--extract-last",
            help="like -x: the last code block instead of the first",
        ),
    ] = False
    schema: Annotated[
        str | None,
        flag(
            EXPECTATIONS,
            "--schema",
            metavar="FILE|JSON|SHORT",
            help="it is JSON of this schema, or short: 'name, age int, tags list'",
        ),
    ] = None
    send_schema: Annotated[
        bool,
        flag(
            EXPECTATIONS,
            "--send-schema/--no-send-schema",
            help="whether the schema is sent to the server, too",
        ),
    ] = True
    allow_incomplete: Annotated[
        bool,
        flag(
            EXPECTATIONS,
            "--allow-incomplete",
            help="take an answer that was cut by a limit for a whole one",
        ),
    ] = False
    allow_empty: Annotated[
        bool,
        flag(EXPECTATIONS, "--allow-empty", help="take an answer without text for one"),
    ] = False
    allow_refusal: Annotated[
        bool,
        flag(
            EXPECTATIONS,
            "--allow-refusal",
            help="take the words by which a model refuses for its answer",
        ),
    ] = False
    think_tags: Annotated[
        str | None,
        flag(
            EXPECTATIONS,
            "--think-tags",
            metavar="split|keep",
            choices=("split", "keep"),
            help="what becomes of think tags and channel markup in front of the text (split)",
        ),
    ] = None
    repair: Annotated[
        int,
        flag(
            EXPECTATIONS,
            "--repair",
            metavar="N",
            least=0,
            help="if --one-of or --schema fails, ask again up to N times",
        ),
    ] = 0

    def settings(self) -> dict[str, str]:
        """Give those that have a setting of the same name."""
        return {} if self.think_tags is None else {"think_tags": self.think_tags}


@record(kw_only=True)
class SureOptions:
    """How sure the label of --one-of must be."""

    sure: Annotated[
        float | None,
        SURE,
    ] = None
    votes: Annotated[
        int | None,
        flag(
            EXPECTATIONS,
            "--votes",
            metavar="N",
            help="ask N times; the most frequent label of --one-of is the answer",
        ),
    ] = None


@record(kw_only=True)
class ToolOptions:
    """Which programs answer the model's function calls: named here, and nowhere else."""

    run_tool: Annotated[
        list[str] | None,
        flag(
            TOOLS,
            "--run-tool",
            metavar="NAME=COMMAND",
            help="answer calls of this function by a program: arguments on stdin as JSON, the "
            "result from its stdout (repeatable)",
        ),
    ] = None
    tool_timeout: Annotated[
        float | None,
        flag(
            TOOLS,
            "--tool-timeout",
            metavar="SECONDS",
            help="the longest run of such a program (30 s)",
        ),
    ] = None
    max_tool_calls: Annotated[
        int | None,
        flag(
            TOOLS,
            "--max-tool-calls",
            metavar="N",
            least=0,
            help="answer no more than N calls (20); the status of more is 8",
        ),
    ] = None

    def fingerprint(self) -> str:
        """Give which programs answer which functions, as a text; "" for none."""
        from gradient_cli.wire.json import canonical

        return canonical({"run_tool": sorted(self.run_tool)}) if self.run_tool else ""

    def refuse_alone(self, *others: tuple[str, bool]) -> None:
        """
        Refuse flags that say how programs are run where none is named.

        Raises:
            UsageError: one of them was given; `others` are further ones.

        """
        own = [
            ("--tool-timeout", self.tool_timeout is not None),
            ("--max-tool-calls", self.max_tool_calls is not None),
        ]
        for name, is_given in (*own, *others):
            if is_given and not self.run_tool:
                raise UsageError(f"{name} belongs to --run-tool NAME=COMMAND")


@record(kw_only=True)
class ConfirmOptions:
    """Whether the user is asked before a program is run."""

    confirm: Annotated[
        bool, flag(TOOLS, "--confirm", help="ask on the terminal before each run of a program")
    ] = False


@record(kw_only=True)
class NetworkOptions:
    """How to reach the service, and as whom."""

    timeout: Annotated[
        float | None,
        flag(NETWORK, "--timeout", metavar="SECONDS", help="the longest silence (120)"),
    ] = None
    max_time: Annotated[
        float | None, flag(NETWORK, "--max-time", metavar="SECONDS", help="the longest run")
    ] = None
    retries: Annotated[
        int | None,
        flag(
            NETWORK,
            "--retries",
            metavar="N",
            help="how often to try again before the answer begins (3)",
        ),
    ] = None
    base_url: Annotated[
        str | None,
        flag(NETWORK, "--base-url", metavar="URL", help="the endpoint; /v1/responses is added"),
    ] = None
    proxy: Annotated[
        str | None, flag(NETWORK, "--proxy", metavar="URL", help="go through this proxy")
    ] = None
    ca_bundle: Annotated[
        str | None, flag(NETWORK, "--ca-bundle", metavar="FILE", help="trust the roots in FILE")
    ] = None
    profile: Annotated[
        str | None,
        flag(
            NETWORK,
            "-p",
            "--profile",
            metavar="NAME",
            help="a profile of the settings; demo needs no key",
        ),
    ] = None
    key_file: Annotated[
        str | None, flag(NETWORK, "--key-file", metavar="FILE", help="read the key from FILE")
    ] = None


@record(kw_only=True)
class ProofOptions:
    """Seeing what is sent, and doing without the service."""

    dry_run: Annotated[bool, DRY_RUN] = False
    curl: Annotated[
        bool, flag(PROOF, "--curl", help="print the request as a curl command and send nothing")
    ] = False
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
