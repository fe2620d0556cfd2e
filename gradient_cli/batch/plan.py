"""
What a batch is to do: its items become tasks, one by one.

    flags ─► Plan ─► tasks; those that OUT has already are skipped
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from gradient_cli.ask import flag_values, inputs, verdict
from gradient_cli.ask.client import Asker
from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.question_options import RequestOptions
from gradient_cli.ask.run_options import ExpectOptions, NetworkOptions, ProofOptions
from gradient_cli.ask.session import Session, open_session
from gradient_cli.batch import items, result_line
from gradient_cli.batch.item_options import ItemOptions, RunOptions
from gradient_cli.batch.items import Item, Shard
from gradient_cli.batch.keys import Identity, Key, KeyTable
from gradient_cli.batch.results import Results, id_key
from gradient_cli.batch.rows import RequestMaker
from gradient_cli.batch.runner import Done, Task
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.render.progress import Meter
from gradient_cli.settings.resolve import Value
from gradient_cli.terminal.intake import has_stdin
from gradient_cli.terminal.streams import Terminal
from gradient_cli.values import record
from gradient_cli.wire.address import is_digitalocean
from gradient_cli.wire.request import Request

TIMEOUT_S = 600
"""The longest silence, unless the user says another: whole answers are silent until they end."""
CHECKED = 100_000
"""Items that are checked before the first is sent; it takes 15 us each."""


@record
class Flags:
    """All that the user said."""

    prompt: str | None
    items: ItemOptions
    request: RequestOptions
    output: RunOptions
    expectations: ExpectOptions
    network: NetworkOptions


@dataclass(slots=True)
class Plan:
    """What to ask, and what to expect."""

    session: Session
    maker: RequestMaker
    expected: verdict.Expected
    flags: Flags
    meter: Meter
    is_whole: bool = False
    """All items were read, none left to a shard or a limit."""
    asked: KeyTable = field(default_factory=KeyTable)
    """Keys of this run's tasks: a failure that is in OUT and not in here is outdated."""
    asked_ids: KeyTable = field(default_factory=KeyTable)

    def items(self) -> Iterator[Item]:
        """
        Give the items of this run, as they are needed.

        Raises:
            UsageError: one cannot be read.

        """
        options = self.flags.items
        shard = Shard.parse(options.shard) if options.shard else Shard()
        everything = _items(options, self.session.invocation.terminal)
        yield from shard.chosen(everything, options.limit)
        self.is_whole = not options.shard and not options.limit

    def checked_tasks(self, results: Results) -> Iterator[Task]:
        """
        Give what is left to do, the first of it checked by now.

        So whatever is wrong with an item is known before anything is sent and paid for.

        Raises:
            UsageError: a task cannot be made.

        """
        if not self._can_read_twice():
            return self.tasks(results)
        checked = 0
        for item, _ in islice(self._left(results), CHECKED):
            # To make a key is a check of all that can differ in an item without fields.
            if item.fields or not checked:
                _check_model(self.session, self.maker.request(item))
            checked += 1
        if not checked:
            return iter(())
        self.meter.skipped, self.is_whole = 0, False
        return self.tasks(results)

    def _can_read_twice(self) -> bool:
        options = self.flags.items
        return not _takes_stdin(options) and (
            options.each_file is not None or os.path.isfile(str(options.items))
        )

    def tasks(self, results: Results) -> Iterator[Task]:
        """Give what is left to do."""
        for item, key in self._left(results):
            request = self.maker.request(item)
            _check_model(self.session, request)
            if results.is_untidy:
                self.asked.set(key, 1)
                self.asked_ids.set(id_key(item.id), 1)
            yield Task(item.id, key, request)

    def _left(self, results: Results) -> Iterator[tuple[Item, str]]:
        """Give the items that are to be asked about, and count the others as skipped."""
        identity = Identity(self.expected.fingerprint)
        retries_only = self.flags.output.retry_failed
        for item in self.items():
            key = identity.unique(self.maker.key(item))
            if results.is_done(key) or (retries_only and not results.has_failed(key, item.id)):
                self.meter.skipped += 1
            else:
                yield item, key

    def knows_all(self, key: Key, row_id: Key) -> bool:
        """Tell whether a failure is one of this run's, which has seen all items."""
        return self.asked.get(key) > 0

    def knows(self, key: Key, row_id: Key) -> bool:
        """Tell whether a failure is one of this run's, or of a row that it has not asked anew."""
        return self.asked.get(key) > 0 or not self.asked_ids.get(row_id)

    def count(self, done: Done) -> None:
        """Count a result for the progress bar."""
        self.meter.done += 1
        self.meter.failed += done.status is not ExitStatus.OK
        self.meter.tokens += done.tokens

    def work(self, task: Task, client: Asker) -> Done:
        """Ask, judge, and give the line; in a worker's thread."""
        outcome = client.ask(task.request, None, self.expected.allowed.reading())
        judged = self.expected.judge(task.request, outcome, client)
        done = result_line.done(task, judged, has_labels=self.flags.expectations.one_of is not None)
        if done.tokens:
            self.session.limiter.spent(done.tokens)
        return done


