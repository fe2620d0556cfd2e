"""
The event-stream format, case by case, after WHATWG and the public test suites.

Every case holds however the bytes are cut on their way.
"""

from collections.abc import Iterable, Iterator

import pytest

from gradient_cli.transport.sse import frames
from tests.captures import SseCase, sse_cases, streams

SHORT_BYTES = 200
"""Cases up to this length are cut in two at every place."""


LONG_LAST = [
    case if len(case.data) < 50_000 else pytest.param(case, marks=pytest.mark.real)
    for case in sse_cases()
]


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """Cut into pieces of one size."""
    return (data[start : start + size] for start in range(0, len(data), size))


def events(chunks: Iterable[bytes]) -> list[tuple[str, str, str]]:
    """Give what the format calls events: whole blocks that hold data."""
    return [
        (frame.event or "message", frame.data, frame.last_event_id)
        for frame in frames(chunks)
        if frame.is_whole and frame.data
    ]


def expected(case: SseCase) -> list[tuple[str, str, str]]:
    """Give a case's events but for those with empty data, of which we have no use."""
    return [event for event in case.events if event[1]]


@pytest.mark.parametrize("case", sse_cases(), ids=str)
def test_events_are_the_formats_own(case):
    """The frames of a stream are the events that the standard finds in it."""
    assert events([case.data]) == expected(case)


@pytest.mark.sampled
@pytest.mark.parametrize("case", LONG_LAST, ids=str)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_pieces_change_nothing(case, size):
    """Bytes that come one, two or three at a time make the same frames."""
    assert events(pieces(case.data, size)) == expected(case)


@pytest.mark.sampled
@pytest.mark.parametrize(
    "case", [case for case in sse_cases() if len(case.data) <= SHORT_BYTES], ids=str
)
def test_a_cut_anywhere_changes_nothing(case):
    """A boundary between two reads may lie inside a character, a line end or a BOM."""
    for place in range(len(case.data) + 1):
        assert events([case.data[:place], b"", case.data[place:]]) == expected(case), place


@pytest.mark.sampled
@pytest.mark.parametrize("name", streams())
def test_written_streams_are_read_alike_in_pieces(name):
    """A whole stream of either dialect gives the same frames in any cut."""
    data = streams()[name]
    whole = list(frames([data]))

    assert whole
    assert all(list(frames(pieces(data, size))) == whole for size in (1, 2, 3, 7))


@pytest.mark.parametrize(
    ("data", "event"),
    [
        (b"data: 1\n\ndata: 2", ("message", "2", False)),
        (b"data: 1\n\nevent: x\ndata: 2\n", ("x", "2", False)),
        (b"data: 1\n\n", ("message", "1", True)),
    ],
)
def test_an_unterminated_block_is_shown_as_such(data, event):
    """The standard drops it; we look at it first, as it may be the answer's end."""
    last = list(frames([data]))[-1]

    assert (last.event or "message", last.data, last.is_whole) == event


@pytest.mark.parametrize("end", [b"\n\n", b"\r\r", b"\r\n\r\n", b"\n\r\n", b"\r\n\r"])
def test_an_event_does_not_wait_for_the_next_byte(end):
    """A model that thinks after a line must not hold that line back."""

    def chunks() -> Iterator[bytes]:
        yield b"data: x" + end
        raise AssertionError("asked for more")

    assert next(iter(frames(chunks()))).data == "x"
