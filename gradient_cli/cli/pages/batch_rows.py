"""
The topic `rows`: what `batch` reads and writes, field by field.
"""

ROW_FIELDS: tuple[tuple[str, str], ...] = (
    ("id", "a text or a whole number, each once; without it the number of the line counts"),
    ("prompt", "its own prompt, in place of PROMPT"),
    ("vars", "values for {{ name }}: texts, numbers, true, false; null is the empty text"),
    ("data", "anything; its result carries it as it is"),
    ("model, temperature, input, ...", "any field of the request; they win over flags"),
    ("params", "an object of fields that have no name here"),
    ("custom_id, body", "a line of OpenAI's batch files: the id, and a whole request"),
)
"""Fields of a row of JSON -> what they are."""

RESULT_FIELDS: tuple[tuple[str, str], ...] = (
    ("id, data", "the row's own"),
    ("key", "a hash of what was asked and what was expected; equal content has an equal key"),
    ("ok, exit_code", "true and 0 for a complete answer that met what was expected"),
    ("at", "when the answer came, in UTC"),
    ("run", "the settings it was asked with: a line with that `run` in OUT.jsonl.runs says them"),
    ("text, label, parsed", "the answer; one of --one-of; the JSON of --schema"),
    ("decision, probability, unsure", "of --decide, and probabilities, confidence, score"),
    ("tool_calls", "function calls, if the answer has some"),
    ("steps", "calls that --run-tool answered on the way to it, with what came of them"),
    ("finish_reason, model, request_id", "as the service says them"),
    ("usage", "tokens of this answer, those of --repair too"),
    ("spent", "tokens paid for the row in all, over repairs, retries and runs"),
    ("total_ms, attempts", "how long it took, and in how many tries"),
    ("error", "null, or type, message, hint, http_status, code, request_id"),
    ("stale", "in OUT.stale.jsonl alone: why and when the line was set aside"),
)
"""Fields of a result -> what they are."""

ROWS: tuple[str | tuple[tuple[str, str], ...], ...] = (
    "ITEMS are lines of text, CSV or TSV (the header names the variables, a column "
    "`id` the row), JSON objects (a line each, or in one array), or files. "
    "A row of JSON may have:",
    ROW_FIELDS,
    "PROMPT and --prompt-file are templates: a name that a row does not set is "
    "status 2, and {{{{ is a literal {{. {{ item }} is the line itself. A column whose "
    "name has other characters is called by it with _ in their place.",
    "OUT has one JSON object a line, for each row at most one:",
    RESULT_FIELDS,
    "Joined with ITEMS by id, OUT is true after each run. Answers that belong to no "
    "row any more stand in OUT.stale.jsonl and come back when they fit again; "
    "OUT.jsonl.runs holds what was asked, when, and with which settings. "
    "`gradient batch table` makes one table of both.",
)
"""The parts of the topic."""
