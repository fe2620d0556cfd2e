"""
What a batch is to do: its items become tasks, one by one.

    flags ─► Plan ─► look(ledger) ─► tasks; those that OUT has already are skipped
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import partial

from gradient_cli.ask import flag_values, inputs, verdict
from gradient_cli.ask.client import Asker
from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.question import read_prompt_file, reader_of, shared_request, texts_of
from gradient_cli.ask.run_options import ExpectOptions, ToolOptions
from gradient_cli.ask.session import Session, open_session
from gradient_cli.ask.texts import Texts, from_files
from gradient_cli.batch import result_line
from gradient_cli.batch.decided_rows import Deciding
from gradient_cli.batch.flags import Flags
from gradient_cli.batch.items.item import BadItems, Item
from gradient_cli.batch.join import Join, Part
from gradient_cli.batch.ledger import Ledger
from gradient_cli.batch.provenance import Provenance, provenance
from gradient_cli.batch.request_maker import RequestMaker
from gradient_cli.batch.results import Results
from gradient_cli.batch.tasks import Done, Task
from gradient_cli.exits import ExitStatus
from gradient_cli.render.progress_bar import Meter
from gradient_cli.settings.resolve import Value, no_model
from gradient_cli.values import mutable_record
from gradient_cli.wire import template
from gradient_cli.wire.address import is_digitalocean
from gradient_cli.wire.attachment import Block
from gradient_cli.wire.request import Request, encode_json

TIMEOUT_S = 600
"""The longest silence, unless the user says another: whole answers are silent until they end."""


@mutable_record
class Plan:
    """What to ask, and what to expect."""

    session: Session
    maker: RequestMaker
    expected: verdict.Expected
    expectations: ExpectOptions
    """What the flags expect, with their variables filled."""
    tell: Callable[[str], None]
    meter: Meter
    join: Join
    provenance: Provenance
    over: Callable[[Asker], Asker] | None = None
    """Lets a client answer calls by programs."""
    ledger: Ledger | None = field(default=None)
    deciding: Deciding | None = field(default=None)
    """What is decided of each row; None: a model is asked for text."""

    def open_client(self) -> Asker:
        """Open a client for a worker."""
        client = self.session.open_client()
        return self.over(client) if self.over else client

    def open_ledger(self, results: Results) -> Ledger:
        """
        Read what OUT holds.

        Raises:
            UsageError: it holds something else.

        """
        by_id = self.join.part.retries_only
        self.ledger = Ledger(results, run=self.provenance.run, by_id=by_id)
        return self.ledger

    def look(self) -> None:
        """
        Look at every item, before anything is sent, and put OUT right.

        Raises:
            UsageError: an item is not usable; all that are wrong are named first.

        """
        try:
            if self.ledger is None:
                self.join.check()
                return
            moves = self.join.look(self.ledger)
        except BadItems as error:
            for row in error.rows:
                self.session.invocation.terminal.note(f"gradient: {row}")
            raise
        for words in moves.words(str(self.ledger.shown_aside)):
            self.tell(words)
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
        if self.ledger is None or not self.ledger.is_file:
            return
        part = {"shard": self.join.part.shard.words, "limit": self.join.part.limit}
        self.provenance.keep(
            self.ledger.path,
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
        times, run = self.ledger.times, self.provenance.run
        if self.deciding:
            done = self.deciding.work(task, client, at=times.now(), run=run)
        else:
            outcome = client.ask(task.request, None, self.expected.allowed.reading())
            judged = self.expected.judge(task.request, outcome, client)
            has_labels = self.expectations.one_of is not None
            done = result_line.done(task, judged, at=times.now(), run=run, has_labels=has_labels)
        if done.tokens:
            self.session.limiter.spent(done.tokens)
        return done

    def bytes_of(self, request: Request) -> bytes:
        """Give what is sent for a row, as it may be shown."""
        if self.deciding:
            return encode_json(self.deciding.body(request))
        return b"".join(request.encode(body=request.shown()))

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
    choice, part, proof, output = flags.choice(), flags.part(), flags.proof(), flags.output
    flags.check_out()
    prompt_file = read_prompt_file(flags.prompt, flags.items.prompt_file)
    # Rows have variables, too, which are not known yet: a text that asks for them is refused.
    texts = texts_of(prompt_file, flags.items.var, is_strict=True)
    expectations = verdict.filled(flags.expectations, texts)
    expected = verdict.expected(expectations, extract=output.extract, texts=texts)
    tell = invocation.terminal.note if not output.quiet else silent
    for warning in expected.warnings():
        tell(warning)
    own = prompt_file.fields if prompt_file else {}
    given = {**own, **inputs.request_flags(flags.request), **expectations.settings()}
    session = open_session(invocation, given, flags.network, proof, tell=tell, detail=silent)
    request = shared_request(session, flags.request, flags.items.instructions, expected.text_format)
    # What the flags say is said by values from here on.
    said = flag_values.pairs("--var", flags.items.var or [])
    prompt = prompt_file.text if prompt_file else flags.prompt
    if prompt:
        prompt = flag_values.utf8(prompt)
    if prompt is not None:  # Rows without PROMPT may ask for any.
        tell_unused(prompt, request, said, texts, tell)
    blocks = blocks_of(session, flags.items.file or [], from_files(said, texts))
    where = flags.items.prompt_file or "the prompt"
    is_needed = is_digitalocean(session.settings.base_url)
    refuse = partial(no_model, session.settings) if is_needed else None
    maker = RequestMaker(request, prompt, texts.variables, blocks, where, refuse)
    prepare(session, part, is_verbose=output.verbose)
    items = choice.open(invocation.terminal, tell, session.settings.timeout_s, output.output)
    fingerprint = expected.fingerprint + flags.tools.fingerprint()
    join = Join(items, maker, fingerprint, part)
    known = provenance(maker, fingerprint, session.settings.base_url)
    expected = expected.with_tags(session.settings.get("think_tags"))
    meter = Meter(invocation.clock)
    over = _answering(session, flags.tools, request)
    return Plan(session, maker, expected, expectations, tell, meter, join, known, over)


def _answering(
    session: Session, tools: ToolOptions, request: Request
) -> Callable[[Asker], Asker] | None:
    """
    Give what lets a client answer calls by programs; None where the command line names none.

    Raises:
        UsageError: a program is not there, or answers no function of the requests.

    """
    tools.refuse_alone()
    if not tools.run_tool:
        return None
    from gradient_cli.ask.tools.kit import Kit

    kit = Kit(tools, session, session.tell)
    kit.check([request])
    return kit.over


def tell_unused(
    prompt: str, request: Request, said: Iterable[str], texts: Texts, tell: Callable[[str], None]
) -> None:
    """Warn of variables that nothing asks for; what is asked for may be a row's, too."""
    asked = [text for text in (prompt, request.instructions) if text]
    for name in template.unused(asked, set(said) - texts.asked):
        tell(f"warning: --var {name} is not used")
    texts.asked.update(*map(template.names, asked))


def blocks_of(
    session: Session, paths: Sequence[str], variables: Mapping[str, str]
) -> Sequence[Block]:
    """Read the files that go before every prompt."""
    blocks = reader_of(session).files(paths)
    inputs.check_context(paths, blocks, variables)
    return blocks


def prepare(session: Session, part: Part, *, is_verbose: bool) -> None:
    """Make of a session one for many requests."""
    if not is_verbose:
        # A wait is everybody's, and the progress bar shows it once.
        session.tell = silent
    settings = session.settings
    if settings.source("timeout") == "built in":
        given = {**settings.values, "timeout": Value(TIMEOUT_S, "built in")}
        session.settings = replace(settings, values=given)
    session.share_limit(part.shard.count)


def silent(line: str) -> None:
    """Say nothing."""
