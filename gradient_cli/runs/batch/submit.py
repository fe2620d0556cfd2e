"""
`gradient batch submit`: the items of `batch run`, handed to the provider's engine.

    items ─► rows that OUT lacks ─► one upload ─► a job, remembered in OUT.job

An OUT has one job at a time. The same command again finds the job that is there.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from gradient_cli.ask.client import Client
from gradient_cli.ask.flaws import terms_of
from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.question_options import RequestOptions
from gradient_cli.ask.run_options import ExpectOptions, NetworkOptions
from gradient_cli.ask.session import Session
from gradient_cli.batch.entries import Row
from gradient_cli.batch.flags import Flags as PlanFlags
from gradient_cli.batch.item_options import ItemOptions, RunOptions, SubmitOptions
from gradient_cli.batch.jobs import Job, JobFile, job_path, load_job
from gradient_cli.batch.ledger import Ledger
from gradient_cli.batch.plan import Plan, make_plan
from gradient_cli.batch.provider import Engine, Upload, content_id, request_line, write_upload
from gradient_cli.batch.results import open_results
from gradient_cli.batch.tasks import Task
from gradient_cli.errors import CredentialError, UsageError, run_timed_out
from gradient_cli.exits import ExitStatus
from gradient_cli.transport.storage import Storage
from gradient_cli.values import record
from gradient_cli.wire.json import Json, canonical, dumps
from gradient_cli.wire.request import Request


@record
class Flags:
    """All that the user said."""

    prompt: str | None
    items: ItemOptions
    request: RequestOptions
    output: SubmitOptions
    expectations: ExpectOptions
    network: NetworkOptions


def submit(invocation: Invocation, flags: Flags) -> int:
    """
    Upload what OUT lacks and create a job, or find the one that is there.

    Raises:
        GradientError: a flag or an item is not usable, or the engine refuses.

    """
    output = flags.output
    if flags.expectations.repair:
        raise UsageError("--repair asks again, which a job cannot", hint="use `batch run`")
    if output.output == "-":
        raise UsageError("a job needs a file for its answers", hint="-o OUT.jsonl")
    run = RunOptions(output=output.output, extract=output.extract, quiet=output.quiet)
    plan = make_plan(
        invocation,
        PlanFlags(flags.prompt, flags.items, flags.request, run, flags.expectations, flags.network),
    )
    try:
        return _show_upload(plan) if output.dry_run else _submit(plan, output)
    finally:
        plan.close()


def _show_upload(plan: Plan) -> int:
    terminal = plan.session.invocation.terminal
    plan.look()
    for position, item in enumerate(plan.items()):
        terminal.write_request(request_line(position, plan.maker.request(item), is_shown=True))
    return ExitStatus.OK


def _submit(plan: Plan, output: SubmitOptions) -> int:
    session = plan.session
    terminal = session.invocation.terminal
    tell = _silent if output.quiet else terminal.note
    session.credential()
    # Open, it keeps a second submit and a run out until the job is made.
    results = open_results(output.output, terminal.write_request)
    try:
        ledger = plan.open_ledger(results)
        job, rows = _sent(plan, output, ledger, tell)
    except BaseException:
        results.discard()
        raise
    finally:
        results.close()
    if job is None:
        tell(f"nothing to submit: {output.output} has every answer")
        return ExitStatus.OK
    terminal.say(job.id)
    tell(f"{rows:,} rows: {job.words()}")
    is_over = "" if job.is_over else "--wait "
    tell(f"hint: `gradient batch fetch {is_over}-o {output.output}` gets the answers")
    return ExitStatus.OK


def _sent(
    plan: Plan, output: SubmitOptions, ledger: Ledger, tell: Callable[[str], None]
) -> tuple[Job | None, int]:
    """Give the job and its number of rows; None where there is nothing to ask."""
    session = plan.session
    path = Path(f"{output.output}.upload")
    client = session.open_client()
    job = None
    try:
        plan.look()
        terms = _Terms()
        upload = write_upload((terms.seen(task) for task in plan.tasks()), path)
        if upload.rows:
            engine = open_engine(session, client, tell)
            known = load_job(output.output)
            job = _earlier(engine, upload, output.output, known)
            if job is None:
                used_up = known.job_id if known and known.is_fetched else None
                job = _create(engine, upload, plan, output, used_up, terms)
                plan.keep_provenance()
    finally:
        path.unlink(missing_ok=True)
        client.close()
        if job is None:
            ledger.finish()
    return job, len(upload.rows)


def _earlier(engine: Engine, upload: Upload, out: str, known: JobFile | None) -> Job | None:
    """
    Give the job that OUT waits for, if it is of this content; None if there is room for one.

    Raises:
        UsageError: it is of another content.

    """
    if known is None or known.is_fetched:
        return None
    if known.job_id is None:
        # Whoever made this note was stopped before the engine's reply.
        job = engine.find(known.request_id)
        if job:
            known.job_id = job.id
            known.save()
    else:
        job = engine.status(known.job_id)
    if job is None or (job.is_over and not job.is_good):
        return None
    if not known.request_id.startswith(content_id(upload)):
        raise UsageError(
            f"{out} waits for the answers of another job: {job.words()}",
            hint=f"`gradient batch fetch -o {out}` gets them, `batch cancel` ends it",
        )
    return job


class _Terms:
    """What the requests say that bears on judging their answers, each kind of it kept once."""

    def __init__(self) -> None:
        self.kinds: list[dict[str, Json]] = []
        self.rows: list[int] = []
        self._known: dict[str, int] = {}

    def seen(self, task: Task) -> tuple[Row, Request]:
        """Take note of a row's request."""
        terms = terms_of(task.request)
        place = self._known.setdefault(canonical(terms), len(self.kinds))
        if place == len(self.kinds):
            self.kinds.append(terms)
        self.rows.append(place)
        return task.row, task.request


