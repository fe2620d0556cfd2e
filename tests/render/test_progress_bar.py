"""The numbers of a long run, as people read them."""

from gradient_cli.render.progress_bar import Meter, Progress, duration
from gradient_cli.terminal.streams import Terminal


def meter(**numbers) -> Meter:
    """Give a meter that has run for 10 s."""
    return Meter(lambda: 10.0, **numbers)


def test_what_is_left_is_reckoned_from_what_was_asked():
    """Rows that were there already took no time and say nothing of the rate."""
    words = meter(total=1000, done=50, skipped=900, tokens=600).words()

    assert words == ["950 of 1,000 done", "10 s left", "5.0 a second", "3,600 tokens a minute"]


def test_failures_and_the_wait_are_told():
    """Why it is slow, and that not all is well, comes before the rates."""
    words = meter(done=4, failed=2, wait_s=lambda: 12.4).words()

    assert words[:3] == ["4 done", "2 failed", "waiting 12 s for the rate limit"]


def test_a_run_that_has_not_begun_promises_nothing():
    """No rate, no time left: nobody knows yet."""
    assert meter(total=10).words() == ["0 of 10 done"]


def test_times_are_said_as_people_say_them():
    """Seconds, minutes, hours."""
    assert [duration(s) for s in (4.4, 99, 240, 7260)] == ["4 s", "99 s", "4 min", "2 h 1 min"]


def test_a_run_of_moments_draws_nothing():
    """A bar that flashes up helps nobody."""
    terminal = Terminal.recording(is_tty=True)

    with Progress(terminal, meter(total=3, done=3), has_bar=True):
        pass

    assert terminal.stderr_text == ""
