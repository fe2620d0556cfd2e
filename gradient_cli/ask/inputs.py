"""
From flags and files to a Request, and to the input that stands in it.

    --body  ◄─ settings ◄─ environment ◄─ --prompt-file ◄─ flags        the right one wins
    files, stdin ─► labelled blocks ─► the prompt ─► input
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from gradient_cli.ask import flag_values
from gradient_cli.ask.question_options import InputOptions, RequestOptions
from gradient_cli.ask.texts import Texts, from_files
from gradient_cli.errors import UsageError
from gradient_cli.terminal.decoding import Text, size_of
from gradient_cli.terminal.intake import has_stdin, read_file, read_found, read_stdin
from gradient_cli.terminal.streams import Terminal
from gradient_cli.values import record
from gradient_cli.wire.attachment import Block, compose
from gradient_cli.wire.json import Json
from gradient_cli.wire.request import Request

STDIN = "-"
MAGIC = re.compile(r"[*?\[]")
"""What makes a pattern of a path that is not there."""


def request_flags(options: RequestOptions) -> dict[str, Json]:
    """
    Give the request fields that the user set as flags, by their names in the settings.

    Raises:
        UsageError: a flag that cannot be read.

    """
    given: dict[str, Json] = {
        "model": options.model,
        "max_output_tokens": options.max_output_tokens,
        "temperature": options.temperature,
        "top_p": options.top_p,
        "stop": options.stop,
        "metadata": flag_values.pairs("--metadata", options.metadata or []) or None,
        "user": options.user,
        "modalities": options.modality,
        "parallel_tool_calls": options.parallel_tool_calls,
        "tool_choice": options.tool_choice,
        "reasoning_effort": options.reasoning_effort,
        "stream": options.stream,
        "previous_response_id": options.previous_response_id,
    }
    if wrong := [kind for kind in options.modality or [] if kind != "text"]:
        raise UsageError(f'--modality "{wrong[0]}" is unknown; only text exists')
    return {name: value for name, value in given.items() if value is not None}


def base_body(options: RequestOptions, read_stdin_text: Callable[[], Text]) -> dict[str, Json]:
    """
    Give the body of `--body FILE|-`, or nothing.

    Raises:
        UsageError: no JSON object.

    """
    if options.body is None:
        return {}
    if options.body == STDIN:
        text = read_stdin_text()
        if not isinstance(text, str):
            raise UsageError("--body - is longer than 8 MiB", hint="name a file instead")
        body = flag_values.parse_json("the body on stdin", text)
    else:
        body = flag_values.json_or_file("--body", options.body)
    if not isinstance(body, dict):
        raise UsageError("--body is not a JSON object")
    return body


_PLAIN = (
    "model", "instructions", "max_output_tokens", "temperature", "top_p", "user",
    "parallel_tool_calls", "tool_choice", "reasoning_effort", "previous_response_id",
)  # fmt: skip
"""Settings that the request has under the same name and in the same form."""


def build_request(
    fields: Mapping[str, Json],
    *,
    input: Json,  # noqa: A002  # the wire's word
    options: RequestOptions,
    base: Mapping[str, Json],
    text_format: Json = None,
    stream: bool,
    note: Callable[[str], None] = lambda _: None,
) -> Request:
    """
    Give the request; `fields` are the resolved settings by their names, `note` tells warnings.

    Raises:
        UsageError: a value out of its range.

    """
    plain = {name: fields[name] for name in _PLAIN if fields.get(name) is not None}
    params = dict(fields.get("params") or {})
    return Request(
        **plain,
        input=input,
        stop=tuple(fields.get("stop") or ()),
        metadata=fields.get("metadata") or {},
        modalities=tuple(fields.get("modalities") or ()),
        tools=_tools(options.tool, note) if options.tool else (),
        text_format=text_format,
        stream=stream,
        params={**params, **flag_values.json_pairs("--param", options.param or [])},
        base=base,
    )


def _tools(given: Sequence[str], note: Callable[[str], None]) -> tuple[Json, ...]:
    from gradient_cli.ask.service_tools import Reader as ToolReader

    return ToolReader(note).tools(given)


def check_context(
    paths: Sequence[str], blocks: Sequence[Block], variables: Mapping[str, str]
) -> None:
    """
    Refuse to ask about nothing: something was named to be asked about, and all of it is empty.

    `paths` were named one by one; the blocks have their contents, and what a folder, a pattern
    or stdin gave besides. `variables`: contents of the files that variables are taken from.

    Raises:
        UsageError: there is no context but what is empty.

    """
    texts = {block.path or STDIN: block.text for block in blocks}
    named = {**{path: texts[path] for path in paths if path in texts}, **variables}
    empty = [name for name, text in named.items() if _is_blank(text)]
    everything = [*texts.values(), *variables.values()]
    if not empty or not all(map(_is_blank, everything)):
        return
    what = "stdin" if empty[0] == STDIN else f'"{empty[0]}"'
    raise UsageError(
        f"{what} is empty: there is nothing to ask about",
        hint="did the command that made it fail? without it, leave it out",
    )


def _is_blank(text: Text) -> bool:
    return isinstance(text, str) and not text.strip()


@record
class Intake:
    """What the prompt is made of, read."""

    blocks: tuple[Block, ...]
    prompt: Text

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to ask."""
        return not self.blocks and not self.prompt

    def text(self) -> Text:
        """Give the input."""
        return compose(self.blocks, self.prompt)


