"""A database of one's own for the history table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ingest.history.shot_table import Table


@pytest.fixture
def table(fresh_postgres_url: str) -> Iterator[Table]:
    table = Table(fresh_postgres_url)
    yield table
    table.connection.close()
