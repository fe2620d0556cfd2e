"""Programs that answer calls: why one cannot be started, and what helps."""

import errno
from types import SimpleNamespace

import pytest

from gradient_cli.ask.tools import runs
from gradient_cli.errors import UsageError


@pytest.mark.parametrize(("number", "is_hinted"), [(errno.ENOEXEC, True), (errno.EACCES, False)])
def test_a_script_without_its_first_line_is_told_of_it(monkeypatch, number, is_hinted):
    """Other reasons not to start need no such advice."""

    def fail(*given, **named):
        raise OSError(number, "No")

    monkeypatch.setattr(runs, "run_program", fail)
    command = SimpleNamespace(words=["x"], name="x", program="x")
    task = SimpleNamespace(program=command, arguments=SimpleNamespace(text="{}"))

    with pytest.raises(UsageError) as caught:
        runs._run(task, SimpleNamespace(environ={}), 1.0)

    assert ("begins with #!" in (caught.value.hint or "")) is is_hinted
