"""
`gradient batch run`: items in, results out.

    flags ─► Plan ─► tasks ─► Runner ─► OUT ─► what the run came to
"""

from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from gradient_cli.ask.invocation import Invocation
from gradient_cli.batch.entries import decided_statuses
from gradient_cli.batch.flags import Flags
from gradient_cli.batch.item_options import RunOptions
from gradient_cli.batch.jobs import load_job
from gradient_cli.batch.ledger import Ledger
from gradient_cli.batch.plan import Plan, make_plan
from gradient_cli.batch.results import Results, open_results
from gradient_cli.batch.tasks import Runner, Tally
from gradient_cli.errors import Terminated, UsageError
from gradient_cli.exits import ExitStatus, worst
from gradient_cli.render.progress_bar import Meter, Progress, duration
from gradient_cli.terminal.color import may_move_cursor
from gradient_cli.wire.json import Json, line


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
    plan = _plan(invocation, flags)
    try:
        if flags.output.dry_run:
            return _show_requests(plan)
        return _run(plan, flags.output)
    finally:
        plan.close()


def _plan(invocation: Invocation, flags: Flags) -> Plan:
    if stray := flags.decide.stray():
        raise UsageError(f"{stray} belongs to --decide", hint="--decide QUESTION")
    if flags.decide.decide is None:
        return make_plan(invocation, flags)
    from gradient_cli.batch.decision_plan import make_decision_plan

    return make_decision_plan(invocation, flags)


def _show_requests(plan: Plan) -> int:
    terminal = plan.session.invocation.terminal
    plan.look()
    for item in plan.items():
        request = plan.maker.request(item)
        terminal.write_request(plan.bytes_of(request) + b"\n")
    return ExitStatus.OK


def _run(plan: Plan, output: RunOptions) -> int:
    session = plan.session
    _check_job(output.output)
    session.credential()
    results = open_results(output.output, session.invocation.terminal.write_request)
    tally = Tally()
    try:
        ledger = plan.open_ledger(results)
        plan.look()
        plan.meter.wait_s = session.limiter.wait_s
        plan.meter.begin()
        if plan.join.todo_count:
            plan.keep_provenance()
            tally = _ask(plan, output, results, ledger)
    except UsageError:
        results.discard()
        raise
    finally:
        results.close()
    status = _report(plan, output, tally)
    if fault := plan.session.recording_fault():
        raise fault
    return status


def _ask(plan: Plan, output: RunOptions, results: Results, ledger: Ledger) -> Tally:
    # What a worker would miss, the main thread misses now: recordings, a CA bundle.
    plan.open_client().close()
    runner = _runner(plan, output, results)
    try:
        with _progress(plan, output):
            return runner.run(plan.tasks())
    except (KeyboardInterrupt, Terminated):
        _tell_break(plan, output)
        raise
    finally:
        ledger.finish()


def _tell_break(plan: Plan, output: RunOptions) -> None:
    """Say how far it came, and how it goes on."""
    meter = plan.meter
    done, total = meter.done + meter.skipped, plan.join.mine
    how = "; the same command goes on" if output.output != "-" else ""
    words = f"stopped: {done:,} of {total:,} rows are answered"
    plan.session.invocation.terminal.note(f"gradient: {words}{how}")


def _check_job(out: str) -> None:
    """
    Refuse an OUT that a job of the provider's engine will fill.

    Raises:
        UsageError: its rows would be paid for twice.

    """
    job = load_job(out) if out != "-" else None
    if job is not None and not job.is_fetched:
        name = f"job {job.job_id}" if job.job_id else "a job"
        raise UsageError(
            f"{out} waits for the answers of {name}",
            hint=f"`gradient batch fetch -o {out}` gets them; `batch cancel`, then `fetch`, "
            "frees the rows",
        )


def _runner(plan: Plan, output: RunOptions, results: Results) -> Runner:
    session = plan.session
    return Runner(
        plan.work,
        plan.open_client,
        results,
        jobs=output.jobs,
        is_ordered=output.ordered,
        max_tokens=output.max_total_tokens,
        max_faults=_max_faults(output),
        has_time=lambda: (left := session.remaining_s()) is None or left > 0,
        is_late=session.invocation.is_late,
        watch=plan.count,
        spill=None if output.output == "-" else session.invocation.terminal.write_request,
        tell=session.invocation.terminal.note,
    )


