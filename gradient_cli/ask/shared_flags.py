"""
Flags that several commands have, declared once: names and metavar are theirs wherever they stand.

    var: Annotated[list[str] | None, VAR] = None
    quiet: Annotated[bool, QUIET.saying("no line for each request", panel=SERVER)] = False
"""

from gradient_cli.ask.flag import flag

INPUT = "Input"
REQUEST = "Request"
OUTPUT = "Output"
EXPECTATIONS = "Expectations"
PROOF = "Proof"

FILE = flag(
    INPUT,
    "-f",
    "--file",
    metavar="PATH",
    help="a file, a folder or a quoted pattern to put before the prompt, labelled with its "
    "names; - is stdin (repeatable)",
)
SYSTEM = flag(
    INPUT,
    "-s",
    "--system",
    "--instructions",
    metavar="TEXT|@FILE",
    help="instructions to the model; @@ begins a literal @",
)
VAR = flag(
    INPUT,
    "--var",
    metavar="NAME=VALUE|@FILE",
    help="fill {{ NAME }} in prompt and instructions (repeatable)",
)
PROMPT_FILE = flag(
    INPUT,
    "--prompt-file",
    metavar="FILE",
    help="take the prompt from a file, which may begin with settings",
)
NO_STDIN = flag(INPUT, "--no-stdin", help="do not read stdin")
MODEL = flag(
    REQUEST,
    "-m",
    "--model",
    metavar="ID",
    help="the model to ask; `gradient models` lists them",
)

ONE_OF = flag(
    EXPECTATIONS,
    "--one-of",
    metavar="A,B,C",
    help="it is exactly one of these labels; the label is printed",
)
SURE = flag(
    EXPECTATIONS,
    "--sure",
    metavar="P",
    help="status 9 where the label of --one-of is less probable than P (0.5 to 1)",
)

EXTRACT = flag(
    OUTPUT,
    "-x",
    "--extract",
    help="print the first fenced code block alone; none, or an empty one, is status 1",
)
JSON = flag(OUTPUT, "--json", help="print one JSON object")
QUIET = flag(OUTPUT, "-q", "--quiet", help="nothing on stderr but errors")
VERBOSE = flag(
    OUTPUT,
    "-v",
    "--verbose",
    help="say where things come from and what is sent, on stderr",
)

DRY_RUN = flag(PROOF, "-n", "--dry-run", help="print the body and send nothing")
RECORD = flag(PROOF, "--record", metavar="DIR", help="keep each exchange as a file in DIR")
REPLAY = flag(PROOF, "--replay", metavar="DIR", help="answer from the files in DIR; no network")
STRICT_REPLAY = flag(
    PROOF, "--strict-replay", help="recordings that nothing asked for are status 2"
)
