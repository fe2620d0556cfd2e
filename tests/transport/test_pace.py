"""The pace that refusals alone teach."""

import pytest

from gradient_cli.transport.pace import Pace


def test_an_answer_lets_those_who_wait_go_sooner():
    """The wait that is left shrinks as the pace grows, and is one still."""
    now = 100.0
    pace = Pace(lambda: now, lambda: 0.5)
    pace.slow_down(110.0)
    before = pace.wait_s()

    pace.hold()
    pace.speed_up()

    assert before > 10
    assert 0 < pace.wait_s() < before
    sooner = pace.wait_s()
    pace.speed_up()
    assert pace.wait_s() == pytest.approx(sooner)  # Nobody waited for it since.


def test_what_nobody_sent_is_not_made_up_for():
    """After a long rest there is one request at once, and no heap of them."""
    now = 100.0
    pace = Pace(lambda: now, lambda: 0.5)
    pace.slow_down(100.0)
    now = 1000.0

    assert pace.wait_s() == 0
    pace.spend()
    assert pace.wait_s() == 0
    pace.spend()
    assert pace.wait_s() > 0
