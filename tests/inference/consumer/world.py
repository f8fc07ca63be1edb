"""A world without wires: a collection, an oplog, a store and a clock, with every fault at hand.

The real consumer (decide, edge, reading, judging, decoder) runs in it, in one thread, without
waiting. Everything that goes wrong is planned: at which step, and what.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import bson

from core.stream import Position

LONGEST_LIFE = 2000
"""Steps after which a life that comes to no end is one of the things that must not be."""


class Crash(BaseException):
    """The process dies here; nothing after it runs."""


class Change(NamedTuple):
    """One entry of the oplog."""

    time: int
    record_id: str
    operation: str
    raw: bytes

    @property
    def content(self) -> int:
        return zlib.crc32(self.raw)


class Row(NamedTuple):
    """What the store holds of one record."""

    token: str
    record_id: str
    content: int
    origin: str


@dataclass
class Disk:
    """What is durable in the store."""

    rows: list[Row] = field(default_factory=list)
    letters: list[Row] = field(default_factory=list)
    position: Position | None = None
    gaps: list[tuple[str, int]] = field(default_factory=list)
    closed: int = 0
    memory: dict[str, str] = field(default_factory=dict)


class World:
    """Everything outside the process.

    Parameters
    ----------
    plan : mapping of int to sequence of str
        Step of the present life -> what happens then; see `happens`.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.time = 1
        self.oplog: list[Change] = []
        self.oldest = 0
        self.filter = 0
        self.collection: dict[str, bytes] = {}
        self.poisoned: set[int] = set()
        self.disk: Disk | None = None
        self.identity = False
        self.plan: Mapping[int, Sequence[str]] = {}
        self.step = 0
        self.trouble: dict[str, int] = {}
        self.lost_positions = 0
        self.covered = [0]
        self.overlaps: list[tuple[int, int]] = []
        self.stop: Callable[[], object] = lambda: None

    def live(self, plan: Mapping[int, Sequence[str]], stop: Callable[[], object]) -> None:
        """A process begins; `stop` asks it to end."""
        self.plan, self.step, self.stop, self.trouble = plan, 0, stop, {}

    def happens(self) -> None:
        """One step of the process: what was planned for it takes place."""
        self.step += 1
        if self.step > LONGEST_LIFE:
            self.stop()
        for what in self.plan.get(self.step, ()):
            match what:
                case "insert":
                    self.change(f"r{len(self.collection):03d}", "insert")
                case "poison":
                    self.change(f"r{len(self.collection):03d}", "insert", poison=True)
                case "update" if self.collection:
                    self.change(f"r{self.time % len(self.collection):03d}", "update")
                case "roll":
                    self.time += 1
                    self.oldest = self.time
                case "refuse":
                    self.filter += 1
                case "wipe":
                    self.disk = None
                    self.covered.append(self.time)
                case "crash":
                    raise Crash
                case "stop":
                    self.stop()
                case _:
                    self.trouble[what] = self.trouble.get(what, 0) + 2

    def over(self) -> bool:
        """Whether all that was planned for this life took place."""
        return self.step > max(self.plan, default=0)

    def change(self, record_id: str, operation: str, *, poison: bool = False) -> None:
        """A sender writes a record."""
        self.time += 1
        value: Any = "no number" if poison else float(self.time)
        raw = bson.encode({"_id": record_id, "facility": "F", "lot": {"good": value, "bad": 0}})
        if poison:
            self.poisoned.add(zlib.crc32(raw))
        self.collection[record_id] = raw
        self.oplog.append(Change(self.time, record_id, operation, raw))

    def strikes(self, *kinds: str) -> str | None:
        """One of these troubles, used up by it."""
        for kind in kinds:
            if self.trouble.get(kind, 0):
                self.trouble[kind] -= 1
                return kind
        return None
