"""
`gradient batch run`: items in, results out.

    flags ─► Plan ─► tasks (one by one) ─► Runner ─► OUT
                       └ those that OUT has already are skipped
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

from gradient_cli.batch import items
from gradient_cli.batch.items import Item, Shard
from gradient_cli.batch.keys import Identity, Key, KeyTable
from gradient_cli.batch.results import Results, id_key, open_results
from gradient_cli.batch.runner import Done, Runner, Tally, Task
from gradient_cli.client import Asker
from gradient_cli.commands import asking, judging, result_line, values
from gradient_cli.commands.batch_options import ItemOptions, RunOptions
from gradient_cli.commands.invocation import Invocation
from gradient_cli.commands.options import RequestOptions
from gradient_cli.commands.rows import RequestMaker
from gradient_cli.commands.run_options import ExpectOptions, NetworkOptions, ProofOptions
from gradient_cli.commands.session import Session, open_session
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus, worst
from gradient_cli.record import record
from gradient_cli.render.progress import Meter, Progress, duration
from gradient_cli.settings.resolve import Value
from gradient_cli.terminal.color import may_move_cursor
from gradient_cli.terminal.intake import has_stdin
from gradient_cli.terminal.streams import Terminal
from gradient_cli.wire.address import is_digitalocean
from gradient_cli.wire.json import Json, line
from gradient_cli.wire.request import Request

TIMEOUT_S = 600
"""The longest silence, unless the user says another: whole answers are silent until they end."""


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
    expected: judging.Expected
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

    def tasks(self, results: Results) -> Iterator[Task]:
        """Give what is left to do."""
        identity = Identity(self.expected.fingerprint)
        retries_only = self.flags.output.retry_failed
        for item in self.items():
            key = identity.unique(self.maker.key(item))
            if results.is_done(key) or (retries_only and not results.has_failed(key, item.id)):
                self.meter.skipped += 1
                continue
            request = self.maker.request(item)
            _check_model(self.session, request)
            if results.is_untidy:
                self.asked.set(key, 1)
                self.asked_ids.set(id_key(item.id), 1)
            yield Task(item.id, key, request)

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
        outcome = client.ask(task.request)
        judged = self.expected.judge(task.request, outcome, client)
        done = result_line.done(task, judged, has_labels=self.flags.expectations.one_of is not None)
        if done.tokens:
            self.session.limiter.spent(done.tokens)
        return done


def run(invocation: Invocation, flags: Flags) -> int:
    """
    Carry out `batch run`.

    Raises:
        GradientError: a flag or an item is not usable, or OUT cannot be written.

    """
    import gc

    # The door turned it off for short runs; this one may take hours. What is loaded so far
    # stays, and need not be looked at again.
    gc.freeze()
    gc.enable()
    plan = make_plan(invocation, flags)
    try:
        if flags.output.dry_run:
            return _show_requests(plan)
        return _run(plan)
    finally:
        plan.session.close()


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
    expected = judging.expected(flags.expectations, extract=output.extract)
    tell = invocation.terminal.note if not output.quiet else _silent
    session = open_session(
        invocation,
        asking.request_flags(flags.request),
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
    return Plan(session, maker, expected, flags, Meter(invocation.clock))


def _maker(flags: Flags, session: Session, expected: judging.Expected) -> RequestMaker:
    settings, options = session.settings, flags.items
    base = asking.base_body(flags.request, lambda: "")
    fields = {
        name: value
        for name, value in settings.request().items()
        if name not in base or settings.source(name).startswith("--")
    }
    if options.instructions is not None:
        fields["instructions"] = values.text_or_file(options.instructions)
    request = asking.build_request(
        fields,
        input="",
        options=flags.request,
        base=base,
        text_format=expected.text_format,
        stream=bool(fields.get("stream", base.get("stream", False))),
    )
    reader = asking.Reader(
        session.invocation.terminal,
        timeout_s=settings.timeout_s,
        max_bytes=settings.max_input_bytes,
        note=session.tell,
    )
    if "-" in (options.file or []):
        raise UsageError("-f - and ITEMS both want stdin", hint="give -f a file")
    return RequestMaker(
        request,
        flags.prompt,
        values.variables(options.var or []),
        [reader.file(path) for path in options.file or []],
    )


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


def _show_requests(plan: Plan) -> int:
    terminal = plan.session.invocation.terminal
    for item in plan.items():
        terminal.write_bytes(b"".join(plan.maker.request(item).encode()) + b"\n")
    return ExitStatus.OK


def _run(plan: Plan) -> int:
    session, flags = plan.session, plan.flags
    session.credential()
    terminal = session.invocation.terminal
    results = open_results(flags.output.output, terminal.write_bytes)
    plan.meter.wait_s = session.limiter.wait_s
    plan.meter.total = _total(flags.items)
    plan.meter.begin()
    try:
        with _progress(plan):
            tally = _runner(plan, results).run(plan.tasks(results))
        is_known = plan.is_whole and not tally.stopped_by and not flags.output.retry_failed
        results.finish(knows=plan.knows_all if is_known else plan.knows)
    finally:
        results.close()
    return _report(plan, tally)


def _runner(plan: Plan, results: Results) -> Runner:
    session, output = plan.session, plan.flags.output
    return Runner(
        plan.work,
        session.open_client,
        results,
        jobs=output.jobs,
        is_ordered=output.ordered,
        max_tokens=output.max_total_tokens,
        max_faults=_max_faults(output),
        has_time=lambda: (left := session.remaining_s()) is None or left > 0,
        watch=plan.count,
    )


def _max_faults(output: RunOptions) -> int:
    """Give how many rows in a row may find the service down: one bad moment hits each worker."""
    return max(20, 2 * output.jobs) if output.max_failures is None else output.max_failures


def _progress(plan: Plan) -> AbstractContextManager[object]:
    if plan.flags.output.quiet:
        return nullcontext()
    invocation = plan.session.invocation
    terminal = invocation.terminal
    may_move = may_move_cursor(invocation.environ, terminal.stderr_is_tty)
    # A bar among results that scroll by helps nobody.
    has_bar = may_move and (plan.flags.output.output != "-" or not terminal.stdout_is_tty)
    return Progress(terminal, plan.meter, has_bar=has_bar)


def _total(options: ItemOptions) -> int | None:
    """Give the number of items, as far as it can be had before they are read."""
    if options.items in (None, "-") or options.each_file is not None:
        return None
    try:
        lines = items.count_lines(str(options.items))
    except OSError:
        return None
    shard = Shard.parse(options.shard) if options.shard else Shard()
    mine = len(range(shard.index - 1, lines, shard.count))
    return min(mine, options.limit) if options.limit else mine


def _report(plan: Plan, tally: Tally) -> ExitStatus:
    """Say what the run came to, and give its status."""
    statuses = set(tally.statuses)
    if tally.stopped_by == "time":
        statuses.add(ExitStatus.TIMEOUT)
    if tally.stopped_by == "tokens":
        statuses.add(ExitStatus.INCOMPLETE)
    status = worst(statuses)
    terminal, output, meter = plan.session.invocation.terminal, plan.flags.output, plan.meter
    if output.json:
        terminal.write(line(_document(plan, tally, status)) + "\n")
    if not output.quiet:
        parts = [f"{tally.done - tally.failed:,} ok", f"{tally.failed:,} failed"]
        parts += [f"{plan.meter.skipped:,} skipped"] if plan.meter.skipped else []
        parts += [duration(meter.seconds), f"{meter.rate:,.1f} a second"]
        parts += [f"{tally.tokens:,} tokens"] if tally.tokens else []
        terminal.note(", ".join(parts))
    if words := STOPPED.get(tally.stopped_by or ""):
        terminal.note(f"gradient: {words}{_why(tally)}{_left(meter)}")
    elif tally.failed:
        terminal.note(f"gradient: {tally.failed:,} of {tally.done:,} failed; {_worst(tally)}")
    if status and output.output != "-":
        terminal.note("hint: the same command tries again what failed or was left")
    return status


STOPPED = {
    "tokens": "stopped: --max-total-tokens is reached",
    "time": "stopped: --max-time has passed",
    "refused": "stopped: the service does not accept the key (401)",
    "failures": "stopped: the service gives no more answers",
}


def _why(tally: Tally) -> str:
    if tally.stopped_by != "failures":
        return ""
    return f": {tally.faults_in_a_row:,} rows in a row failed, the last with: {tally.last_fault}"


def _left(meter: Meter) -> str:
    """Give how many rows were not begun, as far as it is known: empty lines count, too."""
    left = (meter.total or 0) - meter.done - meter.skipped
    return f"; about {left:,} rows are left" if left > 0 else ""


def _worst(tally: Tally) -> str:
    """Give the failures by status, most frequent first."""
    failed = {s: n for s, n in tally.statuses.items() if s is not ExitStatus.OK}
    return ", ".join(
        f"status {int(status)}: {count:,}"
        for status, count in sorted(failed.items(), key=lambda pair: -pair[1])
    )


def _document(plan: Plan, tally: Tally, status: ExitStatus) -> dict[str, Json]:
    return {
        "ok": status is ExitStatus.OK,
        "exit_code": int(status),
        "done": tally.done,
        "failed": tally.failed,
        "skipped": plan.meter.skipped,
        "exit_codes": {str(int(code)): tally.statuses[code] for code in sorted(tally.statuses)},
        "total_tokens": tally.tokens,
        "seconds": round(plan.meter.seconds, 3),
        "stopped_by": tally.stopped_by,
    }


def _silent(line: str) -> None:
    """Say nothing."""
