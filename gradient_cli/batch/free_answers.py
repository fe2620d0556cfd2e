"""
Answers that no row has claimed, by their content: a row of the same content may have one.
"""

import shutil
from array import array
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from gradient_cli.batch.entries import Entry, Row, entry_at
from gradient_cli.batch.key_table import KeyTable, fingerprint
from gradient_cli.batch.results import CHUNK


class FreeAnswers:
    """Answers that no row has claimed, by their content, and those that were taken."""

    def __init__(self) -> None:
        self.moved = 0
        self._heads = KeyTable()
        """Key -> place of its last answer, from 1."""
        self._before = array("L")
        """The place of the answer before it, 0 for none."""
        self._numbers = array("L")
        self._offsets = array("Q")
        self._lines: BinaryIO | None = None
        self._open: dict[Path, BinaryIO] = {}

    def __len__(self) -> int:
        return len(self._offsets)

    def offer(self, number: int, entry: Entry) -> None:
        """Take in an answer: the last one is given first."""
        key = fingerprint(entry.key)
        self._before.append(self._heads.get(key))
        self._numbers.append(number)
        self._offsets.append(entry.offset)
        self._heads.set(key, len(self._offsets))

    def pop(self, key: bytes) -> tuple[int, int] | None:
        """Give number and offset of an answer with this key."""
        if not self._offsets:
            return None
        place = self._heads.get(fingerprint(key))
        if not place:
            return None
        self._heads.set(fingerprint(key), self._before[place - 1])
        return self._numbers[place - 1], self._offsets[place - 1]

    def move(self, path: Path, offset: int, row: Row) -> None:
        """Keep the line that begins there, as another row's."""
        if path not in self._open:
            self._open[path] = path.open("rb", buffering=1 << 16)
        if self._lines is None:
            self._lines = cast("BinaryIO", SpooledTemporaryFile(CHUNK))  # noqa: SIM115
        self._lines.write(entry_at(self._open[path], offset).named(row))
        self.moved += 1

    def copy_to(self, file: BinaryIO) -> None:
        """Write the lines that were moved."""
        if self._lines is not None:
            self._lines.seek(0)
            shutil.copyfileobj(self._lines, file)

    def close(self) -> None:
        """Let go."""
        for file in (*self._open.values(), self._lines):
            if file is not None:
                file.close()
        self._open, self._lines = {}, None
        self._heads.close()
