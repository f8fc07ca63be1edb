"""How the fault tests read a source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from core.errors import SourceUnavailable
from core.stream import Event, Source
from ingest.change_stream import MongoChangeStream
from tests.faults.proxy import Proxy

Open = Callable[..., MongoChangeStream]
Line = Callable[[int], Proxy]
IMPATIENT: Final = "socketTimeoutMS=400&connectTimeoutMS=400&serverSelectionTimeoutMS=400"
"""Options of a connection string with which a dead line is noticed soon."""


def take(source: Source, count: int, size: int = 100) -> list[Event]:
    """The next `count` events; gives up after a few empty waits."""
    events: list[Event] = []
    for _ in range(count + 5):
        if len(events) >= count:
            break
        events += source.next_batch(min(size, count - len(events)), 1.0)
    return events


def take_through_trouble(source: Source, count: int) -> list[Event]:
    """As `take`, opening again from the last position whenever the source fails."""
    events: list[Event] = []
    position = source.position()
    for _ in range(count + 15):
        try:
            events += source.next_batch(3, 0.2)
        except SourceUnavailable:
            source.open(position)
        position = source.position()
        if len(events) >= count:
            break
    return events


def ids(events: Sequence[Event]) -> list[str]:
    """The records' identifiers."""
    return [event.record_id for event in events]


def documents(count: int, prefix: str = "s") -> list[dict[str, Any]]:
    """So many small documents, each with an ``_id`` of its own."""
    return [{"_id": f"{prefix}{i:03}", "set": {"hold_time": i / 2}} for i in range(count)]
