"""
Pack captured exchanges for the tests: `python scripts/pack_captures.py FOLDER`.

FOLDER/SERVER/CASE.request.txt    the bytes that were sent
FOLDER/SERVER/CASE.response.txt   the bytes that came back, HTTP framing and all
FOLDER/SERVER/CASE.meta.json      {"end": "eof"}: how the connection ended

Each SERVER becomes tests/data/captures/SERVER.tar.xz, the same bytes for the same input.
Cases that keep state on the server (`store-*`) are left out: they are no single exchange.
"""

import io
import json
import lzma
import sys
import tarfile
from pathlib import Path

TARGET = Path(__file__).parent.parent / "tests" / "data" / "captures"


def pack(server: Path, target: Path) -> int:
    """
    Write one server's archive and give the number of its cases.

    Raises:
        ValueError: a connection ended otherwise than by the server closing it,
            which the archive has no place to say.

    """
    archive = io.BytesIO()
    cases = sorted(path for path in server.glob("*.response.txt") if path.name[:5] != "store")
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in cases:
            name = path.name.removesuffix(".response.txt")
            meta = json.loads((server / f"{name}.meta.json").read_text())
            if meta["end"] != "eof":
                raise ValueError(f"{server.name}/{name} ended with {meta['end']}")
            for part in ("request", "response"):
                data = (server / f"{name}.{part}.txt").read_bytes()
                # A bare TarInfo has no date, owner or mode of this machine.
                entry = tarfile.TarInfo(f"{server.name}/{name}.{part}.txt")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    target.write_bytes(lzma.compress(archive.getvalue(), preset=9))
    return len(cases)


def main(folder: str) -> None:
    """Pack every server in a folder that has captures."""
    for server in sorted(Path(folder).iterdir()):
        if server.is_dir() and list(server.glob("*.response.txt")):
            target = TARGET / f"{server.name}.tar.xz"
            print(f"{target.name}: {pack(server, target)} cases, {target.stat().st_size} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
