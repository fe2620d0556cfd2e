"""
What was asked, when, and with which settings: a line a run in `OUT.runs`, beside OUT.

Each line of OUT carries the `run` it belongs to: the digest of all that is said here but the
time and the items, so that runs with the same settings have the same one.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from gradient_cli import __version__
from gradient_cli.batch.aside import private
from gradient_cli.batch.request_maker import RequestMaker
from gradient_cli.batch.results import unwritable
from gradient_cli.terminal.files import resolved
from gradient_cli.terminal.writing import write_whole
from gradient_cli.values import record
from gradient_cli.wire.attachment import Block
from gradient_cli.wire.json import Json, canonical, line
from gradient_cli.wire.request import LongText

RUN_DIGITS = 16


@record
class Provenance:
    """The settings of a run."""

    asked: Mapping[str, Json]
    run: str
    """Their digest."""

    def keep(self, out: str, at: str, **more: Json) -> None:
        """
        Add a line to the file beside OUT.

        Raises:
            UsageError: it cannot be written.

        """
        path = resolved(f"{out}.runs")
        said = {"run": self.run, "at": at, "version": __version__, **more, **self.asked}
        try:
            with private(path, "ab", Path(out), buffering=0) as file:
                write_whole(file, line(said).encode() + b"\n")
        except OSError as error:
            raise unwritable(str(path), error) from None


def provenance(maker: RequestMaker, expected: str, endpoint: str) -> Provenance:
    """Give the settings that a maker's requests have in common; `expected` as a text of JSON."""
    body = maker.base.shown()
    body.pop("input", None)
    asked: dict[str, Json] = {
        "prompt": maker.prompt,
        "variables": dict(maker.variables),
        "files": [_block(block) for block in maker.blocks],
        "request": body,
        "expected": expected,
        "endpoint": endpoint,
    }
    asked = {name: value for name, value in asked.items() if value not in (None, "", [], {})}
    digest = hashlib.sha256(canonical([asked, _digest(body)]).encode())
    return Provenance(asked, digest.hexdigest()[:RUN_DIGITS])


def _digest(body: Json) -> str:
    return hashlib.sha256(canonical(body).encode()).hexdigest()


def _block(block: Block) -> Json:
    text = block.text
    pieces: Sequence[bytes] = (
        text.chunks if isinstance(text, LongText) else [text.encode("utf-8", "replace")]
    )
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return {"path": block.path, "sha256": digest.hexdigest()}
