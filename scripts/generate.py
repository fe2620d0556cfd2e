"""
Write completions, man pages, the tables of README.md and docs/, and settings/spelling.py.

All of it comes from the live command tree.

    python scripts/generate.py            write what has changed
    python scripts/generate.py --check    write nothing; status 1 and a diff if a file is stale
"""

import argparse
import difflib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from generator import bash, fish, man, man_suite, markdown, powershell, spelling, zsh  # noqa: E402  # after the path

from gradient_cli.cli.pages.command_tree import read_tree  # noqa: E402  # after the path


def generated() -> dict[Path, str]:
    """Give every generated file with the text it should have."""
    root = read_tree()
    texts = {
        ROOT / "completions" / "gradient.bash": bash.script(root),
        ROOT / "completions" / "_gradient": zsh.script(root),
        ROOT / "completions" / "gradient.fish": fish.script(root),
        ROOT / "completions" / "gradient.ps1": powershell.script(root),
        ROOT / "man" / "gradient.1": man.page(root),
        ROOT / "man" / "gradient-suite.5": man_suite.page(),
        ROOT / "gradient_cli" / "settings" / "spelling.py": spelling.module(root),
    }
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        texts[path] = markdown.fill(path.read_text(encoding="utf-8"), root)
    return texts


def main() -> int:
    """Write or compare; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare and write nothing")
    check = parser.parse_args().check
    stale = 0
    for path, text in generated().items():
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if old == text:
            continue
        stale += 1
        name = str(path.relative_to(ROOT))
        if check:
            lines = difflib.unified_diff(
                old.splitlines(), text.splitlines(), f"{name} (stored)", f"{name} (fresh)", n=1
            )
            print("\n".join(lines))
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    if check and stale:
        print(f"{stale} stale: run python scripts/generate.py", file=sys.stderr)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
