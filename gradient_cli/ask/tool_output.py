"""
Results that the user gives: `--tool-output ID=TEXT`, `--tool-output-file ID=PATH`.

An id is matched against the calls that wait, for it may hold or end in `=`. TEXT is taken as it
is: it is a program's, mostly, and one that begins with `@` must not read a file.
"""

from collections.abc import Sequence

from gradient_cli.ask.conversation import output_item
from gradient_cli.ask.result_text import result_text
from gradient_cli.errors import UsageError
from gradient_cli.wire.json import Json


def outputs_of(
    waiting: Sequence[str], texts: Sequence[str], paths: Sequence[str], most: int
) -> list[Json]:
    """
    Give the items for the results of calls that wait; a file has `most` bytes.

    Raises:
        UsageError: no `ID=` that a waiting call has, or two, or a file that cannot be read.

    """
    found = []
    for given in texts:
        call, text = _split("--tool-output", given, waiting)
        data = text.encode("utf-8", "surrogateescape")
        found.append(output_item(call, result_text(data) if _is_odd(text) else text))
    for given in paths:
        call, path = _split("--tool-output-file", given, waiting)
        found.append(output_item(call, result_text(_content(path, most))))
    return found


def _is_odd(text: str) -> bool:
    """Tell whether the command line had bytes that are no UTF-8."""
    return any("\udc80" <= character <= "\udcff" for character in text)


def _split(flag: str, given: str, waiting: Sequence[str]) -> tuple[str, str]:
    """Give the id of a call and what stands behind its `=`."""
    ids = sorted({call for call in waiting if given.startswith(f"{call}=")}, key=len)
    if len(ids) > 1:
        raise UsageError(
            f'{flag} "{given[:60]}" may answer {" or ".join(ids)}: both wait',
            hint=f"answer {ids[0]} in a turn of its own, or rename the calls in the thread",
        )
    if ids:
        return ids[0], given[len(ids[0]) + 1 :]
    call, sign, text = given.partition("=")
    if not sign or not call:
        raise UsageError(
            f'{flag} "{given[:60]}" is not ID=…', hint=f"open calls: {', '.join(waiting) or 'none'}"
        )
    return call, text


def _content(path: str, most: int) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # a name of any bytes, or <(…)
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f'cannot read "{path}": {reason.lower()}') from None
    if len(data) > most:
        raise UsageError(f'"{path}" is larger than {most:,} bytes (max_input_bytes)')
    return data
