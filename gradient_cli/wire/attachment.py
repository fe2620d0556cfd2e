"""
Labelled blocks: what is put before a prompt, each with the name it came by.

    <file path="app.py">
    …
    </file>
    <stdin>
    …
    </stdin>

    why does test_login fail?
"""

from collections.abc import Sequence

from gradient_cli.values import record
from gradient_cli.wire.request import LONG_TEXT, LongText

_ESCAPES = (
    ("&", "&amp;"),
    ('"', "&quot;"),
    ("<", "&lt;"),
    (">", "&gt;"),
    ("\n", "&#10;"),
    ("\r", "&#13;"),
)


@record
class Block:
    """One piece of context."""

    path: str | None
    """The file's path as the user wrote it; None for what is no file."""
    text: str | LongText
    name: str = "stdin"
    """What is no file is called this."""

    @property
    def _opening(self) -> str:
        if self.path is None:
            return f"<{self.name}>\n"
        path = self.path
        for character, escape in _ESCAPES:
            path = path.replace(character, escape)
        return f'<file path="{path}">\n'

    @property
    def _closing(self) -> str:
        name = self.name if self.path is None else "file"
        return f"</{name}>\n" if self._ends_with_newline else f"\n</{name}>\n"

    @property
    def _ends_with_newline(self) -> bool:
        if isinstance(self.text, str):
            return self.text.endswith("\n") or not self.text
        return self.text.chunks[-1].endswith(b"\\n")

    def parts(self) -> list[str | LongText]:
        """Give the label, the text, and the end of the label."""
        return [self._opening, self.text, self._closing]


def compose(blocks: Sequence[Block], prompt: str | LongText) -> str | LongText:
    """Give the blocks, a blank line, and the prompt; without blocks, the prompt alone."""
    parts: list[str | LongText] = [part for block in blocks for part in block.parts()]
    if parts and prompt:
        parts.append("\n")
    parts.append(prompt)
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) == len(parts):
        text = "".join(texts)
        return text if len(text) < LONG_TEXT else LongText([text])
    return _joined(parts)


def _joined(parts: Sequence[str | LongText]) -> LongText:
    whole = LongText()
    for part in parts:
        if isinstance(part, LongText):
            whole.chunks.extend(part.chunks)
        else:
            whole.append(part)
    return whole