def _create(
    engine: Engine,
    upload: Upload,
    plan: Plan,
    output: SubmitOptions,
    used_up: str | None,
    terms: _Terms,
) -> Job:
    note = JobFile(
        job_path(output.output),
        request_id="",
        endpoint=plan.session.settings.base_url,
        rows=upload.rows,
        expectations=_kept(plan, output),
        terms=terms.kinds,
        row_terms=terms.rows,
        run=plan.provenance.run,
    )

    def remember(request_id: str, job_id: str | None) -> None:
        note.request_id, note.job_id = request_id, job_id
        note.save()

    try:
        name = f"gradient-{upload.digest[:16]}.jsonl"
        return engine.submit(upload, name, remember, note.forget, used_up)
    except CredentialError as error:
        if error.http_status == 403:
            error.hint = "a key must be allowed to use batches; see the key's settings"
        raise


def _kept(plan: Plan, output: SubmitOptions) -> dict[str, Json]:
    """Give what `fetch` needs to judge by, with the schema itself in place of its file."""
    options, expected = plan.expectations, plan.expected.expectations
    if expected and (schema := expected.schema):
        options = replace(options, schema=dumps(schema.definition))
    options = replace(options, think_tags="keep" if plan.expected.allowed.tags else None)
    given = {name: value for name, value in asdict(options).items() if value != _PLAIN[name]}
    return {**given, "extract": True} if output.extract else given


_PLAIN = asdict(ExpectOptions())


def open_engine(session: Session, client: Client, tell: Callable[[str], None]) -> Engine:
    """Give the engine at the session's endpoint; its pauses end with the run's time."""
    settings = session.settings

    def sleep(seconds: float) -> None:
        left = session.remaining_s()
        if left is not None and seconds >= left:
            session.sleep(left)
            raise run_timed_out()
        session.sleep(seconds)

    files = Storage(
        session.invocation.environ,
        timeout_s=settings.timeout_s,
        proxy=settings.get("proxy"),
        ca_bundle=settings.get("ca_bundle"),
        deadline=session.deadline,
    )
    return Engine(client, files, sleep, tell)


def _silent(line: str) -> None:
    """Say nothing."""
