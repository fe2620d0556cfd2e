"""
Screens as SVG: one still, or several that follow each other by CSS alone.

A viewer without animations shows the last one.
"""

from collections.abc import Iterable
from itertools import groupby, takewhile
from xml.sax.saxutils import escape, quoteattr

from picturing.recording import PROMPT, Cell, Frame, Rows, text

CELL_WIDTH, LINE_HEIGHT, FONT_SIZE, MARGIN = 8.4, 19, 14, 16
FOREGROUND, BACKGROUND = "#d7dae0", "#16181d"
HOLD_S = 4.0
"""How long the last frame stays before the first comes again."""

COLORS = {
    "black": "#3b4048", "red": "#ef6b73", "green": "#8cc265", "brown": "#d9a343",
    "blue": "#62aeef", "magenta": "#c678dd", "cyan": "#4cc2cf", "white": "#d7dae0",
    "brightblack": "#7d8590", "brightred": "#ff8b92", "brightgreen": "#a5e075",
    "brightbrown": "#f0c674", "brightblue": "#82c3ff", "brightmagenta": "#de8ef5",
    "brightcyan": "#67dbe8", "brightwhite": "#ffffff",
}  # fmt: skip


def picture(frames: list[Frame], title: str) -> str:
    """Give the SVG of some frames; the last decides the height."""
    height = max(_height(frame.rows) for frame in frames)
    columns = len(frames[-1].rows[0])
    size = (columns * CELL_WIDTH + 2 * MARGIN, height * LINE_HEIGHT + 2 * MARGIN)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]:.0f} {size[1]:.0f}" '
        f'width="{size[0]:.0f}" fill="{FOREGROUND}" role="img" '
        f"aria-label={quoteattr(title)}>",
        f"<title>{escape(title)}</title>",
        f"<style>{_style(frames)}</style>",
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
    ]
    for number, frame in enumerate(frames):
        parts.append(f'<g class="f{number}">{_screen(frame.rows[:height])}</g>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _height(rows: Rows) -> int:
    """Give the rows that are worth drawing: not the empty ones, nor a last waiting prompt."""
    lines = text(rows).splitlines() or [""]
    return max(1, len(lines) - (lines[-1] == PROMPT.strip()))


def _style(frames: list[Frame]) -> str:
    rules = [
        # No `font:` shorthand: it would take the weight back that a text's attribute gives.
        f"text{{font-size:{FONT_SIZE}px;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"
        f"'DejaVu Sans Mono',monospace;white-space:pre}}"
    ]
    if len(frames) == 1:
        return "".join(rules)
    total = frames[-1].seconds - frames[0].seconds + HOLD_S
    begins = [(frame.seconds - frames[0].seconds) / total * 100 for frame in frames] + [100.0]
    last = len(frames) - 1
    for number in range(last):
        rules.append(f".f{number}{{visibility:hidden}}")
    moving = []
    for number in range(len(frames)):
        begin, end = begins[number], begins[number + 1]
        before = "0%{visibility:hidden}" if begin > 0 else ""
        after = "" if number == last else f"{end:.2f}%{{visibility:hidden}}"
        moving.append(
            f"@keyframes k{number}{{{before}{begin:.2f}%{{visibility:visible}}{after}}}"
            f".f{number}{{animation:k{number} {total:.2f}s step-end infinite}}"
        )
    motion = "".join(moving)
    return "".join(rules) + f"@media (prefers-reduced-motion:no-preference){{{motion}}}"


def _screen(rows: Rows) -> str:
    return "".join(_line(number, row) for number, row in enumerate(rows))


def _line(number: int, row: tuple[Cell, ...]) -> str:
    """Draw a line in runs of one look; each run is held to its columns."""
    y = MARGIN + number * LINE_HEIGHT
    parts = []
    column = 0
    for look, group in groupby(row, key=_look):
        cells = list(group)
        width = len(cells)
        x = MARGIN + column * CELL_WIDTH
        column += width
        fill, background, extra = look
        if background:
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width * CELL_WIDTH:.1f}" '
                f'height="{LINE_HEIGHT}" fill="{background}"/>'
            )
        lead = next((n for n, cell in enumerate(cells) if cell.text.strip()), width)
        kept = cells[lead : width - _blanks(reversed(cells))]
        if not kept:
            continue
        words = "".join(cell.text for cell in kept)
        color = f' fill="{fill}"' if fill else ""
        parts.append(
            f'<text x="{x + lead * CELL_WIDTH:.1f}" y="{y + FONT_SIZE}" '
            f'textLength="{len(kept) * CELL_WIDTH:.1f}"{color}{extra}>{escape(words)}</text>'
        )
    return "".join(parts)


def _blanks(cells: Iterable[Cell]) -> int:
    """Count the spaces that come first; the second half of a wide character is none."""
    return sum(1 for _ in takewhile(lambda cell: cell.text == " ", cells))


def _look(cell: Cell) -> tuple[str, str, str]:
    """Give fill, background and the other attributes; "" is the default."""
    fill, background = _color(cell.color), _color(cell.background)
    if cell.is_reversed:
        fill, background = background or BACKGROUND, fill or FOREGROUND
    extra = ' font-weight="bold"' if cell.is_bold else ""
    extra += ' font-style="italic"' if cell.is_italic else ""
    extra += ' text-decoration="underline"' if cell.is_underlined else ""
    return fill, background, extra


def _color(name: str) -> str:
    if name == "default":
        return ""
    return COLORS.get(name, f"#{name}")
