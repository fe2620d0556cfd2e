"""
Stream real Markdown documents and hold the screen against the whole text laid out at once.

    python scripts/documents.py FOLDER... [--most 250] [--seed 1] [--columns 80]

Documents are *.md files and the descriptions of installed packages (METADATA) below FOLDER.
Each is streamed in process, by tokens, on an emulated screen. What differs is printed with the
first line that does; the status is 1 if a document raised or differs for another reason than

    late addresses   `[1]: https://x` below the text that names it: that text was printed before
                     (addresses.py). With its definitions moved to the top it must be equal.
"""

import argparse
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.render.screen import at_once, cut, streamed

LONGEST = 30_000


def documents(folders: list[str]) -> Iterator[tuple[str, str]]:
    """Give (path, text), each text once."""
    seen: set[int] = set()
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.suffix != ".md" and path.name != "METADATA":
                continue
            try:
                text = path.read_text("utf-8")
            except (OSError, UnicodeDecodeError):
                continue
            if path.name == "METADATA":
                head, _, text = text.partition("\n\n")
                if "text/markdown" not in head:
                    continue
            if 500 < len(text) <= LONGEST and hash(text) not in seen:
                seen.add(hash(text))
                yield str(path), text


def hoisted(text: str) -> str:
    """Give a document with the definitions of its links above everything else."""
    definition = re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t]*\S+[^\n]*$", re.MULTILINE)
    moved = "\n".join(found[0] for found in definition.finditer(text))
    return f"{moved}\n\n{definition.sub('', text)}"


def first_difference(text: str, columns: int) -> str:
    """Give the first lines that are not the same at once and streamed, "" for none."""
    once = at_once(text, columns, 24)
    live = streamed(cut(text, 0), columns, 24, each=25).lines()
    if live == once:
        return ""
    pairs = zip([*once, ""], [*live, ""], strict=False)
    return next((f"{a!r} {b!r}" for a, b in pairs if a != b), "one is longer")


def main() -> int:
    """Compare; give the status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--most", type=int, default=250)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--columns", type=int, default=80)
    flags = parser.parse_args()
    found = list(documents(flags.folders))
    random.Random(flags.seed).shuffle(found)
    counts = {"raised": 0, "late addresses": 0, "differ": 0}
    for path, text in found[: flags.most]:
        try:
            difference = first_difference(text, flags.columns)
            is_late = difference and not first_difference(hoisted(text), flags.columns)
        except Exception as error:  # that is what is looked for
            counts["raised"] += 1
            print(f"raised {path}: {error!r}", flush=True)
            continue
        if is_late:
            counts["late addresses"] += 1
        elif difference:
            counts["differ"] += 1
            print(f"differs {path}: {difference}", flush=True)
    print(f"{min(len(found), flags.most)} documents: {counts}")
    return 1 if counts["raised"] or counts["differ"] else 0


if __name__ == "__main__":
    sys.exit(main())
