"""
Write pictures/report.png and pictures/summary.png: the HTML report and the job summary of a run.

    python scripts/page_pictures.py     needs `chromium` on the PATH

The suite is that of the picture of a terminal (picturing/scenes.py); a scripted mock answers.
GitHub draws a job summary in its own way: here it is Markdown with a plain style.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "pictures"
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from markdown_it import MarkdownIt  # noqa: E402  # after the path
from picturing.scenes import MODEL, PARSES, SHOP, SHOP_REPLIES  # noqa: E402  # after the path

from gradient_cli.mock.script import Script  # noqa: E402  # after the path
from gradient_cli.mock.server import MockServer  # noqa: E402  # after the path

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 24px; color: #1f2328; }
table { border-collapse: collapse; } td, th { border: 1px solid #d1d9e0; padding: 6px 13px; }
pre { background: #f6f8fa; padding: 12px; border-radius: 6px; }
"""


def run_suite(folder: Path) -> None:
    """Run the suite and write report.html and summary.md."""
    (folder / "shop.toml").write_text(f"[defaults]\nrepeat = 3\nrequire = 3\n\n{SHOP}")
    (folder / "parses.py").write_text(PARSES)
    with MockServer(Script(behaviours=SHOP_REPLIES, models=(MODEL,))) as server:
        subprocess.run(
            [
                *(sys.executable, "-m", "gradient_cli", "check", "shop.toml"),
                *("--run-check", "parses=python3 parses.py", "--html", "report.html", "--github"),
            ],
            cwd=folder,
            check=False,
            stdout=subprocess.DEVNULL,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "HOME": str(folder),
                "GRADIENT_INFERENCE_ENDPOINT": server.url,
                "GRADIENT_MODEL": MODEL,
                "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            },
        )


def draw(page: Path, picture: Path, width: int, height: int) -> None:
    """Let the browser draw a page."""
    subprocess.run(
        [
            *("chromium", "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"),
            *("--force-device-scale-factor=1", f"--window-size={width},{height}"),
            *(f"--screenshot={picture}", page.as_uri()),
        ],
        check=True,
        stderr=subprocess.DEVNULL,
        timeout=120,
    )


def main() -> None:
    """Write both pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_suite(folder)
        draw(folder / "report.html", FOLDER / "report.png", 1000, 900)
        markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
        opened = (folder / "summary.md").read_text().replace("<details>", "<details open>", 2)
        body = markdown.render(opened)
        page = folder / "summary.html"
        page.write_text(f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{body}")
        draw(page, FOLDER / "summary.png", 1000, 760)


if __name__ == "__main__":
    main()
