"""
The model ids that this key may use.

A table on a terminal, one id a line in a pipe, the server's own objects with --json.
The whole list is left beside the settings, for TAB after -m.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.run_options import NetworkOptions, ProofOptions
from gradient_cli.ask.session import open_session
from gradient_cli.errors import ExpectationFailed, GradientError
from gradient_cli.exits import ExitStatus
from gradient_cli.render.tables import models_table
from gradient_cli.settings.paths import models_path
from gradient_cli.terminal.color import wants_color
from gradient_cli.terminal.ways import replace_file
from gradient_cli.wire.json import Json, line

NOT_FOR_TEXT = (
    "embed",
    "rerank",
    "tts",
    "whisper",
    "image",
    "video",
    "audio",
    "speech",
    "flux",
    "sdxl",
    "stable-diffusion",
    "fal-ai/",
)
"""Parts of ids whose models answer with something else. The service's list has no field for it."""


def run(
    network: NetworkOptions, wanted: str | None, invocation: Invocation, *, is_json: bool
) -> int:
    """
    Ask for the list and print it.

    Raises:
        ExpectationFailed: no id has the filter in it.
        GradientError: the list cannot be had.

    """
    terminal = invocation.terminal
    session = open_session(
        invocation, {}, network, ProofOptions(), tell=terminal.note, detail=_silence
    )
    try:
        client = session.open_client()
        found = sorted(client.models(), key=lambda model: str(model["id"]))
        client.close()
    finally:
        session.close()
    if wanted:
        found = matching(found, wanted)
    else:
        _leave([model["id"] for model in found], models_path(invocation.environ))
    flag = session.settings.get("color")
    has_color = wants_color(flag, invocation.environ, terminal.stdout_is_tty)
    if is_json:
        terminal.write_json(line(list(found)) + "\n")
    elif terminal.stdout_is_tty:
        terminal.write(models_table(found, terminal.size()[0], has_color=has_color))
    else:
        terminal.say([model["id"] for model in found])
    return ExitStatus.OK


def _leave(ids: Sequence[str], path: Path) -> None:
    """Leave a list that TAB offers after -m; where it cannot be written nothing is lost."""
    plain = [name for name in ids if re.fullmatch(r"[\w.:/@+-]{1,200}", name, re.ASCII)]
    with suppress(GradientError, OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(path, "".join(f"{name}\n" for name in plain).encode())


def _silence(_: str) -> None:
    """Say nothing: `models` has no --verbose."""


def matching(found: Sequence[Json], wanted: str) -> list[Json]:
    """
    Give the models whose ids have a text in them, whatever its case.

    Raises:
        ExpectationFailed: there is none; the hint names the nearest.

    """
    matches = [model for model in found if wanted.lower() in model["id"].lower()]
    if matches:
        return matches
    hint = None
    if wanted.lower() in {"list", "ls", "all", "show"}:
        hint = "`gradient models` lists them all"
    elif near := _near(wanted.lower(), [model["id"] for model in found]):
        hint = f"near: {', '.join(near)}"
    raise ExpectationFailed(f'none of {len(found)} models has "{wanted}" in its id', hint=hint)


def _near(wanted: str, ids: Sequence[str]) -> list[str]:
    """Give up to three ids of which the whole or one word is like what was wanted."""
    from difflib import SequenceMatcher

    def likeness(name: str) -> float:
        words = [name.lower(), *re.split(r"[-/._:]+", name.lower())]
        return max(SequenceMatcher(None, wanted, word).ratio() for word in words)

    ranked = sorted(((likeness(name), name) for name in ids), reverse=True)
    return [name for score, name in ranked if score >= 0.6][:3]


def for_text(found: Sequence[Json]) -> list[str]:
    """Give the ids of the models that probably answer prompts."""
    ids = (model["id"] for model in found)
    return [name for name in ids if not any(part in name.lower() for part in NOT_FOR_TEXT)]
