"""The place that the tests of `batch` share."""

import pytest

from tests.batch.bench import Batch, serving


@pytest.fixture
def batch(tmp_path):
    """Give `gradient batch` and a server that answers everything."""
    with serving() as server:
        yield Batch(tmp_path, server)
