"""One test as its suite says it."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from pathlib import Path

from gradient_cli.check.wants import Wants
from gradient_cli.values import record
from gradient_cli.wire.json import Json


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
    files: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    own_variables: tuple[str, ...] = ()
    """Names of those that the test itself sets; each must be used, one of [defaults] may be."""
    fields: Mapping[str, Json] = field(default_factory=dict)
    """Request fields, by the names of the settings."""
    profile: str | None = None
    repeat: int = 1
    require: int = 1
    wants: Wants = field(default_factory=Wants)
    expected: tuple[tuple[str, str], ...] = ()
    """(key, value) of each expectation, for reports."""
    allow_empty: bool | None = None
    """None: only where `equals` wants nothing."""
    allow_refusal: bool = False
    judge_model: str | None = None
    judge_votes: int = 1
    judge_sees: tuple[str, ...] = ()
    """What a judge sees beside the answer: prompt, files."""

    tags: tuple[str, ...] = ()
    skip: str | None = None
    """Why it is not asked."""

    @property
    def known_as(self) -> str:
        """The test's name in recordings: its suite as seen from the working folder, and its own."""
        path = Path(os.path.normpath(self.suite))
        suite = "/".join(part for part in path.parts if part != "..")
        if path.is_absolute():
            suite = path.name
            with suppress(OSError, ValueError):  # Elsewhere, or the working folder is gone.
                suite = path.relative_to(Path.cwd()).as_posix()
        return f"{suite}: {self.name}"
