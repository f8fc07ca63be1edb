"""Streams on a collection, opened and read in tests, and a server that answers with errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymongo
from pymongo.collection import Collection

from core.stream import Begin, Event, Position, Source
from ingest.change_stream import MongoChangeStream

Document = dict[str, Any]
Shots = Collection[Document]


def stream_of(shots: Shots, url: str) -> MongoChangeStream:
    return MongoChangeStream(url, shots.database.name, shots.name)


@contextmanager
def opened(source: Source, position: Position | None, begin: Begin = "position") -> Iterator[Source]:
    source.open(position, begin)
    try:
        yield source
    finally:
        source.close()


def take(source: Source, count: int, size: int = 100) -> list[Event]:
    """The next `count` events; gives up after a few empty waits."""
    events: list[Event] = []
    for _ in range(count + 5):
        if len(events) >= count:
            break
        events += source.next_batch(min(size, count - len(events)), 1.0)
    return events


@contextmanager
def server_answers(url: str, **data: Any) -> Iterator[None]:
    """A fail point on the commands of the stream only."""
    with pymongo.MongoClient[Document](url) as client:
        mode = data.pop("mode", "alwaysOn")
        client.admin.command(
            {"configureFailPoint": "failCommand", "mode": mode, "data": {"appName": "sprue", **data}}
        )
        try:
            yield
        finally:
            client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
