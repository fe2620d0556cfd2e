"""
The door: `run(argv, invocation) -> int` is the only place where errors become a status.

`main` is the process around it: it answers `--version` and `--help` before anything is
loaded, opens the early connection, and dies by the signal that ends it.
"""

import os
import sys

# Not from typing, whose import would cost `--version` a fifth of its time.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from gradient_cli.ask.invocation import Invocation
    from gradient_cli.errors import GradientError
    from gradient_cli.transport.preconnect import EarlyConnection


def main() -> None:
    """Run the program and end the process: whatever happens, with its status and its line."""
    try:
        _exit(_run_process(sys.argv[1:]))
    except KeyboardInterrupt:
        import signal

        _die_by(signal.SIGINT)
    except BrokenPipeError:
        import signal

        _die_by(getattr(signal, "SIGPIPE", signal.SIGTERM))
    except SystemExit:
        raise
    except BaseException as error:  # Python would make a 1 of it
        _exit(_last_words(error))


def _last_words(error: BaseException) -> int:
    """Say what ended the program before, or after, there was anybody else to say it."""
    try:
        from gradient_cli.terminal.downfall import last_words

        return last_words(error, _tell)
    except Exception as worse:  # there is nothing left to say it with
        is_exhausted = getattr(worse, "errno", None) in {12, 23, 24} or isinstance(
            worse, MemoryError
        )
        _tell(f"gradient: {type(error).__name__}: {error}; and then: {worse}")
        return 2 if is_exhausted else 70


def _tell(text: str) -> None:
    """Write a line to stderr with what is always there; the door may not be (terminal/door.py)."""
    if sys.stderr is None:  # Started without: descriptor 2 may be a file or a socket of ours.
        return
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    shown = shown.replace("##", "#\\#").replace("::", ":\\:")
    try:  # noqa: SIM105  # contextlib is one more module to be had
        os.write(2, f"{shown}\n".encode("utf-8", "backslashreplace"))
    except OSError:
        pass


def _quick_answer(argv: list[str]) -> str | None:
    """Give what needs nothing loaded, or None."""
    if argv in (["--version"], ["-V"]):
        from gradient_cli import __version__

        return f"gradient {__version__}\n"
    if argv == ["-h"]:
        from gradient_cli.cli.pages import short_page

        return short_page.overview(80)
    if argv in ([], ["--help"], ["help"]):
        from gradient_cli.cli.pages import overview

        return overview.text()
    return None


def _print(text: str) -> int:
    """Write to stdout; give the status."""
    from gradient_cli.terminal.writing import write_whole

    if sys.stdout is None:
        _tell("gradient: cannot write to stdout: it is closed")
        return 2
    try:
        write_whole(1, text.encode())
    except BrokenPipeError:
        raise
    except OSError as error:
        _tell(f"gradient: cannot write to stdout: {str(error.strerror).lower()}")
        return 2
    return 0


def _run_process(argv: list[str]) -> int:
    """Run with the real world around; SIGTERM unwinds, so that files are cleaned up."""
    quick = _quick_answer(argv)
    if quick is not None:
        return _print(quick)
    import gc

    # Nothing that is loaded will ever be garbage; commands that run long turn it on again.
    gc.disable()
    _import_lazily()
    # httpcore looks for these, for programs that are asynchronous; none of ours is.
    sys.modules.setdefault("anyio", None)  # type: ignore[arg-type]  # not importable
    sys.modules.setdefault("trio", None)  # type: ignore[arg-type]  # as above
    import signal
    import time

    import gradient_cli.terminal.downfall  # noqa: F401  # while it can be had
    from gradient_cli.errors import OutputClosed, Terminated

    def terminate(number: int, frame: object) -> None:
        raise Terminated

    began = time.monotonic()
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, terminate)
    try:
        early = _begin_connecting(argv)
        from gradient_cli.ask.invocation import Invocation
        from gradient_cli.terminal.alarm import open_alarm
        from gradient_cli.terminal.attention import open_attention

        invocation = Invocation.system()
        invocation.began = began
        invocation.alarm = open_alarm()
        invocation.early = early
        invocation.attention = open_attention()
        return _run_until_alarm(argv, invocation)
    except OutputClosed:
        _die_by(getattr(signal, "SIGPIPE", signal.SIGTERM))
    except Terminated:
        _die_by(signal.SIGTERM)
    return 0


