"""
Extraction: which code block of an answer is the answer.

An empty or unclosed block is none: what a cut or careless answer left of its code would
replace a good file.
"""

from collections.abc import Sequence

from gradient_cli.expect.excerpt import one_line
from gradient_cli.expect.fences import Fence, fences
from gradient_cli.values import record

_SAME = (
    {"sh", "bash", "shell", "zsh"},
    {"py", "python", "python3"},
    {"js", "javascript", "mjs"},
    {"ts", "typescript"},
    {"yml", "yaml"},
    {"md", "markdown"},
    {"c++", "cpp", "cxx"},
    {"rb", "ruby"},
    {"rs", "rust"},
    {"go", "golang"},
    {"ps1", "powershell", "pwsh"},
    {"c#", "cs", "csharp"},
)
"""Names of one language."""


@record
class Extraction:
    """Which block is wanted."""

    language: str | None = None
    """The first word behind the fence; None: any."""
    is_last: bool = False
    """The last one instead of the first."""


@record
class Extract:
    """A block, or why there is none."""

    code: str | None
    complaint: str = ""
    """Lower case, no full stop; "" where there is a block."""
    warning: str = ""
    """What a reader should know of the block."""


def extract(text: str, wanted: Extraction) -> Extract:
    """Give the code block that is wanted."""
    found = list(fences(text))
    if not found:
        return Extract(None, "the answer has no fenced code block")
    meant = [fence for fence in found if _is_of(fence, wanted.language)]
    if not meant:
        languages = ", ".join(dict.fromkeys(_language(fence) or "none" for fence in found))
        return Extract(
            None,
            f"the answer has no code block of {wanted.language}; "
            f"it has some of: {one_line(languages[:80])}",
        )
    if wanted.is_last and not meant[-1].is_closed:
        return Extract(None, "the last code block is not closed")
    whole = [fence for fence in meant if fence.is_closed and fence.code.strip()]
    if not whole:
        what = "empty" if any(fence.is_closed for fence in meant) else "not closed"
        return Extract(None, f"the code block of the answer is {what}")
    fence = whole[-1] if wanted.is_last else whole[0]
    return Extract(fence.code, warning=_warning(fence, found))


def unwrap(text: str) -> str:
    """Give what is in the fence, if the whole text is one; else the text."""
    found = next(fences(text), None)
    return found.code if found and found.is_alone and found.is_closed else text


def _language(fence: Fence) -> str:
    """Give the language of a block: `python` of `python title=x`, `{.python}`, `python:a.py`."""
    words = fence.info.replace("{", " ").replace("}", " ").replace(",", " ").split()
    return words[0].lstrip(".").partition(":")[0].casefold() if words else ""


def _is_of(fence: Fence, language: str | None) -> bool:
    if language is None:
        return True
    asked = language.casefold()
    return _language(fence) in next((names for names in _SAME if asked in names), {asked})


def _warning(fence: Fence, found: Sequence[Fence]) -> str:
    if fence.holds_opening:
        return (
            "the code block holds the opening of another one: where it ends is a guess; "
            "ask for a fence of four backticks around it"
        )
    is_document = _language(fence) in {"markdown", "md"}
    if is_document and any(not other.info for other in found[found.index(fence) + 1 :]):
        return "the document in the code block may go on behind it: a fence of its own ended it"
    return ""
