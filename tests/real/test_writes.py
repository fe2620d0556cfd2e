"""A share of the soak of scripts/faults: calls that write fail or write short at random moments."""

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "faults" / "writes.py"


def soak():
    """Load the script: a folder of scripts is no package."""
    spec = importlib.util.spec_from_file_location("faults_of_writes", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["faults_of_writes"] = module
    spec.loader.exec_module(module)
    return module.soak


@pytest.mark.real
def test_no_fault_of_a_write_loses_anything():
    """Status 0 only with all of the answer, and an old file is the old one or the whole new one."""
    if sys.platform != "linux" or not shutil.which("cc"):
        pytest.skip("needs Linux and a C compiler")

    struck, wrong = soak()(14, 4)

    assert wrong == []
    assert struck > 4
