"""
What to do, in the words of a suite: it has keys where `respond` has flags.

A remedy that names a flag which `check` does not have sends people astray.
"""

import re

_IN_SUITES = (
    ("raise --max-output-tokens, or accept it with --allow-incomplete",
     "raise `max_output_tokens` of the test"),
    (", or accept it with --allow-incomplete", ""),
    ("`--dry-run` shows", "`--json` shows"),
    ("`--format events` shows it; ", ""),
    ("--show-reasoning shows it; ", ""),
    ("--max-output-tokens", "`max_output_tokens`"),
    ("--allow-refusal", "`allow_refusal = true`"),
    ("--allow-empty", "`allow_empty = true`"),
    ("--no-stream", "`stream = false`"),
    ("--votes 5", "`votes = 5`"),
    ("--sure", "`sure`"),
)  # fmt: skip
"""(as `respond` says it, as a suite does), in the order in which they are looked for."""


def in_suite_words(hint: str | None) -> str | None:
    """Give a remedy with the keys of suites for flags."""
    for flag, words in _IN_SUITES:
        if hint and flag in hint:
            hint = hint.replace(flag, words)
    return re.sub(r"``+", "`", hint) if hint else hint
