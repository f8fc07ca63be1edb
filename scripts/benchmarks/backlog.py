"""A backlog of shots in a real MongoDB, and the ways of reading it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS
from bson.timestamp import Timestamp
from pymongo import MongoClient

from core.config import Config
from core.profile import Profile
from core.stream import Position, Work, Written
from inference.plan import Plan
from inference.service import JudgingService
from inference.store.sink import VerdictStore
from ingest.change_stream import MongoChangeStream
from scripts.benchmarks.shots import Document

DATABASE, COLLECTION = "plant", "shots"
INSERTED_AT_ONCE = 1000
BATCH_SIZE: int = Config.model_fields["batch_size"].default


@dataclass(frozen=True, slots=True)
class Backlog:
    """So many shots inserted after a position of the stream, none judged yet."""

    url: str
    position: Position
    count: int

    @classmethod
    def fill(cls, url: str, documents: list[Document]) -> Backlog:
        """Insert the documents; the position is the stream's end before them."""
        with MongoClient[Document](url) as client:
            shots = client[DATABASE][COLLECTION]
            shots.drop()
            client[DATABASE].create_collection(COLLECTION)
            stream = MongoChangeStream(url, DATABASE, COLLECTION)
            stream.open(None)
            position = stream.position()
            stream.close()
            for start in range(0, len(documents), INSERTED_AT_ONCE):
                shots.insert_many(documents[start : start + INSERTED_AT_ONCE])
        return cls(url, position, len(documents))

    def drain(self, *, raw: bool, batch_size: int | None) -> float:
        """Events a second of pymongo's own change stream, read to the end and thrown away."""
        begin = time.perf_counter()
        with MongoClient[Any](self.url) as client:
            shots = client[DATABASE][COLLECTION]
            if raw:
                shots = shots.with_options(codec_options=DEFAULT_RAW_BSON_OPTIONS)
            after = Timestamp(*self.position.cluster_time)
            with shots.watch(start_at_operation_time=after, batch_size=batch_size) as stream:
                for _ in range(self.count):
                    next(stream)
            return self.count / (time.perf_counter() - begin)

    def judge(self, plan: Plan, profile: Profile, path: Path) -> float:
        """Verdicts a second of the service: from its start to the last one committed in SQLite."""
        url = f"sqlite:///{path.as_posix()}"
        store = VerdictStore(url)
        store.write(Work(self.position))
        store.close()
        sink = _Counting(url, self.count)
        service = JudgingService(
            MongoChangeStream(self.url, DATABASE, COLLECTION),
            sink,
            lambda: plan,
            profile,
            batch_size=BATCH_SIZE,
        )
        sink.full = service.stop
        begin = time.perf_counter()
        service.run()
        if sink.verdicts != self.count:
            msg = f"expected {self.count} verdicts, got {sink.verdicts}"
            raise AssertionError(msg)
        return self.count / (sink.last - begin)


class _Counting(VerdictStore):
    """A store that says when all verdicts are committed."""

    def __init__(self, url: str, expected: int) -> None:
        super().__init__(url)
        self._expected = expected
        self.full: Callable[[], object] = bool
        self.verdicts = 0
        self.last = 0.0

    def write(self, work: Work) -> Written:
        written = super().write(work)
        self.verdicts += written.verdicts
        if written.verdicts:
            self.last = time.perf_counter()
        if self.verdicts >= self._expected:
            self.full()
        return written