def _max_faults(output: RunOptions) -> int:
    """Give how many rows in a row may find the service down: one bad moment hits each worker."""
    return max(20, 2 * output.jobs) if output.max_failures is None else output.max_failures


def _progress(plan: Plan, output: RunOptions) -> AbstractContextManager[object]:
    if output.quiet:
        return nullcontext()
    invocation = plan.session.invocation
    terminal = invocation.terminal
    may_move = may_move_cursor(invocation.environ, terminal.stderr_is_tty)
    # A bar among results that scroll by helps nobody.
    has_bar = may_move and (output.output != "-" or not terminal.stdout_is_tty)
    return Progress(terminal, plan.meter, has_bar=has_bar)


def _report(plan: Plan, output: RunOptions, tally: Tally) -> ExitStatus:
    """Say what the run came to, and give its status."""
    statuses = set(tally.statuses)
    if tally.stopped_by == "time":
        statuses.add(ExitStatus.TIMEOUT)
    if tally.stopped_by in {"tokens", "uncounted"}:
        statuses.add(ExitStatus.INCOMPLETE)
    earlier = _earlier(plan)
    status = worst([*statuses, *earlier])
    terminal, meter = plan.session.invocation.terminal, plan.meter
    stale = None if tally.stopped_by else plan.session.check_replay()
    if stale:
        status = worst([status, stale.status])
        terminal.note(f"gradient: {stale.message}")
    if output.json:
        terminal.write_json(line(_document(plan, tally, status)) + "\n")
    if not output.quiet:
        parts = [f"{tally.statuses.get(ExitStatus.OK, 0):,} ok", f"{tally.failed:,} failed"]
        parts += [f"{tally.unsure:,} unsure"] if tally.unsure else []
        parts += [f"{plan.meter.skipped:,} skipped"] if plan.meter.skipped else []
        parts += [duration(meter.seconds), f"{meter.rate:,.1f} a second"]
        parts += [f"{tally.tokens:,} tokens"] if tally.tokens else []
        terminal.note(", ".join(parts))
    if words := STOPPED.get(tally.stopped_by or ""):
        terminal.note(f"gradient: {words}{_why(tally)}{_left(meter)}")
    elif tally.failed:
        terminal.note(f"gradient: {tally.failed:,} of {tally.done:,} failed; {_worst(tally)}")
    if earlier and status in earlier and not tally.done:
        terminal.note(f"gradient: of the decisions in {output.output} {_in_words(earlier)}")
    elif status and output.output != "-" and status is not ExitStatus.UNSURE:
        terminal.note("hint: the same command tries again what failed or was left")
    return status


def _earlier(plan: Plan) -> Counter[int]:
    """Count the decisions in OUT that are unsure or not as expected: they are not asked again."""
    if plan.deciding is None or plan.ledger is None or not plan.ledger.is_file:
        return Counter()
    return decided_statuses(Path(plan.ledger.path), plan.ledger.path)


def _in_words(statuses: Counter[int]) -> str:
    words = {ExitStatus.UNSURE: "are unsure", ExitStatus.EXPECTATION: "are not as expected"}
    return ", ".join(f"{count:,} {words[ExitStatus(s)]}" for s, count in sorted(statuses.items()))


STOPPED = {
    "tokens": "stopped: --max-total-tokens is reached",
    "uncounted": "stopped: the service does not say how many tokens it took, "
    "so --max-total-tokens cannot be kept",
    "time": "stopped: --max-time has passed",
    "refused": "stopped: the service does not accept the key (401)",
    "failures": "stopped: the service gives no more answers",
}


def _why(tally: Tally) -> str:
    if tally.stopped_by != "failures":
        return ""
    return f": {tally.faults_in_a_row:,} rows in a row failed, the last with: {tally.last_fault}"


def _left(meter: Meter) -> str:
    """Give how many rows were not begun."""
    left = (meter.total or 0) - meter.done - meter.skipped
    return f"; {left:,} rows are left" if left > 0 else ""


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
        "unsure": tally.unsure,
        "skipped": plan.meter.skipped,
        "exit_codes": {str(int(code)): tally.statuses[code] for code in sorted(tally.statuses)},
        "total_tokens": tally.tokens,
        "seconds": round(plan.meter.seconds, 3),
        "stopped_by": tally.stopped_by,
    }
