"""
A conversation in a file: JSONL, one of the wire's own input items a line.

    {"role":"user","content":"Say hello in Dutch."}
    {"type":"message","role":"assistant","content":"Hallo!"}
    {"type":"reasoning","summary":[],"content":[…]}
    {"type":"function_call","name":"f","arguments":"{}","call_id":"c1"}
    {"type":"function_call_output","call_id":"c1","output":"42"}

The service keeps no sessions, so the whole history is sent each time. A turn is added only when
its answer is complete, as a whole; how the file is kept stands in `ask.thread_file`.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from gradient_cli.ask.thread_file import NEVER, Note, ThreadFile, open_file
from gradient_cli.errors import UsageError
from gradient_cli.transport.deadline import Deadline
from gradient_cli.values import mutable_record
from gradient_cli.wire.encodings import conversion, wide_name
from gradient_cli.wire.items import is_message
from gradient_cli.wire.json import Json, line
from gradient_cli.wire.messages import Messages
from gradient_cli.wire.request import said_item
from gradient_cli.wire.response import Reading, Response
from gradient_cli.wire.strict import parse

OUTPUT = "function_call_output"
_OF_CALLS = {"function_call": "function call", OUTPUT: "function's output"}


@mutable_record
class Thread:
    """An open thread; `close` lets the next writer in."""

    file: ThreadFile
    items: list[Json] = field(default_factory=list)
    """The history, oldest first."""

    @property
    def path(self) -> Path:
        """The file as the user wrote it."""
        return self.file.path

    @property
    def open_calls(self) -> list[str]:
        """Give the ids of the function calls that have no output yet."""
        waiting: list[str] = []
        for item in self.items:
            # In order: some servers count their ids anew in each answer.
            if item.get("type") == "function_call":
                waiting.append(item["call_id"])
            elif item.get("type") == OUTPUT and item["call_id"] in waiting:
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
        turn = list(new)
        self.file.append("".join(line(item) + "\n" for item in turn).encode())
        self.items += turn

    def close(self) -> None:
        """Let the next writer in."""
        self.file.close()

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
            what = f"{self.path} holds {turns}, the last ends: {_end_of(words_of(self.items[-1]))}"
        return UsageError(
            f"there is no prompt; {what}", hint=f'gradient respond --thread {path} "…"'
        )


def open_thread(
    path: str,
    note: Note,
    sleep: Callable[[float], None] = time.sleep,
    deadline: Deadline = NEVER,
    *,
    will_add: bool = True,
) -> Thread:
    """
    Lock and read a thread; a file that is not there is a new one.

    `will_add`: a turn is to be added; else nothing is locked, made or waited for.

    Raises:
        UsageError: it cannot be read or written, or a line is no item; names file and line.
        TimedOut: another run holds it until the deadline.

    """
    file = open_file(path, note, sleep, deadline, will_add=will_add)
    try:
        return Thread(file, _read(path, file.data))
    except BaseException:
        file.close()
        raise


def _read(path: str, data: bytes) -> list[Json]:
    items = []
    if wide := wide_name(data):
        raise UsageError(f'"{path}" is text in {wide}, not UTF-8', hint=conversion(wide, path))
    for number, text in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
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
    return checked_item(item, place)


def checked_item(item: Json, place: str) -> Json:
    """
    Give an item of a conversation, if it is one.

    Raises:
        UsageError: it is none; names the place.

    """
    if not isinstance(item, dict) or not _names_itself(item):
        raise UsageError(f"{place}: no input item: it has neither a `role` nor a `type`")
    kind = item.get("type")
    if kind in _OF_CALLS and not isinstance(item.get("call_id"), str):
        raise UsageError(f"{place}: a {_OF_CALLS[kind]} without a `call_id`")
    return item


def turn_of_body(given: Json) -> list[Json]:
    """
    Give the turn that the `input` of a --body is.

    Raises:
        UsageError: it is neither a text nor a list of items.

    """
    if isinstance(given, str):
        return [user_item(given)] if given else []
    if not isinstance(given, list):
        raise UsageError("the `input` of --body is neither a text nor a list of items")
    return [checked_item(item, f"`input` of --body, item {n}") for n, item in enumerate(given, 1)]


def _names_itself(item: Mapping[str, Json]) -> bool:
    """Tell whether a line says who speaks or what it is."""
    names = [item[name] for name in ("role", "type") if name in item]
    return bool(names) and all(isinstance(name, str) for name in names)


def user_item(text: str) -> Json:
    """Give the item for what the user says."""
    return {"role": "user", "content": text}


def output_item(call_id: str, text: str) -> Json:
    """Give the item for a function's result."""
    return {"type": OUTPUT, "call_id": call_id, "output": text}


def answer_items(response: Response) -> list[Json]:
    """
    Give the items for what the model said and called.

    Reasoning, and messages with a phase, stand there as the server sent them: models go wrong
    where either is lost. An empty answer that was accepted is kept, too: a question without
    an answer would be asked again.
    """
    kept = [dict(item) for item in response.items]
    answers = [item for item in kept if is_message(item) and item.get("phase") != "commentary"]
    is_said = Messages.of_items(answers, Reading()).said(is_printed=False).text == response.text
    if not (answers and is_said):
        # The stream knew more of the answer than the final object, or nothing has a phase.
        kept = [item for item in kept if item not in answers]
        kept += [said_item(response.text)] if response.text or not response.tool_calls else []
    return [*kept, *(call.as_item() for call in response.tool_calls)]


def words_of(item: Mapping[str, Json]) -> str:
    """Give the words of an item: its content, its parts' texts, or a function's output."""
    content = item.get("content", item.get("output", ""))
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, Mapping)]
        return " ".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def _end_of(text: str) -> str:
    shown = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    return f'"{shown}"' if len(shown) <= 60 else f'"…{shown[-59:]}"'
