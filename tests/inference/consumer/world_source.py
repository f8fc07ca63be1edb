"""The collection of a world and its change stream."""

from __future__ import annotations

import json
from collections.abc import Sequence

from core.errors import PositionLost, PositionRefused, SourceUnavailable, UnknownAnswer
from core.stream import Begin, Event, Phase, Position
from tests.inference.consumer.world import World

SMALL_BATCH = 3


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
