"""Lines for people around an answer: what was sent, and what to know of what came."""

from collections.abc import Iterator

from gradient_cli.ask.client import Outcome
from gradient_cli.ask.session import Session
from gradient_cli.ask.verdict import Judged
from gradient_cli.errors import GradientError
from gradient_cli.wire.request import PATH, Request


def request_line(request: Request) -> str:
    """Say what is sent, as far as a line can; --dry-run shows it all."""
    size = sum(map(len, request.encode()))
    return f"request: POST {PATH}, {size:,} bytes: {', '.join(request.body())}"


def warnings(outcome: Outcome, error: GradientError | None) -> Iterator[str]:
    """Say what a reader should know of the answer."""
    if error is None and outcome.response.has_stray_tag:
        yield (
            "warning: the answer holds the end of reasoning (</think> or the like) that never "
            "began: what stands before it may be reasoning"
        )
        yield "hint: --no-stream, -o and --json wait for the whole answer and split it there"
    if calls := outcome.response.server_calls:
        from gradient_cli.render.sources import failure_lines

        yield from failure_lines(calls)


def uncounted(
    session: Session, request: Request, outcome: Outcome, error: GradientError | None
) -> Iterator[str]:
    """Say how to get the counts that were asked for: in chunks they come on demand."""
    wanted = session.settings.get("usage") and error is None and outcome.usage is None
    if wanted and request.stream:
        yield "hint: --no-stream, or --param stream_options.include_usage=true, asks for the counts"


def complaints(judged: Judged) -> Iterator[str]:
    """Give the place of the answer that shows each failure; the error itself names the first."""
    for failed in judged.failed:
        if len(judged.failed) > 1:
            yield f"{failed.expectation}: {failed.message}"
        if failed.excerpt:
            yield f"| {failed.excerpt}"
