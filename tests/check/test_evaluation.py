"""A coin that falls badly is no regression: a small share of scripts/evaluation.py."""

import importlib.util
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

SCRIPT = Path(__file__).parents[2] / "scripts" / "evaluation.py"


@pytest.fixture
def evaluation(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location("evaluation", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_chance_alone_gives_few_alarms_and_a_drop_is_seen(evaluation):
    """Forty rounds of forty cases: at most 5 % of alarms is at most 6 of 40 but for bad luck."""
    alarms, found, announced = evaluation.coins(40, 40, seed=7, alpha=0.05)

    assert alarms <= 6 / 40
    assert announced - 0.2 < found < announced + 0.2
    assert found > alarms
