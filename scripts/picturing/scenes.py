"""
The scenes of the README's pictures: what is typed, and what a scripted mock answers.
"""

from dataclasses import dataclass

from gradient_cli.mock.script import Behaviour

MODEL = "openai-gpt-oss-20b"

UNDO = """\
## Undo the last commit

Which way depends on **whether it was pushed**:

| state | command | keeps the changes |
| --- | --- | --- |
| not pushed | `git reset --soft HEAD~1` | yes, staged |
| not wanted at all | `git reset --hard HEAD~1` | no |
| pushed | `git revert HEAD` | in history |

1. Look first:
   ```sh
   git log --oneline -3
   ```
2. Then reset or revert, and look again.

> A hard reset cannot be undone by `git` alone; `git reflog` is the way back.
"""

NO_MODEL = (
    '{"error": {"message": "The model `llama-9` does not exist.", '
    '"type": "NotFoundError", "param": "model", "code": 404}}'
)


REVIEWS = (
    "id,review,expected,product\n"
    "r1,I would buy it again.,positive,lamp\n"
    "r2,It broke on the second day.,negative,lamp\n"
    "r3,Does what it should.,positive,lamp\n"
    "r4,The manual is in the wrong language.,negative,lamp\n"
    "r5,My cat loves it.,positive,chair\n"
    "r6,Wobbles.,negative,chair\n"
    "r7,Better than the old one.,positive,chair\n"
    "r8,I sent it back.,negative,chair\n"
)
"""The rows of docs/gate.md."""
SUITE = """\
[[test]]
name = "tone"
prompt = 'Positive or negative? One word. "{{ review }}"'
one_of = ["positive", "negative"]
expect = "{{ expected }}"
cases = "reviews.csv"
require = "90%"
group = "product"
"""
GATE = (("reviews.toml", SUITE), ("reviews.csv", REVIEWS))
GOOD = tuple(
    Behaviour(text=row.split(",")[2], token_delay=0.02, match=f'(?s)One word.*"{row.split(",")[1]}')
    for row in REVIEWS.splitlines()[1:]
)
"""A model that is right as long as it is asked for one word."""
CHATTY = Behaviour(text="That is a fine review of a product.", token_delay=0.02)
SHOP = """\
[[test]]
name = "refund days"
prompt = "How many days for a refund? Number only."
equals = "30"

[[test]]
name = "label"
prompt = "Bug, feature or question? One word."
one_of = ["bug", "feature", "question"]

[[test]]
name = "mail"
prompt = "Write to a customer whose parcel is late."
expect_re = "^Dear"
judge = "The reply makes no promises."

[[test]]
name = "query"
prompt = "An SQL query for the revenue of each month."
extract = true
checks = "parses"
"""
SHOP_REPLIES = (
    Behaviour(text="fail\nIt promises a delivery by Friday.", match="<criterion-", times=0),
    Behaviour(text="14", match="refund", times=0),
    Behaviour(text="bug", match="Bug", times=0),
    Behaviour(text="Dear customer, your parcel will be there by Friday.", match="parcel", times=0),
    Behaviour(
        text="```sql\nSELECT month, sum(amount FROM sales GROUP BY month\n```",
        match="SQL",
        times=0,
    ),
)
PARSES = """\
import sqlite3, sys
try:
    sqlite3.connect(":memory:").execute("EXPLAIN " + sys.stdin.read())
except sqlite3.OperationalError as error:
    sys.exit(f"{error}" if "no such table" not in str(error) else 0)
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture."""

    name: str
    title: str
    lines: tuple[str, ...]
    """What is typed, a command each."""
    replies: tuple[Behaviour, ...] = (Behaviour(),)
    files: tuple[tuple[str, str], ...] = ()
    """(name, content) of what lies in the folder."""
    columns: int = 80
    rows: int = 24
    is_film: bool = False
    """Whether the picture moves: frames of the run, then its end."""


SCENES = (
    Scene(
        name="markdown",
        title="An answer in Markdown, laid out while it streams",
        lines=('gradient respond "how do I undo a commit?"',),
        replies=(Behaviour(text=UNDO, first_token=0.3, token_delay=0.04, times=0),),
        rows=32,
        is_film=True,
    ),
    Scene(
        name="errors",
        title="Failures: what happened, what to do, and an exit status each",
        lines=(
            'gradient respond -m llama-9 "hi"; echo "status $?"',
            'gradient respond "tell me a story"; echo "status $?"',
            'gradient respond --temprature 0.2 "hi"; echo "status $?"',
            'gradient respond "any secrets?" --one-of yes,no --expect no; echo "status $?"',
        ),
        columns=104,
        replies=(
            Behaviour(
                text="Once upon a time there was a build that never ended, and",
                end="close",
                match="story",
                times=0,
            ),
            Behaviour(status=404, body=NO_MODEL, match="hi", times=0),
            Behaviour(text="Yes.", match="secrets", times=0),
        ),
    ),
    Scene(
        name="check",
        title="A suite that did not pass: what was wrong, and how to run each test again",
        lines=(
            "gradient check shop.toml --run-check 'parses=python3 parses.py'; echo \"status $?\"",
        ),
        columns=100,
        rows=26,
        replies=SHOP_REPLIES,
        files=(("shop.toml", SHOP), ("parses.py", PARSES)),
    ),
    Scene(
        name="usage",
        title="Reasoning and token counts on stderr, the answer on stdout",
        lines=('gradient respond -u --show-reasoning "what is 17 * 23?"',),
        columns=90,
        replies=(
            Behaviour(
                reasoning="17 * 23 = 17 * 20 + 17 * 3 = 340 + 51 = 391.",
                text="17 * 23 is **391**.",
                token_delay=0.03,
            ),
        ),
    ),
    Scene(
        name="models",
        title="Two models asked the same rows, side by side",
        lines=("gradient check reviews.toml -m openai-gpt-oss-20b -m llama3.3-70b-instruct",),
        columns=132,
        rows=30,
        files=GATE,
        replies=(
            Behaviour(text="negative", model="llama3.3-70b-instruct", match="cat", times=0),
            *GOOD,
        ),
    ),
    Scene(
        name="regression",
        title="A prompt was changed, and the run is held against the one before",
        lines=(
            "gradient check reviews.toml -q --save main.json",
            "sed -i.old 's/One word. //' reviews.toml",
            'gradient check reviews.toml --baseline main.json; echo "status $?"',
        ),
        columns=132,
        rows=44,
        files=GATE,
        replies=(*GOOD, CHATTY),
    ),
)
"""Every picture, in the order of the pages."""
