"""
`gradient batch status | fetch | cancel`: the job that was submitted for OUT.

    OUT.job ─► the job at the engine ─► its results, joined to their rows ─► OUT
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from gradient_cli.ask import verdict
from gradient_cli.ask.client import Client
from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.run_options import ExpectOptions, NetworkOptions, ProofOptions
from gradient_cli.ask.session import open_session
from gradient_cli.batch import result_line
from gradient_cli.batch.item_options import JobOptions
from gradient_cli.batch.jobs import Job, JobFile, load_job
from gradient_cli.batch.ledger import Ledger
from gradient_cli.batch.provider import Engine, Result
from gradient_cli.batch.replies import outcome_of
from gradient_cli.batch.results import Results, open_results
from gradient_cli.batch.tasks import Done, Tally, Task
from gradient_cli.errors import IncompleteAnswer, ServiceError, UsageError
from gradient_cli.exits import ExitStatus, worst
from gradient_cli.runs.batch.submit import open_engine
from gradient_cli.transport.faults import Setting
from gradient_cli.values import mutable_record, record
from gradient_cli.wire.json import Json, line
from gradient_cli.wire.request import Request

Tell = Callable[[str], None]


@record
class Desk:
    """What is needed to deal with OUT's job."""

    note: JobFile
    job_id: str
    engine: Engine
    client: Client
    """Judges answers; asks nothing."""
    tell: Tell


def status(
    invocation: Invocation, options: JobOptions, network: NetworkOptions, *, waits: bool
) -> int:
    """
    Print how the job is doing; one that ended without answers is status 5.

    Raises:
        GradientError: there is no job, or it cannot be had.

    """
    with _open(invocation, options, network) as desk:
        job = _look(desk, waits=waits)
    _show(invocation, job, job.words(), is_json=options.json)
    return ExitStatus.SERVICE if job.is_over and not job.is_good else ExitStatus.OK


def cancel(invocation: Invocation, options: JobOptions, network: NetworkOptions) -> int:
    """
    Cancel the job and print how it is then.

    Raises:
        GradientError: there is no job, or the engine refuses.

    """
    with _open(invocation, options, network) as desk:
        before = desk.engine.status(desk.job_id)
        job = before if before.is_over else desk.engine.cancel(desk.job_id)
    words = f"{job.words()}: there is nothing to cancel" if before.is_over else job.words()
    _show(invocation, job, words, is_json=options.json)
    return ExitStatus.OK


def fetch(
    invocation: Invocation, options: JobOptions, network: NetworkOptions, *, waits: bool
) -> int:
    """
    Write the job's results to OUT, each row once, and forget the job if none is missing.

    Raises:
        IncompleteAnswer: it is not over.
        ServiceError: it ended without answers.
        GradientError: there is no job, or it cannot be had.

    """
    with _open(invocation, options, network) as desk:
        job = _look(desk, waits=waits)
        if not job.is_over:
            raise IncompleteAnswer(
                job.words(),
                hint=f"later, or: gradient batch fetch --wait -o {options.output}",
            )
        found = desk.engine.results(desk.job_id)
        if found is None and job.is_good:
            raise IncompleteAnswer(f"{job.words()}, but its answers are not there yet")
        if found is None:
            desk.note.forget()
            raise ServiceError(
                job.words(), hint="the same `batch submit` makes a new job; `batch run` asks now"
            )
        results = open_results(options.output, invocation.terminal.write_request)
        ledger = Ledger(results, run=desk.note.run)
        try:
            joined = _join(desk, found, results, ledger)
            ledger.finish()
        finally:
            results.close()
            ledger.close()
        if joined.is_whole or not job.is_good:
            desk.note.forget()
        else:
            desk.note.is_fetched = True
            desk.note.save()
    return _report(invocation, options, job, joined)


