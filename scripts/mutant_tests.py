"""
Which test runs which line, and tests by that: pytest's part of `scripts/mutants.py`.

    MUTANT_MAP=folder python -m pytest -p mutant_tests        # write down who runs what
    MUTANT_TESTS=file python -m pytest -p mutant_tests PATHS  # run the tests the file lists

The lines are taken in this process and its threads: what a test starts as a program is not seen.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest


class Recorder:
    """Writes down, for each test, the lines it ran and its seconds."""

    def __init__(self, folder: Path, worker: str):
        self.seconds: dict[str, float] = {}
        self.seconds_path = folder / f"seconds-{worker}.json"
        self.coverage = coverage.Coverage(
            data_file=str(folder / f"lines-{worker}"), source=["gradient_cli"], config_file=False
        )
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self.coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        self.coverage.save()
        self.seconds_path.write_text(json.dumps(self.seconds))


class Chooser:
    """Leaves of the tests found those of a list, in its order."""

    def __init__(self, path: Path):
        self.places = {name: place for place, name in enumerate(path.read_text().splitlines())}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if item.nodeid in self.places]
        items[:] = sorted(chosen, key=lambda item: self.places[item.nodeid])


def pytest_configure(config: pytest.Config) -> None:
    if folder := os.environ.get("MUTANT_MAP"):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
        is_controller = worker == "alone" and config.getoption("numprocesses", None)
        if not is_controller:
            config.pluginmanager.register(Recorder(Path(folder), worker))
    if path := os.environ.get("MUTANT_TESTS"):
        config.pluginmanager.register(Chooser(Path(path)))
