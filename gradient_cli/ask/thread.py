"""
A conversation in a file: JSONL, one of the wire's own input items a line.

    {"role":"user","content":"Say hello in Dutch."}
    {"type":"message","role":"assistant","content":"Hallo!"}
    {"type":"function_call","name":"f","arguments":"{}","call_id":"c1"}
    {"type":"function_call_output","call_id":"c1","output":"42"}

The service keeps no sessions, so the whole history is sent each time. A turn is added only when
its answer is complete, as a whole: the file is replaced by a longer one. From reading to
adding, the thread is locked: a second writer waits for the turn of the first.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gradient_cli.errors import UsageError
from gradient_cli.terminal.files import resolved
from gradient_cli.transport.deadline import Deadline, run_timed_out
from gradient_cli.wire.json import Json, line
from gradient_cli.wire.request import said_item
from gradient_cli.wire.response import Response
from gradient_cli.wire.strict import parse

Note = Callable[[str], None]

SAY_AFTER_S = 0.3
POLL_S = 0.05
NEVER = Deadline()

_OF_CALLS = {"function_call": "function call", "function_call_output": "function's output"}


@dataclass(slots=True)
class Thread:
    """An open thread; `close` lets the next writer in."""

    path: Path
    items: list[Json] = field(default_factory=list)
    """The history, oldest first."""
    _lock: int | None = None

    @property
    def open_calls(self) -> list[str]:
        """Give the ids of the function calls that have no output yet."""
        waiting: list[str] = []
        for item in self.items:
            # In order: some servers count their ids anew in each answer.
            if item.get("type") == "function_call":
                waiting.append(item["call_id"])
            elif item.get("type") == "function_call_output" and item["call_id"] in waiting:
                waiting.remove(item["call_id"])
        return waiting

    @property
    def turns(self) -> int:
        """Give how often the user has spoken."""
        return sum(1 for item in self.items if item.get("role") == "user")

    def check_outputs(self, outputs: Sequence[Json], *, has_prompt: bool) -> None:
        """
        Make sure that outputs answer open calls, and that none is left open.

        Raises:
            UsageError: names the call.

        """
        waiting = self.open_calls
        for output in outputs:
            if output["call_id"] not in waiting:
                known = f"open calls: {', '.join(waiting)}" if waiting else "no call is open"
                raise UsageError(
                    f'--tool-output: no call "{output["call_id"]}" is open in {self.path}',
                    hint=known,
                )
            waiting.remove(output["call_id"])
        if waiting and (has_prompt or outputs):
            raise UsageError(
                f"{self.path}: the model waits for the output of {', '.join(waiting)}",
                hint=f"--tool-output {waiting[0]}=TEXT",
            )

    def add(self, new: Iterable[Json]) -> None:
        """
        Add a turn: all of its items, or none.

        Raises:
            UsageError: the file cannot be written.

        """
        items = [*self.items, *new]
        data = "".join(line(item) + "\n" for item in items).encode()
        target = self.path.resolve()
        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            # A killed run leaves its neighbour behind, and in a container every run has its pid.
            temporary.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
                if target.exists():
                    temporary.chmod(target.stat().st_mode & 0o7777)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except OSError as error:
            raise UsageError(f'cannot write "{self.path}": {_words(error)}') from None
        finally:
            temporary.unlink(missing_ok=True)
        self.items = items

    def close(self) -> None:
        """Let the next writer in."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def how_to_go_on(self) -> UsageError:
        """Give the error for a thread without a prompt: what it holds, and what to type."""
        import shlex

        path = shlex.quote(str(self.path))
        if calls := self.open_calls:
            return UsageError(
                f"{self.path} waits for the output of {', '.join(calls)}",
                hint=f"gradient respond --thread {path} --tool-output {shlex.quote(calls[0])}=TEXT",
            )
        if not self.items:
            what = f"{self.path} is a new thread"
        else:
            turns = f"{self.turns} turn{'' if self.turns == 1 else 's'}"
            what = f"{self.path} holds {turns}, the last ends: {_end_of(_words_of(self.items[-1]))}"
        return UsageError(
            f"there is no prompt; {what}", hint=f'gradient respond --thread {path} "…"'
        )