@mutable_record
class _Joined:
    """What the lines of results came to, counted by rows: a row may have several lines, or none."""

    rows: int
    tally: Tally = field(default_factory=Tally)
    repeated: int = 0
    """Lines of a row that had its answer already; the first answer stands."""
    foreign: int = 0
    """Lines that name none of our rows."""

    @property
    def missing(self) -> int:
        """Give the number of rows without any line."""
        return self.rows - self.tally.done

    @property
    def is_whole(self) -> bool:
        """Tell whether each row has its line, and each line a row."""
        return not (self.missing or self.foreign)


def _judge(desk: Desk, ledger: Ledger) -> Callable[[Result], Done]:
    """Give what makes the line of a result: judged as its row was asked."""
    note = desk.note
    expected, has_labels = _expected(note)
    setting = Setting("the batch engine")

    def judge(result: Result) -> Done:
        row = note.rows[result.position]
        terms = note.terms_of(result.position)
        asked = None if terms is None else Request(base=terms)
        outcome = outcome_of(result, setting, expected.allowed.reading())
        return result_line.done(
            Task(row, Request(), ledger.spent_before(row)),
            expected.judge(asked, outcome, desk.client),
            at=ledger.times.now(),
            run=note.run,
            has_labels=has_labels,
            is_timed=False,
        )

    return judge


def _join(desk: Desk, found: Iterator[Result | None], results: Results, ledger: Ledger) -> _Joined:
    """
    Write a line of each row; what OUT has already is not written again.

    A failure waits for the end, because a later line may hold the row's answer.
    """
    note, joined = desk.note, _Joined(len(desk.note.rows))
    judge = _judge(desk, ledger)
    present = {position for position, row in enumerate(note.rows) if ledger.claim(row)}
    ledger.settle(is_whole=False)
    answered: set[int] = set()
    failed: dict[int, Done] = {}

    def keep(position: int, done: Done) -> None:
        joined.tally.add(done)
        if position not in present:
            results.write(done.line)

    for result in found:
        if result is None or result.position >= len(note.rows):
            joined.foreign += 1
            continue
        position = result.position
        if position in answered:
            joined.repeated += 1
            continue
        done = judge(result)
        if done.status is ExitStatus.OK:
            answered.add(position)
            joined.repeated += failed.pop(position, None) is not None
            keep(position, done)
        else:
            joined.repeated += position in failed
            failed.setdefault(position, done)
    for position, done in failed.items():
        keep(position, done)
    return joined


def _expected(note: JobFile) -> tuple[verdict.Expected, bool]:
    """Give what was expected at `submit`, and whether labels were."""
    known = get_type_hints(ExpectOptions)
    given = {name: value for name, value in note.expectations.items() if name in known}
    for name, value in given.items():
        if not _fits(value, known[name]):
            raise UsageError(
                f'"{note.path}" does not hold a job: its `{name}` is of the wrong kind',
                hint="remove it if you know what became of the job",
            )
    extract = note.expectations.get("extract") is True
    return verdict.expected(ExpectOptions(**given), extract=extract), "one_of" in given


def _fits(value: Json, kind: Any) -> bool:
    """Tell whether a value that was kept is of the kind of its flag."""
    if get_origin(kind) is UnionType:
        return any(_fits(value, one) for one in get_args(kind))
    if get_origin(kind) is list:
        return isinstance(value, list) and all(isinstance(text, str) for text in value)
    return type(value) is kind


