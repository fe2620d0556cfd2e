"""A place to run batches in: a server that counts, a folder, and the program in this process."""

import json
from collections import Counter
from pathlib import Path

from gradient_cli.mock.script import Script
from gradient_cli.mock.server import MockServer
from tests.home import Home


class Batch:
    """`gradient batch` against a server of its own."""

    def __init__(self, folder: Path, server: MockServer) -> None:
        self.folder = folder
        self.server = server
        self.out = folder / "out.jsonl"
        self._home = Home(folder)
        self._home.exports(
            GRADIENT_INFERENCE_ENDPOINT=server.url, GRADIENT_MODEL_ACCESS_KEY="sk-test"
        )

    def items(self, *lines: str, name: str = "items.txt") -> str:
        """Write lines to a file and give its path."""
        path = self.folder / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return str(path)

    def rows(self, *rows: dict) -> str:
        """Write JSON rows to a file and give its path."""
        return self.items(*(json.dumps(row) for row in rows), name="rows.jsonl")

    def run(self, *argv: str, stdin: bytes | None = None, is_tty: bool = False):
        """Run `batch run` with OUT; give (status, stdout, stderr)."""
        return self.batch("run", *argv, "-o", str(self.out), stdin=stdin, is_tty=is_tty)

    def batch(self, *argv: str, stdin: bytes | None = None, is_tty: bool = False):
        """Run any `batch` command; give (status, stdout, stderr)."""
        return self._home.runs("batch", *argv, stdin=stdin, is_tty=is_tty)

    def results(self) -> list[dict]:
        """Give the lines of OUT."""
        return [json.loads(line) for line in self.out.read_bytes().splitlines()]

    def asked(self) -> Counter[str]:
        """Give how often the server was asked each input."""
        return Counter(
            record.body["input"]
            for record in self.server.requests
            if record.path == "/v1/responses"
        )


def serving(**script) -> MockServer:
    """Give a server that answers as scripted."""
    return MockServer(Script(**script))
