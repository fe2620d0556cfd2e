"""
What a batch is to do: its items become tasks, one by one.

    flags ─► Plan ─► look(ledger) ─► tasks; those that OUT has already are skipped
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import field, replace
from functools import partial

from gradient_cli.ask import flag_values, inputs, verdict
from gradient_cli.ask.client import Asker
from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.question import own_fields, read_prompt_file, reader_of, texts_of
from gradient_cli.ask.question_options import RequestOptions
from gradient_cli.ask.run_options import ExpectOptions, NetworkOptions, ProofOptions
from gradient_cli.ask.session import Session, open_session
from gradient_cli.ask.texts import Texts, from_files
from gradient_cli.batch import result_line
from gradient_cli.batch.item_options import ItemOptions, RunOptions
from gradient_cli.batch.items.folder import matching
from gradient_cli.batch.items.item import BadItems, Item
from gradient_cli.batch.items.reading import Items, Shard
from gradient_cli.batch.items.source import Source, open_source, stdin_source
from gradient_cli.batch.join import Join, Part
from gradient_cli.batch.ledger import Ledger
from gradient_cli.batch.provenance import Provenance, provenance
from gradient_cli.batch.request_maker import RequestMaker
from gradient_cli.batch.results import Results
from gradient_cli.batch.tasks import Done, Task
from gradient_cli.errors import UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.render.progress_bar import Meter
from gradient_cli.settings.prompt_file import PromptFile
from gradient_cli.settings.resolve import Value, no_model
from gradient_cli.values import mutable_record, record
from gradient_cli.wire import template
from gradient_cli.wire.address import is_digitalocean

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


@mutable_record
class Plan:
    """What to ask, and what to expect."""

    session: Session
    maker: RequestMaker
    expected: verdict.Expected
    flags: Flags
    meter: Meter
    join: Join
    provenance: Provenance
    ledger: Ledger | None = field(default=None)

    def open_ledger(self, results: Results) -> Ledger:
        """
        Read what OUT holds.

        Raises:
            UsageError: it holds something else.

        """
        by_id = self.flags.output.retry_failed
        self.ledger = Ledger(results, run=self.provenance.run, by_id=by_id)
        return self.ledger

    def look(self) -> None:
        """
        Look at every item, before anything is sent, and put OUT right.

        Raises:
            UsageError: an item is not usable; all that are wrong are named first.

        """
        terminal = self.session.invocation.terminal
        allows_none = self.flags.items.allow_no_items
        try:
            if self.ledger is None:
                self.join.check(allows_none=allows_none)
                return
            moves = self.join.look(self.ledger, allows_none=allows_none)
        except BadItems as error:
            for row in error.rows:
                terminal.note(f"gradient: {row}")
            raise
        if not self.flags.output.quiet:
            for words in moves.words(str(self.ledger.shown_aside)):
                terminal.note(words)
        self.meter.total, self.meter.skipped = self.join.mine, self.join.answered

    def items(self) -> Iterator[Item]:
        """Give the items that are to be asked, as they are needed."""
        return self.join.todo()

    def tasks(self) -> Iterator[Task]:
        """
        Give what is left to do.

        Raises:
            UsageError: ITEMS have changed meanwhile, and one cannot be asked any more.

        """
        assert self.ledger
        for item in self.items():
            request = self.maker.request(item)
            row = self.join.row(item)
            yield Task(row, request, self.ledger.spent_before(row))

    def keep_provenance(self) -> None:
        """Write down beside OUT what is asked, and with which settings."""
        output, options = self.flags.output, self.flags.items
        if self.ledger is None or not self.ledger.is_file:
            return
        part = {"shard": options.shard, "limit": options.limit}
        self.provenance.keep(
            output.output,
            self.ledger.times.now(),
            items=self.join.items.names(),
            rows=self.join.todo_count,
            **{name: value for name, value in part.items() if value},
        )

    def count(self, done: Done) -> None:
        """Count a result for the progress bar."""
        self.meter.done += 1
        self.meter.failed += done.status is not ExitStatus.OK
        self.meter.tokens += done.tokens

    def work(self, task: Task, client: Asker) -> Done:
        """Ask, judge, and give the line; in a worker's thread."""
        assert self.ledger
        outcome = client.ask(task.request, None, self.expected.allowed.reading())
        judged = self.expected.judge(task.request, outcome, client)
        done = result_line.done(
            task,
            judged,
            at=self.ledger.times.now(),
            run=self.provenance.run,
            has_labels=self.flags.expectations.one_of is not None,
        )
        if done.tokens:
            self.session.limiter.spent(done.tokens)
        return done

    def close(self) -> None:
        """Let go of everything."""
        self.session.close()
        self.join.items.close()
        if self.ledger is not None:
            self.ledger.close()


def make_plan(invocation: Invocation, flags: Flags) -> Plan:
    """
    Read everything but the items, and check it.

    Raises:
        GradientError: something is wrong with a flag, a file or the settings.

    """
    invocation.deadline(flags.network.max_time)
    output = flags.output
    _check_streams(flags)
    _check_out(flags)
    prompt_file = read_prompt_file(flags.prompt, flags.items.prompt_file)
    # Rows have variables, too, which are not known yet: a text that asks for them is refused.
    texts = texts_of(prompt_file, flags.items.var, is_strict=True)
    flags = replace(flags, expectations=verdict.filled(flags.expectations, texts))
    expected = verdict.expected(flags.expectations, extract=output.extract, texts=texts)
    tell = invocation.terminal.note if not output.quiet else _silent
    for warning in expected.warnings():
        tell(warning)
    session = _session(flags, prompt_file, invocation, tell)
    maker = _maker(flags, session, expected, prompt_file, texts)
    if not output.verbose:
        # A wait is everybody's, and the progress bar shows it once.
        session.tell = _silent
    settings = session.settings
    if settings.source("timeout") == "built in":
        given = {**settings.values, "timeout": Value(TIMEOUT_S, "built in")}
        session.settings = replace(settings, values=given)
    shard = Shard.parse(flags.items.shard)
    session.share_limit(shard.count)
    part = Part(shard, flags.items.limit, output.retry_failed)
    items = _items(flags, session, tell)
    join = Join(items, maker, expected.fingerprint, part)
    known = provenance(maker, expected.fingerprint, session.settings.base_url)
    expected = expected.with_tags(session.settings.get("think_tags"))
    return Plan(session, maker, expected, flags, Meter(invocation.clock), join, known)


