"""
Every key that a suite may have: its kind, its default, what it is for, and an example.

One table: the reader of suites checks by it, `gradient help suite`, gradient-suite(5) and the
JSON Schema for editors are made of it. Nothing about a key is said twice.
"""

import math
from collections.abc import Mapping

from gradient_cli.check.inquiry import is_sure
from gradient_cli.check.shares import share_of
from gradient_cli.settings.setting_keys import REQUEST_KEYS, Kind
from gradient_cli.values import record
from gradient_cli.wire.json import Json


def _is_texts(value: Json) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(one, str) for one in value)
    )


def _is_count(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_seconds(value: Json) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 < value < math.inf


def _is_table_of_texts(value: Json) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _is_required(value: Json) -> bool:
    return _is_count(value) or (isinstance(value, str) and share_of(value) is not None)


def _is_rows(value: Json) -> bool:
    is_list = isinstance(value, list) and bool(value)
    return is_list and all(isinstance(row, dict) for row in value)


def _is_points(value: Json) -> bool:
    points = value if isinstance(value, list) else [value]
    return all(isinstance(point, str | dict) for point in points)


def _is_calls(value: Json) -> bool:
    calls = value if isinstance(value, list) else [value]
    return all(isinstance(call, str | dict) for call in calls)


TEXT = Kind("a text", lambda value: isinstance(value, str))
TEXTS = Kind("a text or a list of texts", _is_texts, is_list=True)
COUNT = Kind("a whole number, 1 or more", _is_count)
REQUIRED = Kind('a whole number, 1 or more, or a share: "90%"', _is_required)
ROWS = Kind("a list of tables: [[test.case]]", _is_rows, is_list=True)
SECONDS = Kind("a number above 0", _is_seconds)
TRUTH = Kind("true or false", lambda value: isinstance(value, bool))
TABLE = Kind("a table of texts", _is_table_of_texts, is_table=True)
POINTS = Kind("a text, a table, or a list of them", _is_points, is_list=True)
TOOLS = Kind("a name, a file, JSON, a table, or a list of them", _is_calls, is_list=True)
CALLS = Kind("a name, a table, or a list of them", _is_calls, is_list=True)
SURE = Kind("a number from 0.5 to 1", is_sure)
VOTES = Kind("a whole number, 2 or more", lambda value: _is_count(value) and value >= 2)

TEST, QUESTION, EXPECTED, SURENESS, JUDGE, OFTEN, REQUEST = (
    "the test", "the question", "what is expected", "how sure", "judges", "how often",
    "the request",
)  # fmt: skip


@record
class Key:
    """One key of a test."""

    group: str
    kind: Kind
    example: str
    """One line of TOML, which a test reads."""
    meaning: str
    default: str = ""
    """What holds without it; "": nothing."""
    in_defaults: bool = True
    adds: bool = False
    """What [defaults] says and what the test says hold together; else the test's counts."""


def _request(example: str, meaning: str) -> Key:
    return Key(REQUEST, REQUEST_KEYS[example.split()[0]], example, meaning, "your settings'")


KEYS: Mapping[str, Key] = {
    "name": Key(TEST, TEXT, 'name = "refund policy"', "what the test is called; unique in its "
                "file", "`line N`", in_defaults=False),
    "tags": Key(TEST, TEXTS, 'tags = ["smoke"]', "for --tag", adds=True),
    "skip": Key(TEST, TEXT, 'skip = "the model cannot count yet"',
                "the test is not asked, and this is why", in_defaults=False),
    "profile": Key(TEST, TEXT, 'profile = "local"', "ask as this profile of your settings"),
    "prompt": Key(QUESTION, TEXT, 'prompt = "Is {{ word }} a verb?"',
                  "what is asked; this, prompt_file, or answer"),
    "prompt_file": Key(QUESTION, TEXT, 'prompt_file = "triage.md"',
                       "a file with the prompt, and settings in its front matter"),
    "answer": Key(QUESTION, TEXT, 'answer = "{{ text }}"',
                  "this text is judged, and no model is asked for one"),
    "files": Key(QUESTION, TEXTS, 'files = ["policy.md"]', "files that go before the prompt"),
    "vars": Key(QUESTION, TABLE, 'vars = { word = "run", ticket = "@tickets/17.txt" }',
                "what {{ name }} stands for; @FILE is a file's content. Those of [defaults] stay"),
    "cases": Key(QUESTION, TEXT, 'cases = "reviews.csv"',
                 "a table (.csv .tsv .jsonl .toml): asked for each row, a column is a variable",
                 in_defaults=False),
    "case": Key(QUESTION, ROWS, 'case = [{ word = "run" }, { word = "tree" }]',
                "such rows in the suite itself: [[test.case]]", in_defaults=False),
    "group": Key(QUESTION, TEXT, 'group = "category"',
                 "the column of the rows by which rates are given", in_defaults=False),
    "equals": Key(EXPECTED, TEXT, 'equals = "30"', "the answer is this, a last line end apart"),
    "expect": Key(EXPECTED, TEXTS, 'expect = ["thirty", "days"]',
                  "the answer has all of these", adds=True),
    "expect_re": Key(EXPECTED, TEXTS, "expect_re = '^\\d+$'",
                     "all of these patterns (Python's) are found in it", adds=True),
    "reject": Key(EXPECTED, TEXTS, "reject = \"I'm sorry\"", "it has none of these", adds=True),
    "reject_re": Key(EXPECTED, TEXTS, "reject_re = '(?i)as an AI'",
                     "none of these patterns is found in it", adds=True),
    "calls": Key(EXPECTED, CALLS,
                 'calls = [{ name = "get_weather", arguments = { city = "Oslo" } }]',
                 "it calls each of these functions, with at least these arguments; nothing is run "
                 "for that. A text is NAME or NAME=JSON", adds=True),
    "sources": Key(EXPECTED, TEXTS, 'sources = ["docs.example.com"]',
                   "it cites a page of each of these hosts, or of one below", adds=True),
    "ignore_case": Key(EXPECTED, TRUTH, "ignore_case = true",
                       "equals, expect, reject and the patterns take a for A", "false"),
    "max_characters": Key(EXPECTED, COUNT, "max_characters = 280",
                          "it is no longer, a last line end apart"),
    "max_words": Key(EXPECTED, COUNT, "max_words = 50",
                     "it has no more words, which blanks set apart"),
    "one_of": Key(EXPECTED, TEXTS, 'one_of = ["yes", "no"]',
                  "it is exactly one of these labels; with expect, that one"),
    "schema": Key(EXPECTED, TEXT, 'schema = "name, age int, tags list"',
                  "it is JSON of this schema: a file, JSON, or short"),
    "extract": Key(EXPECTED, TRUTH, "extract = true",
                   "its first code block is judged in its place", "false"),
    "extract_last": Key(EXPECTED, TRUTH, "extract_last = true", "its last code block is", "false"),
    "extract_lang": Key(EXPECTED, TEXT, 'extract_lang = "sql"',
                        "its first code block of this language is"),
    "max_output_tokens_used": Key(EXPECTED, COUNT, "max_output_tokens_used = 200",
                                  "it took no more tokens, by the service's count"),
    "max_seconds": Key(EXPECTED, SECONDS, "max_seconds = 10", "it took no longer, waits included"),
    "allow_empty": Key(EXPECTED, TRUTH, "allow_empty = true",
                       "an answer without text is one", 'false; true with equals = ""'),
    "allow_refusal": Key(EXPECTED, TRUTH, "allow_refusal = true",
                         "the words by which a model refuses are an answer", "false"),
    "checks": Key(EXPECTED, TEXTS, 'checks = ["compiles"]',
                  "programs that --run-check NAME=COMMAND gives these names find nothing wrong",
                  adds=True),
    "decide": Key(SURENESS, POINTS,
                  'decide = ["It is polite", { question = "How angry is it?", '
                  'scale = ["calm", "cross", "mad"], at_most = "cross" }]',
                  "what a decision model is asked about the answer, all in one request; a yes "
                  "passes. A table has question, and one_of or scale for other words than yes and "
                  "no; expect, at_least and at_most say which of them pass, yes_means and no_means "
                  "what they mean; sure and label are its own", adds=True),
    "sure": Key(SURENESS, SURE, "sure = 0.9",
                "what is less probable is unsure: neither passed nor failed. Of decide and of "
                "shares of votes; without decide, of the label of one_of by its tokens"),
    "votes": Key(SURENESS, VOTES, "votes = 5",
                 "asked so often; the most frequent label of one_of is the answer"),
    "decide_model": Key(SURENESS, TEXT, 'decide_model = "typesafe-jev-1.13.0"',
                        "which model decides", "your settings'"),
    "label": Key(SURENESS, TEXT, 'label = "expected"',
                 "the column of the rows that says what is right, for --calibrate",
                 "`label` or `expected`"),
    "judge": Key(JUDGE, TEXTS, 'judge = ["It is polite.", "It makes no promises."]',
                 "a model says of each whether the answer meets it", adds=True),
    "judge_model": Key(JUDGE, TEXT, 'judge_model = "llama3.3-70b-instruct"',
                       "which model does", "the test's"),
    "judge_votes": Key(JUDGE, COUNT, "judge_votes = 3",
                       "asked so often; more than half must say pass, with sure that share", "1"),
    "judge_sees": Key(JUDGE, TEXTS, 'judge_sees = ["prompt", "files"]',
                      "what judges and decisions see beside the answer", "the answer alone"),
    "repeat": Key(OFTEN, COUNT, "repeat = 3", "how often the test is asked", "1"),
    "require": Key(OFTEN, REQUIRED, "require = 2",
                   'how many of them must pass, of the rows if it has any; or a share: "90%"',
                   "all"),
    "model": _request('model = "openai-gpt-oss-20b"', "the model"),
    "models": Key(REQUEST, TEXTS, 'models = ["openai-gpt-oss-20b", "llama3.3-70b-instruct"]',
                  "several models, side by side; this or model"),
    "instructions": _request('instructions = "Be brief."', "the instructions; @FILE is a file's"),
    "max_output_tokens": _request("max_output_tokens = 400", "the longest answer"),
    "temperature": _request("temperature = 0", "how much chance there is in it"),
    "top_p": _request("top_p = 0.9", "the share of probability that is drawn from"),
    "stop": _request('stop = ["END"]', "texts that end the answer"),
    "metadata": _request('metadata = { suite = "nightly" }',
                         "is kept with the answer. That of [defaults] stays"),
    "user": _request('user = "ci"', "your end user, for the service's abuse checks"),
    "modalities": _request('modalities = ["text"]', "what the answer may be made of"),
    "parallel_tool_calls": _request("parallel_tool_calls = false",
                                    "whether functions may be called together"),
    "tools": Key(REQUEST, TOOLS, 'tools = ["weather.json", "web_search:max_uses=3"]',
                 "functions that the model may call, and tools that the service runs: as --tool "
                 "takes them, but for servers and secrets, which the command line alone names",
                 adds=True),
    "tool_choice": _request('tool_choice = "none"', "whether functions are called"),
    "reasoning_effort": _request('reasoning_effort = "low"', "how long it thinks"),
    "stream": _request("stream = false", "whether the answer comes in pieces"),
    "params": _request("params = { seed = 7 }", "any other field of the request"),
}  # fmt: skip
"""Every key of a [[test]], and of [defaults] where `in_defaults` says so."""

EXPECTATIONS = (
    "equals", "expect", "expect_re", "reject", "reject_re", "one_of", "schema", "calls", "sources",
    "max_characters", "max_words", "max_output_tokens_used", "max_seconds",
    "checks", "decide", "judge",
)  # fmt: skip
"""A test has at least one of them, or extracts."""