def make_plan(invocation: Invocation, flags: Flags) -> Plan:
    """
    Read everything but the items, and check it.

    Raises:
        GradientError: something is wrong with a flag, a file or the settings.

    """
    output = flags.output
    if output.json and output.output == "-" and not output.dry_run:
        raise UsageError("--json and results on stdout exclude each other", hint="-o OUT.jsonl")
    if flags.request.body == "-":
        raise UsageError("--body - and ITEMS both want stdin", hint="give --body a file")
    if flags.network.key_file == "-" and _takes_stdin(flags.items):
        raise UsageError("--key-file - and ITEMS both want stdin", hint="give one of them a file")
    expected = verdict.expected(flags.expectations, extract=output.extract)
    tell = invocation.terminal.note if not output.quiet else _silent
    for warning in expected.warnings():
        tell(warning)
    session = open_session(
        invocation,
        {**inputs.request_flags(flags.request), **flags.expectations.settings()},
        flags.network,
        ProofOptions(dry_run=output.dry_run, record=output.record, replay=output.replay),
        tell=tell,
        detail=_silent,
    )
    if not output.verbose:
        # A wait is everybody's, and the progress bar shows it once.
        session.tell = _silent
    settings = session.settings
    if settings.source("timeout") == "built in":
        given = {**settings.values, "timeout": Value(TIMEOUT_S, "built in")}
        session.settings = replace(settings, values=given)
    maker = _maker(flags, session, expected)
    expected = expected.with_tags(session.settings.get("think_tags"))
    return Plan(session, maker, expected, flags, Meter(invocation.clock))


def _maker(flags: Flags, session: Session, expected: verdict.Expected) -> RequestMaker:
    settings, options = session.settings, flags.items
    base = inputs.base_body(flags.request, lambda: "")
    fields = {
        name: value
        for name, value in settings.request().items()
        if name not in base or settings.source(name).startswith("--")
    }
    if options.instructions is not None:
        fields["instructions"] = flag_values.text_or_file(options.instructions)
    request = inputs.build_request(
        fields,
        input="",
        options=flags.request,
        base=base,
        text_format=expected.text_format,
        stream=bool(fields.get("stream", base.get("stream", False))),
    )
    reader = inputs.Reader(
        session.invocation.terminal,
        timeout_s=settings.timeout_s,
        max_bytes=settings.max_input_bytes,
        note=session.tell,
    )
    if "-" in (options.file or []):
        raise UsageError("-f - and ITEMS both want stdin", hint="give -f a file")
    return RequestMaker(
        request,
        flag_values.utf8(flags.prompt) if flags.prompt else flags.prompt,
        flag_values.variables(options.var or []),
        [reader.file(path) for path in options.file or []],
    )


def _takes_stdin(options: ItemOptions) -> bool:
    return options.each_file is None and options.items in {None, "-"}


def _items(options: ItemOptions, terminal: Terminal) -> Iterator[Item]:
    if options.each_file is not None:
        if options.items is not None:
            raise UsageError("--items and --each-file exclude each other")
        yield from items.read_files(options.each_file)
        return
    path = options.items
    if path is None and not has_stdin(terminal):
        raise UsageError("there are no items", hint="-i FILE, or --each-file GLOB, or a pipe")
    is_rows = options.jsonl if options.jsonl is not None else items.is_rows(path or "")
    read = items.read_rows if is_rows else items.read_lines
    if path is None or path == "-":
        if terminal.stdin is None:
            raise UsageError("`-` means stdin, and stdin is closed")
        yield from read(terminal.stdin, "stdin")
        return
    try:
        file = open(path, "rb", buffering=1 << 20)  # noqa: SIM115, PTH123  # closed below
    except OSError as error:
        raise UsageError(
            f'cannot read "{path}": {(error.strerror or str(error)).lower()}'
        ) from None
    with file:
        yield from read(file, path)


def _check_model(session: Session, request: Request) -> None:
    if request.model is None and is_digitalocean(session.settings.base_url):
        if request.body().get("model"):
            return
        raise UsageError(
            "no model is set",
            hint="-m ID, or `gradient config set model ID`; `gradient models` lists them",
        )


def _silent(line: str) -> None:
    """Say nothing."""
