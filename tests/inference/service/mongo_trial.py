"""A service on a real MongoDB, in a thread, and what its store holds by and by."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pymongo.collection import Collection

from core.profile import Profile
from inference.plan import Plan
from inference.service import JudgingService
from inference.store.sink import VerdictStore
from ingest.change_stream import MongoChangeStream
from ingest.replay import documents

Document = dict[str, Any]
Shots = Callable[[int], pd.DataFrame]
PATIENCE_S = 60.0


def as_documents(frame: pd.DataFrame, profile: Profile) -> list[Document]:
    return [d for d in documents(frame, profile) if d is not None]


@contextmanager
def running(service: JudgingService) -> Iterator[None]:
    """The service in a thread, reading its stream; stopped in order afterwards."""
    runner = threading.Thread(target=service.run)
    runner.start()
    try:
        pause = threading.Event()
        for _ in range(round(PATIENCE_S / 0.01)):
            if service.status.ready:
                break
            pause.wait(0.01)
        yield
    finally:
        ended = service.stop(PATIENCE_S)
        runner.join(PATIENCE_S)
        assert ended


def tokens_when(path: Path, count: int) -> list[tuple[str, str]]:
    """Event token and shot of every verdict as soon as there are `count`; fails after a minute."""
    pause = threading.Event()
    rows: list[tuple[str, str]] = []
    for _ in range(round(PATIENCE_S / 0.02)):
        if path.exists():
            with closing(sqlite3.connect(path)) as connection:
                query = "SELECT event_token, shot_id FROM verdict ORDER BY seq"
                rows = connection.execute(query).fetchall()
        if len(rows) >= count:
            return rows
        pause.wait(0.02)
    pytest.fail(f"expected {count} verdicts within {PATIENCE_S} s, got {len(rows)}")


def service_on(
    collection: Collection[Document], url: str, path: Path, plan: Plan, **options: Any
) -> JudgingService:
    source = MongoChangeStream(url, collection.database.name, collection.name)
    store = VerdictStore(f"sqlite:///{path.as_posix()}")
    return JudgingService(source, store, lambda: plan, plan.profile, **options)
