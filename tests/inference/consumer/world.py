"""A world without wires: a collection, an oplog, a store and a clock, with every fault at hand.

The real consumer (decide, edge, reading, judging, decoder) runs in it, in one thread, without
waiting. Everything that goes wrong is planned: at which step, and what.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import bson

from core.errors import (
    ConfigError,
    PositionLost,
    PositionRefused,
    SourceUnavailable,
    StoreFull,
    StoreLost,
    StoreUnavailable,
    UnknownAnswer,
)
from core.stream import Begin, Event, Phase, Position, Work, Written

SMALL_BATCH = 3
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


class WorldSource:
    """The collection and its change stream."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._at = 0
        self._scan: str | None = None
        self._gap: int | None = None
        self._until = 0
        self._filter = 0
        self._kind = "event"
        self.phase: Phase = "stream"

    def open(self, position: Position | None, begin: Begin = "position") -> None:
        world = self._world
        self._trouble()
        self._scan, self._gap, self._until, self._kind = None, None, 0, "event"
        self._filter = world.filter
        if position is None and begin == "position":
            self._at, self._scan, self._kind = world.time, "", "start"
            world.covered.append(world.time)
        elif begin == "now":
            self._at, self._kind = world.time, "start"
        else:
            assert position is not None
            state = json.loads(position.token_json)
            self._at = position.cluster_time[0]
            if begin == "position" and state["filter"] != world.filter:
                raise PositionRefused("filter changed", 280)
            self._scan, self._gap, self._until = state["scan"], state["gap"], state["until"]
            self._check()
        self.phase = self._present()

    def reconcile(self, gap: int) -> Position:
        self._scan, self._gap, self._kind = "", gap, "reposition"
        self.phase = "reconcile"
        return self.position()

    def next_batch(self, max_events: int, wait_s: float) -> Sequence[Event]:
        max_events = SMALL_BATCH  # never a full one: nothing is read ahead in another thread
        self._trouble()
        self._check()
        self.phase = self._present()
        if self._scan is not None:
            names = sorted(name for name in self._world.collection if name > self._scan)[:max_events]
            if names:
                self._scan = names[-1]
                return [
                    Event(self._shared(name), name, "insert", self._world.collection[name], (self._at, 0))
                    for name in names
                ]
            self._scan, self._until, self._kind = None, self._world.time, "event"
            self._world.overlaps.append((self._at, self._until))
            self.phase = "stream"
        changes = [c for c in self._world.oplog if c.time > self._at][:max_events]
        if changes:
            self._at = changes[-1].time
        elif self._world.over():
            self._world.stop()
        else:
            self._world.now += wait_s
        return [
            Event(
                self._shared(c.record_id)
                if c.operation == "insert" and c.time <= self._until
                else f"t{c.time:05d}",
                c.record_id,
                c.operation,
                c.raw,
                (c.time, 0),
            )
            for c in changes
        ]

    def position(self) -> Position:
        state = {"filter": self._filter, "scan": self._scan, "gap": self._gap, "until": self._until}
        return Position(json.dumps(state), (self._at, 0), self._kind, "world")

    def head(self) -> tuple[int, int] | None:
        return (self._world.time, 0)

    def close(self) -> None:
        pass

    def _present(self) -> Phase:
        if self._scan is None:
            return "stream"
        return "snapshot" if self._gap is None else "reconcile"

    def _shared(self, name: str) -> str:
        return f"scan:{name}" if self._gap is None else f"gap{self._gap}:{name}"

    def _check(self) -> None:
        if self._at < self._world.oldest and self._at < self._world.time:
            self._world.lost_positions += 1
            self._world.covered.append(self._world.time)
            raise PositionLost("the oplog rolled over", 286)

    def _trouble(self) -> None:
        self._world.happens()
        match self._world.strikes("away", "unknown"):
            case "away":
                raise SourceUnavailable("no connection")
            case "unknown":
                raise UnknownAnswer("code 4711", 4711)


class WorldSink:
    """The verdict store: every write is one transaction on the world's disk."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tokens: set[str] = set()

    def open(self, anew: bool = False) -> None:
        self._world.happens()
        if self._world.disk is None:
            if self._world.identity and not anew:
                raise StoreLost("the database is empty")
            self._world.disk, self._world.identity = Disk(), True
        self._tokens = {row.token for row in (*self._disk().rows, *self._disk().letters)}

    def position(self) -> Position | None:
        return self._disk().position

    def memory(self) -> Mapping[str, str]:
        return dict(self._disk().memory)

    def write(self, work: Work) -> Written:
        self._before()
        written = self.commit(work)
        self._after()
        return written

    def commit(self, work: Work) -> Written:
        """The transaction itself."""
        disk = self._disk()
        rows = [
            Row(token, record_id, content, work.origin)
            for token, (record_id, content) in zip(work.tokens, work.records, strict=True)
        ]
        letters = [
            Row(letter.token, letter.record_id, zlib.crc32(letter.raw), work.origin)
            for letter in work.dead_letters
        ]
        new = [row for row in rows if row.token not in self._tokens]
        dead = [row for row in letters if row.token not in self._tokens]
        disk.rows += new
        disk.letters += dead
        self._tokens |= {row.token for row in (*new, *dead)}
        self.advance(work.position)
        disk.memory |= work.memory
        disk.closed += work.gap_closed
        return Written(len(new), len(dead), len(rows) + len(letters) - len(new) - len(dead))

    def advance(self, position: Position) -> None:
        """Move the position, never back."""
        disk = self._disk()
        if disk.position is not None and position.kind not in ("start", "reposition"):
            assert position.cluster_time >= disk.position.cluster_time, "the position went back"
        disk.position = position

    def note_gap(self, cause: str, begin: Callable[[int], Position]) -> Position:
        self._before()
        disk = self._disk()
        disk.gaps.append((cause, self._world.time))
        disk.position = begin(len(disk.gaps))
        self._world.covered.append(self._world.time)
        self._after()
        return disk.position

    def unchanged(self, records: Sequence[tuple[str, int]]) -> Sequence[bool]:
        disk = self._disk()
        last = {row.record_id: row.content for row in (*disk.letters, *disk.rows)}
        newest = last | {r.record_id: r.content for r in disk.letters if r.content in self._world.poisoned}
        return [newest.get(name) == content or last.get(name) == content for name, content in records]

    def check(self) -> None:
        self._disk()

    def close(self) -> None:
        pass

    def _disk(self) -> Disk:
        if self._world.disk is None:
            raise StoreLost("the database was deleted")
        return self._world.disk

    def _before(self) -> None:
        self._world.happens()
        self._disk()
        match self._world.strikes("full", "fails", "fenced"):
            case "full":
                raise StoreFull("no space left")
            case "fails":
                raise StoreUnavailable("locked")
            case "fenced":
                self._world.trouble["fenced"] = 0
                raise ConfigError("another process took the store over")

    def _after(self) -> None:
        self._world.happens()
        if self._world.strikes("unanswered"):
            raise StoreUnavailable("the answer was lost")
