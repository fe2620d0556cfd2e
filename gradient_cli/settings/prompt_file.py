"""
Prompt files: a prompt in a repository, reviewed like code.

    +++
    model = "llama3.3-70b-instruct"
    temperature = 0.2
    [vars]
    language = "English"
    +++
    Summarise {{ file }} in {{ language }}.

The settings between the marks may be left out. They are the request's, by the names of
config.toml, and `vars`, values for variables that the command line does not set.
"""

from collections.abc import Mapping
from dataclasses import field

from gradient_cli.errors import UsageError
from gradient_cli.settings.setting_keys import REQUEST_KEYS, nearest
from gradient_cli.values import record
from gradient_cli.wire.json import Json

MARK = "+++"
YAML_MARK = "---"


@record
class PromptFile:
    """A prompt with the settings that belong to it."""

    text: str
    fields: Mapping[str, Json] = field(default_factory=dict)
    """Request settings: above environment and profile, below flags."""
    variables: Mapping[str, str] = field(default_factory=dict)


def parse_prompt_file(text: str, name: str) -> PromptFile:
    """
    Read a prompt file's text; `name` is for errors.

    Raises:
        UsageError: the settings are no TOML, have an unknown key, or do not end; or they
            stand between the marks of YAML, where they would be sent as part of the prompt.

    """
    lines = text.split("\n")
    if lines[0].rstrip() != MARK:
        _check_no_yaml(lines, name)
        return PromptFile(text)
    ends = [n for n, line in enumerate(lines) if n > 0 and line.rstrip() == MARK]
    if not ends:
        raise UsageError(f"{name}:1: the settings have no end", hint=f"a second line {MARK}")
    head, body = "\n".join(lines[1 : ends[0]]), "\n".join(lines[ends[0] + 1 :])
    table = _parse(head, name)
    variables = table.pop("vars", {})
    if not isinstance(variables, dict) or not all(isinstance(v, str) for v in variables.values()):
        raise UsageError(f"{name}:{_line(head, 'vars')}: `vars` is a table of texts")
    for key, value in table.items():
        _check(key, value, f"{name}:{_line(head, key)}")
    return PromptFile(body.lstrip("\n"), table, variables)


def _parse(head: str, name: str) -> dict[str, Json]:
    import tomllib

    try:
        # The mark's own line in front, so that the error counts lines as the file does.
        return tomllib.loads(f"\n{head}")
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: the settings are no TOML: {error}") from None
    except ValueError:
        raise UsageError(f"{name}: the settings hold a number of thousands of digits") from None
    except RecursionError:
        raise UsageError(f"{name}: the settings are nested too deeply") from None


def _check_no_yaml(lines: list[str], name: str) -> None:
    """Refuse YAML's front matter if it sets what a prompt file may set."""
    marks = [n for n, line in enumerate(lines) if line.rstrip() == YAML_MARK]
    if len(marks) < 2 or marks[0] != 0:
        return
    for number, line in enumerate(lines[1 : marks[1]], 2):
        key = line.partition(":")[0]
        if key in REQUEST_KEYS or key == "vars":
            raise UsageError(
                f"{name}:{number}: `{key}` stands between {YAML_MARK} lines, as in YAML",
                hint=f"settings are TOML between {MARK} lines; after an empty line it is all text",
            )


def _check(key: str, value: Json, place: str) -> None:
    kind = REQUEST_KEYS.get(key)
    if kind is None:
        near = nearest(key, REQUEST_KEYS)
        advice = f"; did you mean `{near}`?" if near else ""
        known = ", ".join([*REQUEST_KEYS, "vars"])
        raise UsageError(f"{place}: unknown key `{key}`{advice}", hint=f"known: {known}")
    if not kind.accepts(value):
        raise UsageError(f"{place}: `{key}` must be {kind.words}")


def _line(head: str, key: str) -> int:
    """Give the number of the line in the file on which a key stands."""
    for number, line in enumerate(head.split("\n"), 2):
        word = line.lstrip("[ \t\"'")
        if word.startswith(key) and not word[len(key) : len(key) + 1].strip(" =].\"'\t\r"):
            return number
    return 2