def _report(invocation: Invocation, options: JobOptions, job: Job, joined: _Joined) -> ExitStatus:
    tally, missing = joined.tally, joined.missing
    statuses = [
        *tally.statuses,
        *([ExitStatus.INCOMPLETE] if missing else []),
        *([ExitStatus.SERVICE] if joined.foreign else []),
    ]
    whole = worst(statuses)
    if options.json:
        document = {
            "ok": whole is ExitStatus.OK,
            "exit_code": int(whole),
            "done": tally.done,
            "failed": tally.failed,
            "missing": missing,
            "repeated": joined.repeated,
            "foreign": joined.foreign,
            "exit_codes": {str(int(code)): tally.statuses[code] for code in sorted(tally.statuses)},
            "total_tokens": tally.tokens,
            "job": _document(job),
        }
        invocation.terminal.write_json(line(document) + "\n")
    if not options.quiet:
        parts = [f"{tally.done - tally.failed:,} ok", f"{tally.failed:,} failed"]
        parts += [f"{missing:,} not answered"] if missing else []
        parts += [f"{tally.tokens:,} tokens"] if tally.tokens else []
        invocation.terminal.note(", ".join(parts))
        if joined.repeated:
            invocation.terminal.note(
                f"warning: {joined.repeated:,} lines of results repeat a row; one counts"
            )
    if whole:
        invocation.terminal.note(_complaint(options, job, joined))
    return whole


def _complaint(options: JobOptions, job: Job, joined: _Joined) -> list[str]:
    """Say what is not as it should be, and what helps."""
    unanswered = joined.tally.failed + joined.missing
    what = "failed or was not answered" if joined.missing else "failed"
    words = [f"{unanswered:,} of {joined.rows:,} rows {what}"] if unanswered else []
    if joined.foreign:
        words.append(f"{joined.foreign:,} lines of results name none of our rows")
    hint = "`batch submit` or `batch run`, with the same items and OUT, asks those again"
    if not joined.is_whole and job.is_good:
        hint = f"`gradient batch fetch -o {options.output}` looks again; {hint}"
    return [f"gradient: {'; '.join(words)}", f"hint: {hint}"]


def _show(invocation: Invocation, job: Job, words: str, *, is_json: bool) -> None:
    if is_json:
        invocation.terminal.write_json(line(_document(job)) + "\n")
    else:
        invocation.terminal.say(words)


def _look(desk: Desk, *, waits: bool) -> Job:
    """Give the job as it is, or as it is when it is over."""
    if not waits:
        return desk.engine.status(desk.job_id)
    said = [""]

    def look(job: Job) -> None:
        if job.words() != said[0]:
            said[0] = job.words()
            desk.tell(said[0])

    return desk.engine.wait(desk.job_id, look)


@contextmanager
def _open(invocation: Invocation, options: JobOptions, network: NetworkOptions) -> Iterator[Desk]:
    """Give OUT's job and the way to it."""
    note = load_job(options.output)
    if note is None:
        raise UsageError(
            f"no job was submitted for {options.output}",
            hint=f"gradient batch submit … -o {options.output}",
        )
    tell = _silent if options.quiet else invocation.terminal.note
    session = open_session(invocation, {}, network, ProofOptions(), tell=tell, detail=_silent)
    try:
        if session.settings.base_url != note.endpoint:
            raise UsageError(
                f"the job of {options.output} was submitted to {note.endpoint}, "
                f"not to {session.settings.base_url}",
                hint=f"--base-url {note.endpoint}, or the profile that names it",
            )
        client = session.open_client()
        try:
            engine = open_engine(session, client, tell)
            yield Desk(note, _job_id(note, engine), engine, client, tell)
        finally:
            client.close()
    finally:
        session.close()


def _job_id(note: JobFile, engine: Engine) -> str:
    """Give the job's id; one whose reply was lost is looked for."""
    if note.job_id is None:
        job = engine.find(note.request_id)
        if job is None:
            note.forget()
            raise UsageError(f"the job of {_path(note)} was never made", hint="submit it again")
        note.job_id = job.id
        note.save()
    return note.job_id


def _path(note: JobFile) -> str:
    return str(note.path).removesuffix(".job")


def _document(job: Job) -> dict[str, Json]:
    return {
        "id": job.id,
        "status": job.status,
        "is_over": job.is_over,
        "total": job.total,
        "completed": job.completed,
        "failed": job.failed,
        "errors": list(job.errors),
    }


def _silent(line: str) -> None:
    """Say nothing."""
