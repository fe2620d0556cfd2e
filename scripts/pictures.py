"""
Write pictures/*.svg, the README's pictures, from runs of the program in a terminal.

    python scripts/pictures.py            write what shows something new
    python scripts/pictures.py --check    write nothing; status 1 if a run shows something new

A scripted mock answers, so nothing leaves the machine. Durations and rates differ from run
to run: two pictures are taken for the same if the words on them differ in digits alone.
"""

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "pictures"
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from picturing.recording import Frame, Session, text  # noqa: E402  # after the path
from picturing.scenes import MODEL, SCENES, Scene  # noqa: E402  # after the path
from picturing.svg import picture  # noqa: E402  # after the path

from gradient_cli.mock.script import Script  # noqa: E402  # after the path
from gradient_cli.mock.server import MockServer  # noqa: E402  # after the path

MOST_FRAMES = 14


def record(scene: Scene, folder: Path) -> list[Frame]:
    """Play a scene in a shell of its own and give what its screen showed."""
    program = folder / "bin" / "gradient"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gradient_cli "$@"\n')
    program.chmod(0o755)
    for name, content in scene.files:
        (folder / name).write_text(content, encoding="utf-8")
    with MockServer(Script(behaviours=scene.replies, models=(MODEL,))) as server:
        environ = {
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "LC_ALL": "C.UTF-8",
            "GRADIENT_INFERENCE_ENDPOINT": server.url,
            "GRADIENT_MODEL": MODEL,
        }
        session = Session(environ, scene.columns, scene.rows)
        try:
            session.type(f"cd {folder}")
            session.clear()
            for line in scene.lines:
                session.type(line)
            return session.frames
        finally:
            session.close()


def chosen(frames: list[Frame], is_film: bool) -> list[Frame]:
    """Give the frames to draw: the last alone, or some that are evenly apart and the last."""
    if not is_film:
        return frames[-1:]
    step = max(1, -(-len(frames) // (MOST_FRAMES - 1)))
    kept = frames[:-1:step]
    return [*kept, frames[-1]]


def words(svg: str) -> str:
    """Give the words of a picture's last screen, each digit and each run of space as one sign."""
    last = svg.rpartition('<g class="f')[2]
    return re.sub(r"\d+", "0", " ".join(re.sub(r"<[^>]*>", " ", last).split()[1:]))


def main() -> int:
    """Write or compare; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare and write nothing")
    parser.add_argument("--print", action="store_true", help="print the last screens as text")
    options = parser.parse_args()
    stale = []
    for scene in SCENES:
        with tempfile.TemporaryDirectory() as folder:
            frames = record(scene, Path(folder))
        if options.print:
            print(text(frames[-1].rows))
        svg = picture(chosen(frames, scene.is_film), scene.title)
        path = FOLDER / f"{scene.name}.svg"
        if path.exists() and words(path.read_text(encoding="utf-8")) == words(svg):
            continue
        stale.append(path.name)
        if not options.check:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(svg, encoding="utf-8")
            print(f"wrote pictures/{path.name}")
    if options.check and stale:
        print(f"stale: {', '.join(stale)}; run python scripts/pictures.py", file=sys.stderr)
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