def _import_lazily() -> None:
    """
    Load a module when it is first looked at, not when it is named: all by Python 3.15, a few else.

    Half of what the libraries import is for others: cookies, digests, asynchronous programs.
    """
    let = getattr(sys, "set_lazy_imports", None)  # typeshed does not know them yet
    if let is None:
        from gradient_cli.cli.later import Finder

        sys.meta_path.insert(0, Finder())
        return
    sys.set_lazy_imports_filter(_may_wait)  # type: ignore[attr-defined]  # as above
    let("all")


def _may_wait(importer: str, name: str, names: tuple[str, ...] | None) -> bool:
    """Tell whether an import may wait for its use: not where names are changed as they come."""
    return importer not in {"httpcore", "httpx"}


def _run_until_alarm(argv: list[str], invocation: "Invocation") -> int:
    """Run; the alarm of --max-time may ring anywhere, also while an error is told."""
    from gradient_cli.errors import GradientError, OutOfTime

    try:
        status = run(argv, invocation)
        if invocation.alarm:
            invocation.alarm.end()
        return status
    except (GradientError, OutOfTime):
        invocation.terminal.note("gradient: the run took longer than --max-time")
        return 7


def _begin_connecting(argv: list[str]) -> "EarlyConnection | None":
    """Open the connection that the command will most likely use, while the rest still loads."""
    if argv[0] not in {"respond", "decide", "models"}:
        return None
    from gradient_cli.settings.likely import likely_endpoint
    from gradient_cli.settings.variables import trimmed

    environ = trimmed(os.environ)
    url = likely_endpoint(argv[1:], environ)
    if url is None:
        return None
    from gradient_cli.transport.preconnect import EarlyConnection

    return EarlyConnection(url, environ)


def run(argv: list[str], invocation: "Invocation") -> int:
    """
    Run a command and give its exit status.

    KeyboardInterrupt, OutputClosed and Terminated pass through: they are deaths, no errors.
    """
    from gradient_cli.errors import GradientError, MachineExhausted, OutputClosed
    from gradient_cli.terminal.downfall import last_words

    try:
        if argv[:1] in (["respond"], ["decide"], ["check"]):
            from gradient_cli.cli.plain import run_plain

            if (status := run_plain(argv, invocation)) is not None:
                return status
        from gradient_cli.cli.app import dispatch

        return dispatch(argv, invocation)
    except GradientError as error:
        return _report(error, argv, invocation)
    except OutputClosed:
        raise
    except Exception as error:
        if exhausted := MachineExhausted.behind(error):
            return _report(exhausted, argv, invocation)
        return last_words(error, invocation.terminal.note)


def _report(error: "GradientError", argv: list[str], invocation: "Invocation") -> int:
    """Say what happened; as JSON too, if that is what stdout was to be."""
    from contextlib import suppress

    from gradient_cli.errors import GradientError
    from gradient_cli.render.notices import error_lines

    kind = _machine_format(argv) or invocation.machine_format
    if kind:
        from gradient_cli.render.document import as_document, as_last_line, failure
        from gradient_cli.wire.json import line

        shape = as_last_line if kind == "events" else as_document
        with suppress(GradientError):  # stdout itself may be what failed
            invocation.terminal.write_json(line(shape(failure(error))) + "\n")
    if argv[:1] == ["check"] and not invocation.has_reports:
        from gradient_cli.runs.reports import refuse_unparsed

        refuse_unparsed(error, argv, invocation)
    invocation.terminal.note(error_lines(error))
    return int(error.status)


def _machine_format(argv: list[str]) -> str | None:
    """Tell whether JSON or events were asked for: stdout is then never empty."""
    if argv[:1] not in (["respond"], ["decide"]):
        return None
    words = argv[: argv.index("--")] if "--" in argv else argv
    for position, word in enumerate(words):
        value = word.partition("=")[2] or (words[position + 1 : position + 2] or [""])[0]
        if word == "--json":
            return "json"
        if word.partition("=")[0] == "--format" and value in {"json", "events"}:
            return value
    return None


def _exit(status: int) -> None:
    """Flush and leave without taking the interpreter apart, which costs 13 ms."""
    _end_programs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream:  # None where the process was started without it
                stream.flush()
    except (OSError, ValueError):
        pass
    os._exit(status)


def _end_programs() -> None:
    """Leave no program of the user's behind, such as the one that a worker waits for."""
    running = sys.modules.get("gradient_cli.programs.running")
    if running is not None:
        running.end_all()


def _die_by(number: int) -> None:
    """
    End the process by a signal, so that a shell's loop stops too.

    From here on a second Ctrl-C needs nobody's help.
    """
    import signal

    signal.signal(number, signal.SIG_DFL)
    _end_programs()
    if os.name == "posix":
        os.kill(os.getpid(), number)
    os._exit(128 + number)


if __name__ == "__main__":
    main()
