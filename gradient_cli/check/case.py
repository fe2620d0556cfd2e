"""One test as its suite says it."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from pathlib import Path

from gradient_cli.check.shares import Required
from gradient_cli.check.wants import Wants
from gradient_cli.values import record
from gradient_cli.wire.json import Json


@record(kw_only=True)
class Row:
    """A row of a data set: what a test is asked with, and where it stands."""

    test: str
    """The name of the test."""
    name: str
    """Its own: the column `name` or `id`, else `row 3`."""
    file: str
    """As messages name it; the suite where the row stands in it."""
    line: int
    variables: Mapping[str, str] = field(default_factory=dict)
    """Its columns: data, in which nothing is opened or filled."""
    group: str | None = None
    """What the column says by which rates are given."""
    of: int = 1
    """How many rows of the test are asked."""
    required: int = 1
    """How many of them must pass."""


@record(kw_only=True)
class Case:
    """One test as its suite says it."""

    suite: str
    """The file as the user named it."""
    line: int
    """Where the test stands in it, from 1."""
    name: str
    places: Mapping[str, int] = field(default_factory=dict)
    """key -> its line; a key of [defaults] that the test takes over has the line there."""
    prompt: str | None = None
    prompt_file: str | None = None
    answer: str | None = None
    """A text that is judged in place of a model's answer."""
    files: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    own_variables: tuple[str, ...] = ()
    """Names of those that the test itself sets; each must be used, one of [defaults] may be."""
    fields: Mapping[str, Json] = field(default_factory=dict)
    """Request fields, by the names of the settings."""
    tools: tuple[Json, ...] = ()
    """What the model may call: as --tool takes it, or definitions."""
    profile: str | None = None
    repeat: int = 1
    require: int = 1
    required: Required = field(default_factory=Required)
    """What the suite or the command line says of it; `require` is what comes of it."""
    cases: str | None = None
    """The file of its data set."""
    inline: tuple[tuple[int, Mapping[str, Json]], ...] = ()
    """(line, columns) of rows that stand in the suite."""
    group: str | None = None
    """The column by which rates are given."""
    row: Row | None = None
    """The row that it is asked with; None: it has no data set, or is not yet spread out."""
    models: tuple[str, ...] = ()
    """Each of them is asked, side by side."""
    model: str | None = None
    """The one of them that is asked here."""
    wants: Wants = field(default_factory=Wants)
    expected: tuple[tuple[str, str], ...] = ()
    """(key, value) of each expectation, for reports."""
    allow_empty: bool | None = None
    """None: only where `equals` wants nothing."""
    allow_refusal: bool = False
    label: str | None = None
    """The column that says what is right, for --calibrate."""
    decide_model: str | None = None
    judge_model: str | None = None
    judge_votes: int = 1
    judge_sees: tuple[str, ...] = ()
    """What judges and decisions see beside the answer: prompt, files."""

    tags: tuple[str, ...] = ()
    skip: str | None = None
    """Why it is not asked."""
    turns: tuple[tuple[str, str], ...] = ()
    """(role, text) of what was said before the prompt."""
    has_named_rows: bool = True
    """A row is called by its column `name` or `id`; False: all are counted."""
    digest: str = ""
    """SHA-256 of the suite's text."""

    @property
    def known_as(self) -> str:
        """The test's name in recordings: its suite as seen from the working folder, and its own."""
        return f"{known_suite(self.suite)}: {self.name}"

    @property
    def title(self) -> str:
        """Give the name, and the model where several are asked."""
        return f"{self.name} ({self.model})" if self.models and self.model else self.name


def known_suite(suite: str) -> str:
    """Give a suite's name in what is kept of a run: as seen from the working folder."""
    path = Path(os.path.normpath(suite))
    known = "/".join(part for part in path.parts if part != "..")
    if path.is_absolute():
        known = path.name
        with suppress(OSError, ValueError):  # Elsewhere, or the working folder is gone.
            known = path.relative_to(Path.cwd()).as_posix()
    return known
