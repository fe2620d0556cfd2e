"""One test as its suite says it."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from gradient_cli.expect.expectations import Expectations
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
    expectations: Expectations = field(default_factory=Expectations)
    expected: tuple[tuple[str, str], ...] = ()
    """(key, value) of each expectation, for reports."""
    allow_empty: bool = False
    allow_refusal: bool = False
    judge: str | None = None
    judge_model: str | None = None
    judge_votes: int = 1

    @property
    def folder(self) -> Path:
        """The folder that the suite's paths are relative to."""
        return Path(self.suite).parent
