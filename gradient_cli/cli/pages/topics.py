"""
The topics of `gradient help TOPIC`, which are also sections of the man page.

    Topic ── name       the word after `gradient help`
          ── summary    one line for the listing
          ── parts      in order: a str is a paragraph, a tuple is a list of (term, description)

Stdlib only. The exit statuses come from `exits.MEANINGS`; nothing is said twice.
"""

from gradient_cli.cli.pages.batch_rows import ROWS
from gradient_cli.cli.pages.layout import WIDTH, columns, paragraph
from gradient_cli.cli.pages.mock_rows import MOCK_REPLY, MOCK_SETTINGS
from gradient_cli.cli.pages.reference import SETTINGS, THREAD, TOOLS, Rows
from gradient_cli.cli.pages.sure_rows import SURE
from gradient_cli.exits import MEANINGS, SIGNALS


class Topic:
    """
    One short text, kept in parts so that a terminal and a man page can both set it.

    No dataclass: the module of that name would be a quarter of what `--help` costs.
    """

    def __init__(self, name: str, summary: str, parts: "tuple[str | Rows, ...]") -> None:
        self.name = name
        self.summary = summary
        self.parts = parts


def exit_rows() -> Rows:
    """Give every exit status with its meaning and what a CI job makes of it."""
    rows = [
        (str(int(status)), f"{meaning} (in CI: {reading})")
        for status, (meaning, reading) in MEANINGS.items()
    ]
    return (*rows, (SIGNALS[0], SIGNALS[1]))


ENVIRONMENT: Rows = (
    ("GRADIENT_MODEL_ACCESS_KEY", "the key; the first that is set of these five is used"),
    ("MODEL_ACCESS_KEY", "the key, for hosts of do-ai.run alone"),
    ("DIGITALOCEAN_INFERENCE_KEY", "the same"),
    ("DIGITALOCEAN_ACCESS_TOKEN", "the same: an account token, as the API's examples use it"),
    ("DIGITALOCEAN_TOKEN", "the same"),
    (
        "GRADIENT_INFERENCE_ENDPOINT",
        "where to ask, with or without scheme, a final slash or /v1; "
        "default https://inference.do-ai.run",
    ),
    ("GRADIENT_MODEL", "the model when no -m is given"),
    ("GRADIENT_THREAD", "the conversation of `respond` and `thread` when no file is named"),
    ("GRADIENT_PROFILE", "the profile when no -p is given"),
    ("GRADIENT_CONFIG", "the settings file to read in place of the user's own"),
    ("HTTPS_PROXY, HTTP_PROXY, ALL_PROXY", "a proxy; loopback is never proxied"),
    ("NO_PROXY", "hosts to reach without it"),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "certificates to trust in place of the system's"),
    ("NO_COLOR, FORCE_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM", "colour, by their conventions"),
    ("GITHUB_ACTIONS", "`true` makes `check` write annotations and the job summary"),
)
"""variable -> meaning, the whole list."""

FILES: Rows = (
    ("config.toml", "settings and profiles, in the user's configuration folder"),
    ("credentials.toml", "keys by profile, beside it; readable by its owner alone (0600)"),
)

TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic(
            "exit-status",
            "what each exit status means",
            (
                "0 is yes, 1 is no, everything above could not be judged: the rule of grep "
                "and diff.",
                exit_rows(),
                "Where many answers are summed up (check, batch) the worst wins, in the order "
                "3, 4, 2, 5, 6, 7, 8, 1, 9, 0: an error outranks a failed expectation.",
            ),
        ),
        Topic(
            "environment",
            "the variables that are read",
            (
                "A flag beats the environment, the environment beats the profile, the profile "
                "beats the top of the settings file. An empty variable counts as unset.",
                ENVIRONMENT,
                "A key belongs to an endpoint. A profile with its own base_url uses its own key "
                "or none; the variables marked for do-ai.run are sent there, or to the host that "
                "GRADIENT_INFERENCE_ENDPOINT names, and to no other. "
                "GRADIENT_MODEL_ACCESS_KEY and --key-file go where the request goes. "
                "A key is sent only over https or to loopback.",
            ),
        ),
        Topic(
            "settings",
            "every key of config.toml",
            (
                "At the top of the file, or in a [profiles.NAME] table (-p NAME). `gradient "
                "config set KEY VALUE` writes one, `config show` says where each value comes "
                "from. A flag and a variable win. An unknown key or a wrong value is status 2 "
                "with its line; white space around a name is not part of it.",
                SETTINGS,
                "A file that others can write is warned of: it says where keys go.",
            ),
        ),
        Topic(
            "stdin",
            "when stdin is read, and as what",
            (
                (
                    ("a terminal, /dev/null", "is not read; nor is a closed stdin"),
                    ("no PROMPT, or -", "stdin is the prompt, read to its end"),
                    (
                        "PROMPT and a pipe or file",
                        "stdin is context and goes before the prompt as a block; "
                        "an empty stdin is ignored",
                    ),
                ),
                "While nothing has come, a line on stderr says so after 2 s; after --timeout "
                "without a byte the status is 2. An explicit - waits as long as it takes. "
                "Nothing that came is dropped or cut.",
                "-f takes a file, a folder or a pattern. A folder stands for the text files below "
                "it, in the order of their names, without what git ignores, links, and binary "
                "files, which are named on stderr. A pattern in quotes ('src/**/*.py'; ** is any "
                "number of folders) stands for the files it matches, ignored or not. Nothing "
                "found is status 2. A named pipe without a writer is waited for like stdin.",
                "In a loop that reads a list (`while read -r f; do ...`) use --no-stdin or "
                "</dev/null, or the first call reads the rest of the list.",
                "Text is UTF-8. A bad byte is status 2 and names file and offset; UTF-16 is named "
                "as such, and a binary file is refused. All that is read together is at most "
                "max_input_bytes. Blocks are labelled with their names: "
                '<file path="app.py">...</file>, <stdin>...</stdin>, a blank line, the prompt.',
                "Only one of --body -, -f - and PROMPT - can have stdin.",
            ),
        ),
        Topic(
            "formats",
            "what comes out on stdout and stderr",
            (
                "stdout is the answer and nothing else; stderr is everything for people.",
                (
                    ("--format auto", "markdown on a terminal, text in a pipe (the default)"),
                    ("--format text", "the answer byte for byte, as it arrives, one final newline"),
                    ("--format markdown", "laid out for the terminal while it arrives"),
                    (
                        "--format json",
                        "(or --json) one object, on success and on failure: ok, exit_code, text, "
                        "commentary, refusal, parsed, status, finish_reason, model, id, "
                        "request_id, usage, timing, attempts, tool_calls, steps, pending, "
                        "server_calls, citations, checks, error, response",
                    ),
                    (
                        "--format events",
                        "each event of the server as one JSON line; the last line has the type "
                        "gradient.result and is the object above without response",
                    ),
                ),
                "The object's JSON Schema is printed by `gradient help result-schema`; it is "
                "gradient_cli/render/result.schema.json in the package. finish_reason is stop, "
                "tool_calls, length or content_filter, whatever the service calls it; "
                "timing.total_ms is what you waited, retries and pauses included. With -o FILE "
                "the object is written to FILE, and on failure to stdout. Every line of events "
                "has a type.",
                "With --schema, --extract and --one-of the answer is printed after it was "
                "validated. Function calls are printed one JSON object a line. Text for people "
                "may change in any version: scripts should read --json.",
            ),
        ),
        Topic(
            "threads",
            "conversations in a file: --thread",
            (
                "The service keeps no sessions: `--thread FILE` sends the whole conversation "
                "each time, and adds to it. The file need not be there; - is refused.",
                THREAD,
            ),
        ),
        Topic(
            "tools",
            "functions that the model may call",
            (
                "The model asks for a call; you run the function and send back what it gave.",
                TOOLS,
            ),
        ),
        Topic(
            "completeness",
            "which text is the answer, and when it counts as complete",
            (
                "Exit status 0 needs the server's own word that the answer is finished: "
                "a terminal event or a body whose status is completed, or a finish_reason of "
                "stop or tool_calls.",
                "A stream that merely ends is not complete, with [DONE] or without: status 8. "
                "Nor is an answer that a token limit or a filter cut (8), one that failed or "
                "was cancelled (5), or a frame that is not JSON (5). Of two ends that contradict "
                "each other the worse counts. What had arrived stays on stdout.",
                "The answer is the text of the assistant's messages, set apart by blank lines. "
                "What is not:",
                (
                    (
                        "commentary",
                        "a message whose phase is `commentary`: goes where reasoning "
                        "goes (--show-reasoning), and is `commentary` in --json",
                    ),
                    (
                        "reasoning in the text",
                        "a leading <think> or <thinking> block, and "
                        "Harmony's channel markup, are taken out; `--think-tags keep` leaves them. "
                        "A </think> that was never opened counts where the answer is held back "
                        "(-o, --json, --schema, batch, check); a stream that printed it warns. "
                        "Tags anywhere else are text",
                    ),
                    ("a refusal", "status 1 with its words; --allow-refusal takes them"),
                    (
                        "nothing",
                        "white space and no call is status 1 with the reason; "
                        "--allow-empty takes it",
                    ),
                    (
                        "a wrong call",
                        "of a function that was not offered, or with arguments that "
                        "do not fit its parameters: status 1",
                    ),
                    (
                        "what waits",
                        "an approval that the service asks for, the call of a custom "
                        "tool, an unfinished message: status 8, one JSON line each, `pending` in "
                        "--json",
                    ),
                    (
                        "a part",
                        "the stream is held against the final object: missing ends are "
                        "printed; where pieces were lost or changed and stand on stdout already, "
                        "the status is 8",
                    ),
                    (
                        "a silent cut",
                        "an answer that used exactly the tokens that it might is "
                        "status 8, although the service calls it complete, unless --schema, "
                        "--one-of, -x, an exact `equals` or a call proves it whole",
                    ),
                ),
                "--allow-incomplete accepts a cut answer. In suites `allow_empty`, "
                '`allow_refusal` and `equals = ""` say the same, and the setting think_tags '
                "is --think-tags.",
            ),
        ),
        Topic(
            "checks",
            "why a check is never weaker than it reads",
            (
                "What --expect, --reject and the keys of a suite mean, and what is refused:",
                (
                    (
                        "they add up",
                        "a flag given twice, [defaults] and a test: all hold; of equals, one_of "
                        "and schema the nearer one counts",
                    ),
                    (
                        "texts",
                        "{{ name }} is a variable and @FILE a file's content, in prompt, "
                        "instructions, every expectation and judge; @@ begins a literal @. In a "
                        "pattern a variable stands for its very text",
                    ),
                    (
                        "what is judged",
                        "what is printed: with -x, --schema or --one-of the block, the JSON or "
                        "the label",
                    ),
                    (
                        "empty checks",
                        "a pattern found in everything or in nothing, a schema that null "
                        "passes: status 2 in suites, a warning in respond and batch",
                    ),
                    (
                        "empty files",
                        "-f FILE or @FILE without content, and nothing else to ask about: "
                        "status 2. An empty stdin beside a PROMPT is a note",
                    ),
                    (
                        "judges",
                        "a judge that refuses, is cut or says neither pass nor fail could not "
                        "judge: an error, not a failure",
                    ),
                    (
                        "recordings",
                        "each answer is given once, in a suite to the test and attempt that it "
                        "was recorded for; --strict-replay makes those left over status 2",
                    ),
                    (
                        "files of a suite",
                        "read only below the working folder or the suite's own, links resolved; "
                        "--root DIR names another",
                    ),
                ),
            ),
        ),
        Topic("sure", "how sure an answer is: decide, --sure, --votes, --calibrate", SURE),
        Topic("suite", "what a suite of `check` may say, key by key", ()),
        Topic(
            "rows",
            "what `batch` reads and writes, row by row",
            ROWS,
        ),
        Topic(
            "mock-script",
            "what a script of `gradient mock` may say",
            (
                "`gradient mock --script FILE` reads TOML. At its top:",
                MOCK_SETTINGS,
                "Then a [[reply]] for each way to answer, used in their order; one with match, "
                "model or sees comes before the others. Each may have:",
                MOCK_REPLY,
                "max_output_tokens is obeyed: a word is a token, reasoning included. "
                "Any other key is an error that names its line.",
            ),
        ),
    )
}
"""name -> Topic, in the order of the listing."""


def text(topic: Topic, width: int = WIDTH) -> str:
    """Give a topic as plain text."""
    if topic.name == "suite":
        # Made of the table that reads suites, which nothing else here needs.
        from gradient_cli.cli.pages import suite_reference

        topic = Topic(topic.name, topic.summary, suite_reference.parts())
    parts = [
        paragraph(part, width) if isinstance(part, str) else columns(part, width)
        for part in topic.parts
    ]
    return "\n\n".join([f"{topic.name}: {topic.summary}", *parts]) + "\n"