class Reader:
    """Reads files and stdin for one run; stdin at most once."""

    def __init__(
        self,
        terminal: Terminal,
        *,
        timeout_s: float,
        max_bytes: int,
        note: Callable[[str], None],
        environ: Mapping[str, str],
        holds_key: bool = False,
    ) -> None:
        """`holds_key`: the key comes on stdin, so nothing of it may get into a request."""
        self._used_bytes = 0
        """Of the limit, by what has been read."""
        self._environ = environ
        self._terminal = terminal
        self._holds_key = holds_key
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self.note = note
        self.is_stdin_empty = False
        """A stdin that was there to be read had nothing."""

    def explicit_stdin(self) -> Text:
        """Give stdin, however long it takes: the user wrote `-`."""
        if self._holds_key:
            raise UsageError(
                "--key-file - and the prompt both want stdin",
                hint="give one of them a file; a shell's <(command) makes one",
            )
        if self._terminal.stdin is None:
            raise UsageError("`-` means stdin, and stdin is closed")
        return read_stdin(self._terminal, timeout_s=None, max_bytes=self._max_bytes, note=self.note)

    def implicit_stdin(self) -> Text:
        """Give stdin by the rule; "" where there is none."""
        if self._holds_key or not has_stdin(self._terminal):
            return ""
        text = read_stdin(
            self._terminal, timeout_s=self._timeout_s, max_bytes=self._max_bytes, note=self.note
        )
        self.is_stdin_empty = not text
        return text

    def files(self, paths: Iterable[str]) -> list[Block]:
        """
        Give files, the files of folders and patterns, and stdin for `-`, as blocks.

        Raises:
            UsageError: one cannot be read, its name is not UTF-8, or nothing is found.

        """
        return [block for path in paths for block in self._blocks(path)]

    def _blocks(self, path: str) -> Iterator[Block]:
        if path == STDIN:
            yield self._counted(Block(None, self.explicit_stdin()))
        elif os.path.isdir(path):
            yield from self._folder(path)
        elif MAGIC.search(path) and not os.path.lexists(path):
            from gradient_cli.terminal.tree import files_matching

            found = files_matching(path)
            if not found:
                raise UsageError(
                    f'-f "{path}" matches no file',
                    hint="`**` is any number of folders: 'src/**/*.py'",
                )
            yield from map(self._file, found)
        else:
            yield self._file(path)

    def _file(self, path: str) -> Block:
        return self._counted(
            Block(
                flag_values.utf8_name(path),
                read_file(
                    path,
                    self._max_bytes,
                    used_bytes=self._used_bytes,
                    timeout_s=self._timeout_s,
                    note=self.note,
                ),
            )
        )

    def _folder(self, folder: str) -> Iterator[Block]:
        from gradient_cli.terminal.tree import files_below

        left_out: list[str] = []
        count = 0
        for path in files_below(folder, self._environ):
            text = read_found(path, self._max_bytes, self._used_bytes)
            if text is None:
                left_out.append(path)
                continue
            count += 1
            yield self._counted(Block(flag_values.utf8_name(path), text))
        if not count:
            raise UsageError(
                f'-f "{folder}": no text file is below it that git does not ignore',
                hint="a pattern in quotes takes ignored files, too",
            )
        if left_out:
            more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
            self.note(f"{folder}: binary files are left out: {', '.join(left_out[:3])}{more}")

    def _counted(self, block: Block) -> Block:
        self._used_bytes += size_of(block.text)
        return block


def read_input(
    prompt: str | None,
    options: InputOptions,
    body: str | None,
    reader: Reader,
    texts: Texts,
) -> Intake:
    """
    Read what the prompt is made of, by the rules of stdin; `texts` has the variables.

    Raises:
        UsageError: two things want stdin, a file or stdin cannot be read, or all is empty.

    """
    intake = _read(prompt, options, body, reader)
    paths = [path for path in options.file or [] if path == STDIN or not os.path.isdir(path)]
    said = flag_values.pairs("--var", options.var or [])
    check_context(paths, intake.blocks, from_files(said, texts))
    if prompt == STDIN and _is_blank(intake.prompt):
        raise UsageError("the prompt on stdin is empty", hint="PROMPT `-` reads it from there")
    return intake


def _read(prompt: str | None, options: InputOptions, body: str | None, reader: Reader) -> Intake:
    takers = [name for name, value in (("PROMPT", prompt), ("--body", body)) if value == STDIN]
    takers += ["-f" for path in options.file or [] if path == STDIN]
    if len(takers) > 1:
        raise UsageError(
            f"{' and '.join(takers)} both want stdin",
            hint="give one of them a file; a shell's <(command) makes one",
        )
    blocks = reader.files(options.file or [])
    if prompt == STDIN:
        return Intake(tuple(blocks), reader.explicit_stdin())
    has_prompt = prompt is not None or options.prompt_file is not None
    # A body has its own input: nobody who sends one expects stdin to be waited for.
    if takers or options.no_stdin or (body is not None and not has_prompt):
        return Intake(tuple(blocks), prompt or "")
    if not has_prompt:
        return Intake(tuple(blocks), reader.implicit_stdin())
    if text := reader.implicit_stdin():
        blocks.append(Block(None, text))
    elif reader.is_stdin_empty:
        files = " and the files are" if blocks else " is"
        reader.note(f"stdin was empty: only the prompt{files} asked")
    return Intake(tuple(blocks), prompt or "")
