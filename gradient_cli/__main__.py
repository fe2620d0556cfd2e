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
    """Run the program and end the process."""
    argv = sys.argv[1:]
    quick = _quick_answer(argv)
    if quick is not None:
        _print(quick)
        return
    import gc

    # Nothing that is loaded will ever be garbage; commands that run long turn it on again.
    gc.disable()
    import signal

    try:
        _exit(_run_process(argv))
    except KeyboardInterrupt:
        _die_by(signal.SIGINT)
    except BrokenPipeError:
        _die_by(getattr(signal, "SIGPIPE", signal.SIGTERM))


def _quick_answer(argv: list[str]) -> str | None:
    """Give what needs nothing loaded, or None."""
    if argv in (["--version"], ["-V"]):
        from gradient_cli import __version__

        return f"gradient {__version__}\n"
    if argv in ([], ["--help"], ["-h"], ["help"]):
        from gradient_cli.cli.pages import overview

        return overview.text()
    return None


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Its enums would cost `--version` a quarter of its time.
        import signal

        _die_by(getattr(signal, "SIGPIPE", signal.SIGTERM))
    except (AttributeError, OSError) as error:  # AttributeError: started without a stdout
        words = getattr(error, "strerror", None) or "it is closed"
        if sys.stderr:
            sys.stderr.write(f"gradient: cannot write to stdout: {words.lower()}\n")
        # 2 is usage; and Python must not flush stdout again.
        _exit(2)


def _run_process(argv: list[str]) -> int:
    """Run with the real world around; SIGTERM unwinds, so that files are cleaned up."""
    import signal

    from gradient_cli.errors import OutputClosed, Terminated

    def terminate(number: int, frame: object) -> None:
        raise Terminated

    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, terminate)
    try:
        early = _begin_connecting(argv)
        from gradient_cli.ask.invocation import Invocation
        from gradient_cli.terminal.attention import open_attention

        invocation = Invocation.system()
        invocation.early = early
        invocation.attention = open_attention()
        return run(argv, invocation)
    except OutputClosed:
        _die_by(getattr(signal, "SIGPIPE", signal.SIGTERM))
    except Terminated:
        _die_by(signal.SIGTERM)
    return 0


def _begin_connecting(argv: list[str]) -> "EarlyConnection | None":
    """Open the connection that the command will most likely use, while the rest still loads."""
    if argv[0] not in {"respond", "decide", "models"}:
        return None
    from gradient_cli.settings.likely import likely_endpoint

    url = likely_endpoint(argv[1:], os.environ)
    if url is None:
        return None
    from gradient_cli.transport.preconnect import EarlyConnection

    return EarlyConnection(url, os.environ)


def run(argv: list[str], invocation: "Invocation") -> int:
    """
    Run a command and give its exit status.

    KeyboardInterrupt, OutputClosed and Terminated pass through: they are deaths, no errors.
    """
    from gradient_cli.cli.app import dispatch
    from gradient_cli.errors import GradientError, OutputClosed

    try:
        return dispatch(argv, invocation)
    except GradientError as error:
        return _report(error, argv, invocation)
    except OutputClosed:
        raise
    except Exception:
        return _report_bug(invocation)


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


def _report_bug(invocation: "Invocation") -> int:
    """Print the traceback of a bug; it shows code, never values."""
    import traceback

    from gradient_cli import __version__

    invocation.terminal.note(traceback.format_exc().rstrip())
    invocation.terminal.note(f"gradient: a bug in gradient {__version__}; please report the above")
    return 70


def _exit(status: int) -> None:
    """Flush and leave without taking the interpreter apart, which costs 13 ms."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream:  # None where the process was started without it
                stream.flush()
    except (OSError, ValueError):
        pass
    os._exit(status)


def _die_by(number: int) -> None:
    """
    End the process by a signal, so that a shell's loop stops too.

    From here on a second Ctrl-C needs nobody's help.
    """
    import signal

    signal.signal(number, signal.SIG_DFL)
    if os.name == "posix":
        os.kill(os.getpid(), number)
    os._exit(128 + number)


if __name__ == "__main__":
    main()
