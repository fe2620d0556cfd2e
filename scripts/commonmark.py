"""
Fetch CommonMark's own examples for the tests.

    python scripts/commonmark.py FILE

Their licence, CC BY-SA 4.0, is not ours, so they are not kept here. A Markdown library carries
them in its source archive: a list of objects with "markdown", "html", "example", "section".
"""

import sys
from pathlib import Path

from archives import fetched

ARCHIVE = "mistune-3.4.0"
ARCHIVE_SHA256 = "2eaf7952af928ca8d33b779762effc1da517b62c6ad85ec8ca957e3b07b9782a"
MEMBER = f"{ARCHIVE}/tests/fixtures/commonmark.json"
MEMBER_SHA256 = "c4d08b845e375a4fa1ec476ffd4336a6b3a8e2c7b8b590a5722fc8af2c8b1874"

if __name__ == "__main__":
    examples = fetched(ARCHIVE, ARCHIVE_SHA256, {MEMBER: MEMBER_SHA256})
    Path(sys.argv[1]).write_bytes(examples[MEMBER])
