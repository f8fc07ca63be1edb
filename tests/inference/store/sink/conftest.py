"""A store by hand and a reader on it, on a real SQLite and a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from tests.inference.store.sink.verdict_rows import NOW


@pytest.fixture
def store(store_url: str) -> Iterator[VerdictStore]:
    made = VerdictStore(store_url, clock=lambda: NOW)
    yield made
    made.close()


@pytest.fixture
def reader(store: VerdictStore, store_url: str) -> Iterator[VerdictReader]:
    store.open()
    made = VerdictReader(store_url)
    yield made
    made.close()
