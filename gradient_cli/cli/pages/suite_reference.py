"""
The reference of suites, made of the table that reads them: `gradient help suite` and the man page.
"""

from gradient_cli.check.keys import KEYS, Key
from gradient_cli.cli.pages.reference import Rows

EXAMPLE = (
    "[defaults]",
    'model = "openai-gpt-oss-20b"',
    "",
    "[[test]]",
    'name = "refund policy"',
    'files = ["policy.md"]',
    'prompt = "How many days for a refund? Number only."',
    "expect_re = '^30$'",
)
"""A whole suite, a line each."""

INTRO = (
    "A suite is a TOML file: [defaults] for all its tests, and a [[test]] for each. Or JSONL, a "
    "test a line; the first line may be {\"defaults\": {...}}. Any other key is an error that "
    "names its line and the nearest key."
)  # fmt: skip
TEXTS = (
    "In prompt, instructions, every expectation and judge, {{ name }} is a variable and @FILE a "
    "file's content; @@ begins a literal @. Files are read beside the suite, and only below its "
    "folder or the working folder."
)
EDITORS = (
    "Editors complete and check a suite by its JSON Schema: `gradient help suite-schema > "
    "suite.schema.json`, and `#:schema ./suite.schema.json` as the suite's first line."
)


def parts() -> "tuple[str | Rows, ...]":
    """Give the paragraphs and the rows of keys, group by group."""
    found: list[str | Rows] = [INTRO, TEXTS]
    for group in dict.fromkeys(key.group for key in KEYS.values()):
        found += [f"{group[0].upper()}{group[1:]}:", rows(group)]
    return (*found, EDITORS)


def rows(group: str) -> Rows:
    """Give (key, what there is to know of it) for the keys of a group."""
    return tuple((name, _told(key)) for name, key in KEYS.items() if key.group == group)


def _told(key: Key) -> str:
    default = f"; default {key.default}" if key.default else ""
    adds = "; adds to that of [defaults]" if key.adds else ""
    where = "" if key.in_defaults else "; not in [defaults]"
    return f"{key.meaning} ({key.kind.words}{default}{adds}{where}). {key.example}"
