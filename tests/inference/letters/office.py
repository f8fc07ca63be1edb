"""A store with dead letters, its reader, and the desk of the thread that writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bson

from core.stream import DeadLetter, Position, Work
from inference.consumer.orders import Desk
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore

Document = dict[str, Any]


@dataclass
class Office:
    """A store, its reader, and the desk of the thread that writes it."""

    store: VerdictStore
    reader: VerdictReader
    desk: Desk

    def receive(self, *raw: bytes, reason: str = "not_a_number") -> None:
        letters = [DeadLetter(f"d{i}", f"r{i}", reason, "x", one) for i, one in enumerate(raw, start=1)]
        self.store.write(Work(Position("{}", (5, 1)), dead_letters=letters))

    def state(self, seq: int) -> tuple[Any, ...]:
        letter = self.reader.dead_letter(seq)
        assert letter is not None
        return letter["state"], letter["attempts"], letter["reason"]

    def audit(self) -> list[tuple[str, ...]]:
        names = ("who", "verb", "subject", "result")
        return [tuple(row[name] for name in names) for row in reversed(self.reader.audit(100)[0])]


def raw(document: Document) -> bytes:
    return bson.encode(document)


def text_for_a_number(document: Document) -> Document:
    return document | {"actual": document["actual"] | {"cycle_time": "sensor off"}}