def open_thread(
    path: str,
    note: Note,
    sleep: Callable[[float], None] = time.sleep,
    deadline: Deadline = NEVER,
) -> Thread:
    """
    Lock and read a thread; a file that is not there is a new one.

    Raises:
        UsageError: it cannot be read, or a line is no item; names file and line.
        TimedOut: another run holds it until the deadline.

    """
    thread = Thread(Path(path))
    target = resolved(path)
    if not target.parent.is_dir():
        raise UsageError(f'cannot write "{path}": there is no folder "{target.parent}"')
    # Replacing a device or a pipe by a file would destroy it; reading one may never end.
    if target.exists() and not target.is_file():
        raise UsageError(f'cannot use "{path}": it is no regular file')
    try:
        thread._lock = _locked(thread.path, note, sleep, deadline)
        thread.items = _read(thread.path)
    except OSError as error:
        thread.close()
        raise UsageError(f'cannot use "{path}": {_words(error)}') from None
    except BaseException:
        thread.close()
        raise
    return thread


def _locked(
    path: Path, note: Note, sleep: Callable[[float], None], deadline: Deadline
) -> int | None:
    """Lock the thread by a neighbour: the file itself is replaced with each turn."""
    try:
        import fcntl
    except ImportError:
        return None  # Windows: one writer at a time is up to the user there
    target = path.resolve()
    lock = os.open(target.with_name(f".{target.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    waited = 0.0
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if deadline.has_passed():
                os.close(lock)
                raise run_timed_out() from None
            if waited < SAY_AFTER_S <= waited + POLL_S:
                note(f"waiting for another run that writes {path}")
            waited += POLL_S
            sleep(POLL_S)
        else:
            return lock


def _read(path: Path) -> list[Json]:
    if not path.exists():
        return []
    items = []
    for number, text in enumerate(path.read_bytes().split(b"\n"), 1):
        if text.strip():
            items.append(_item(text, f"{path}:{number}"))
    return items


def _item(data: bytes, place: str) -> Json:
    try:
        item = parse(data.decode())
    except ValueError as error:
        raise UsageError(
            f"{place}: not JSON: {error}", hint="a thread has one JSON object a line"
        ) from None
    if not isinstance(item, dict) or not _names_itself(item):
        raise UsageError(f"{place}: no input item: it has neither a `role` nor a `type`")
    kind = item.get("type")
    if kind in _OF_CALLS and not isinstance(item.get("call_id"), str):
        raise UsageError(f"{place}: a {_OF_CALLS[kind]} without a `call_id`")
    return item


def _names_itself(item: Mapping[str, Json]) -> bool:
    """Tell whether a line says who speaks or what it is."""
    names = [item[name] for name in ("role", "type") if name in item]
    return bool(names) and all(isinstance(name, str) for name in names)


def user_item(text: str) -> Json:
    """Give the item for what the user says."""
    return {"role": "user", "content": text}


def output_item(call_id: str, text: str) -> Json:
    """Give the item for a function's result."""
    return {"type": "function_call_output", "call_id": call_id, "output": text}


def answer_items(response: Response) -> list[Json]:
    """Give the items for what the model said and called."""
    said: list[Json] = [said_item(response.text)] if response.text else []
    return [*said, *(call.as_item() for call in response.tool_calls)]


def _words_of(item: Mapping[str, Json]) -> str:
    """Give the words of an item: its content, its parts' texts, or a function's output."""
    content = item.get("content", item.get("output", ""))
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, Mapping)]
        return " ".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def _end_of(text: str) -> str:
    shown = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    return f'"{shown}"' if len(shown) <= 60 else f'"…{shown[-59:]}"'


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
