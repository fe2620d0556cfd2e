"""
How the public JSON Schema Test Suite (draft 2020-12, MIT) fares, and what differs by design.

    python scripts/schema_suite.py SUITE.json[.xz] [-v]

SUITE is a list of {file, group, schema, tests: [[description, datum, valid]]}, made of the
files of the suite's `tests/draft2020-12`, the optional and the format ones too. Exit status 1
if a test is judged wrongly that is not in one of the classes of BY_DESIGN.
"""

import argparse
import json
import lzma
import sys
from collections import Counter
from pathlib import Path

from gradient_cli.errors import UsageError
from gradient_cli.expect.schema import make_schema

BY_DESIGN = {
    "dynamicRef.json": "nothing is fetched: a reference to another address is refused",
    "format.json": "formats are asserted here, and the suite takes them for annotations",
    "optional/cross-draft.json": "nothing is fetched",
    "optional/format-assertion.json": "a metaschema of somebody's own is refused",
    "optional/refOfUnknownKeyword.json": "a reference into what is no schema is refused",
    "optional/unknownKeyword.json": "unknown keywords are refused: they may be slips",
    "refRemote.json": "nothing is fetched",
    "vocabulary.json": "a metaschema of somebody's own is refused",
}
"""file -> why some of its tests differ."""


def main() -> int:
    """Run and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("suite", type=Path)
    parser.add_argument("-v", action="store_true", help="name each test that differs")
    options = parser.parse_args()
    raw = options.suite.read_bytes()
    groups = json.loads(lzma.decompress(raw) if options.suite.suffix == ".xz" else raw)
    right, refused, wrong = 0, Counter(), Counter()
    for group in groups:
        try:
            schema = make_schema(group["schema"], "the schema")
        except UsageError as error:
            refused[group["file"]] += len(group["tests"])
            if options.v:
                print(f"refused  {group['file']}: {group['group']}: {error.message}")
            continue
        for description, datum, is_valid in group["tests"]:
            found = schema.judge(json.dumps(datum)).complaint is None
            if found == is_valid:
                right += 1
                continue
            wrong[group["file"]] += 1
            if options.v:
                print(f"differs  {group['file']}: {group['group']}: {description}")
    total = right + refused.total() + wrong.total()
    print(f"{right} of {total} as the suite has it; by design:")
    for name, count in sorted((refused + wrong).items()):
        print(f"  {count:3} {name}: {BY_DESIGN.get(name, 'NOT BY DESIGN')}")
    odd = [name for name in refused + wrong if name not in BY_DESIGN]
    return int(bool(odd))


if __name__ == "__main__":
    sys.exit(main())