def _session(
    flags: Flags,
    prompt_file: PromptFile | None,
    invocation: Invocation,
    tell: Callable[[str], None],
) -> Session:
    """Resolve the settings of the run, and open what carries them."""
    output = flags.output
    given = {
        **(prompt_file.fields if prompt_file else {}),
        **inputs.request_flags(flags.request),
        **flags.expectations.settings(),
    }
    proof = ProofOptions(
        dry_run=output.dry_run,
        record=output.record,
        replay=output.replay,
        strict_replay=output.strict_replay,
    )
    return open_session(invocation, given, flags.network, proof, tell=tell, detail=_silent)


def _check_streams(flags: Flags) -> None:
    """Refuse two that want stdin, or two that want stdout."""
    output = flags.output
    takes_stdin = takes(flags.items)
    if output.json and output.output == "-" and not output.dry_run:
        raise UsageError("--json and results on stdout exclude each other", hint="-o OUT.jsonl")
    if flags.request.body == "-":
        raise UsageError("--body - and ITEMS both want stdin", hint="give --body a file")
    if flags.network.key_file == "-" and takes_stdin:
        raise UsageError("--key-file - and ITEMS both want stdin", hint="give one of them a file")
    if "-" in (flags.items.file or []):
        raise UsageError("-f - and ITEMS both want stdin", hint="give -f a file")


def takes(options: ItemOptions) -> bool:
    """Tell whether ITEMS come on stdin."""
    if options.items is None:
        return options.each_file is None
    return "-" in options.items


def _maker(
    flags: Flags,
    session: Session,
    expected: verdict.Expected,
    prompt_file: PromptFile | None,
    texts: Texts,
) -> RequestMaker:
    options = flags.items
    base = inputs.base_body(flags.request, lambda: "")
    fields = own_fields(session, base, options.instructions)
    request = inputs.build_request(
        fields,
        input="",
        options=flags.request,
        base=base,
        text_format=expected.text_format,
        stream=bool(fields.get("stream", base.get("stream", False))),
    )
    prompt = prompt_file.text if prompt_file else flags.prompt
    prompt = flag_values.utf8(prompt) if prompt else prompt
    said = flag_values.pairs("--var", options.var or [])
    if prompt is not None:  # Rows without PROMPT may ask for any.
        asked = [text for text in (prompt, request.instructions) if text]
        for name in template.unused(asked, set(said) - texts.asked):
            session.tell(f"warning: --var {name} is not used")
        texts.asked.update(*map(template.names, asked))
    paths = options.file or []
    blocks = reader_of(session).files(paths)
    inputs.check_context(paths, blocks, from_files(said, texts))
    return RequestMaker(
        request,
        prompt,
        texts.variables,
        blocks,
        where=options.prompt_file or "the prompt",
        no_model=partial(no_model, session.settings)
        if is_digitalocean(session.settings.base_url)
        else None,
    )


def _items(flags: Flags, session: Session, tell: Callable[[str], None]) -> Items:
    """
    Find the items, and keep what cannot be read twice.

    Raises:
        UsageError: there are none, or OUT is one of them.

    """
    options, terminal = flags.items, session.invocation.terminal
    named = [name for name in ("lines", "csv", "tsv", "jsonl") if getattr(options, name)]
    if len(named) > 1:
        raise UsageError(f"--{named[0]} and --{named[1]} exclude each other")
    if options.each_file is not None:
        if options.items is not None:
            raise UsageError("--items and --each-file exclude each other")
        items = Items(patterns=options.each_file)
        for path in matching(options.each_file):
            _check_other(path, flags.output.output, "an item")
        return items
    form = named[0] if named else None
    sources: list[Source] = []
    if options.items is None:
        sources.append(stdin_source(terminal, tell, form, session.settings.timeout_s))
    for path in options.items or []:
        sources.append(open_source(path, terminal, tell, form))
    return Items(sources)


def _check_out(flags: Flags) -> None:
    """
    Refuse an OUT that is read by the run.

    Raises:
        UsageError: it would be written over, or read as something else.

    """
    options, out = flags.items, flags.output.output
    read: list[tuple[str | None, str]] = [(path, "ITEMS") for path in options.items or []]
    read += [(path, "a file of -f") for path in options.file or []]
    read += [(options.prompt_file, "the prompt file"), (flags.request.body, "--body")]
    read += [(flags.expectations.schema, "the schema")]
    given = [options.instructions or "", *(v.partition("=")[2] for v in options.var or [])]
    read += [(text[1:], "an @FILE") for text in given if text.startswith("@")]
    for path, what in read:
        if path is not None:
            _check_other(path, out, what)


def _check_other(path: str, out: str, what: str) -> None:
    """Refuse an OUT that is read as something else."""
    try:
        is_same = path != "-" and os.path.isfile(path) and os.path.samefile(path, out)  # noqa: PTH121
    except OSError:
        return
    if is_same:
        raise UsageError(f'"{path}" is both {what} and OUT', hint="-o names another file")


def _silent(line: str) -> None:
    """Say nothing."""
