"""A service on a script of events, a store that counts its writes and a clock moved by hand."""

import random
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.errors import StoreUnavailable
from core.stream import Begin, Event, Phase, Position, Work, Written
from inference.plan import Plan
from inference.service import JudgingService
from inference.store.sink import VerdictStore

Step = Event | Exception | Callable[[], object] | None


class ScriptedSource:
    """A source of a list: an event is read, None is an idle wait, an exception is raised once.

    A callable is called when it is reached. At the end of the list `at_end` is called.
    """

    def __init__(self, steps: Sequence[Step], at_end: Callable[[], object] = lambda: None) -> None:
        self.steps = list(steps)
        self.at_end = at_end
        self.opened: list[tuple[Position | None, Begin]] = []
        self.phase: Phase = "stream"
        self.sizes: list[int] = []
        self._next = 0
        self._position = Position("null", kind="start", source_id="script")

    def open(self, position: Position | None, begin: Begin = "position") -> None:
        self.opened.append((position, begin))
        self._position = position or self._position
        after = self._position.token_json
        tokens = [step.token if isinstance(step, Event) else None for step in self.steps]
        self._next = tokens.index(after) + 1 if after in tokens else 0

    def reconcile(self, gap: int) -> Position:
        return Position(f"gap{gap}", self._position.cluster_time, "reposition", "script")

    def next_batch(self, max_events: int, wait_s: float) -> Sequence[Event]:
        self.sizes.append(max_events)
        batch: list[Event] = []
        while self._next < len(self.steps) and len(batch) < max_events:
            step = self.steps[self._next]
            if isinstance(step, Event):
                batch.append(step)
            elif batch:
                break
            elif isinstance(step, Exception):
                del self.steps[self._next]
                raise step
            elif step is None:
                self._next += 1
                when = self._position.cluster_time
                self._position = Position(self._position.token_json, (when[0] + 1, 0), "idle", "script")
                return []
            else:
                step()
            self._next += 1
        if batch:
            self._position = Position(batch[-1].token, batch[-1].cluster_time, "event", "script")
        elif self._next >= len(self.steps):
            self.at_end()
        return batch

    def position(self) -> Position:
        return self._position

    def head(self) -> tuple[int, int]:
        return (100, 0)

    def close(self) -> None:
        pass


class WatchedStore(VerdictStore):
    """The real store, which counts its writes and fails where it is told to."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"sqlite:///{path.as_posix()}")
        self.works: list[Work] = []
        self.fail_before: set[int] = set()
        self.fail_after: set[int] = set()
        self._number = 0

    def write(self, work: Work) -> Written:
        self._number += 1
        if self._number in self.fail_before:
            raise StoreUnavailable("disk is full")
        written = super().write(work)
        self.works.append(work)
        if self._number in self.fail_after:
            raise StoreUnavailable("answer lost")
        return written


class HandClock:
    """A clock that only moves when someone waits."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def now_ms(self) -> int:
        return 1_700_000_000_000 + round(self.seconds * 1000)

    def advance(self, seconds: float) -> None:
        self.seconds += seconds

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.seconds += seconds
        return False


class Trial:
    """A service on a script, run to the end of the script."""

    def __init__(self, path: Path, plan: Plan, steps: Sequence[Step], **options: Any) -> None:
        self.clock = HandClock()
        self.source = options.pop("source", None) or ScriptedSource(steps)
        self.sink = options.pop("sink", None) or WatchedStore(path)
        self.path = path
        self.service = JudgingService(
            self.source,
            self.sink,
            options.pop("plan_provider", lambda: plan),
            plan.profile,
            clock=self.clock,
            rng=random.Random(0),
            wait=options.pop("wait", self.clock.wait),
            **options,
        )
        self.source.at_end = lambda: self.service.stop(0)

    def run(self) -> "Trial":
        self.service.run()
        return self

    def column(self, what: str, table: str = "verdict") -> list[Any]:
        with sqlite3.connect(self.path) as connection:
            rows = connection.execute(f"SELECT {what} FROM {table} ORDER BY seq").fetchall()  # noqa: S608  # own names
        connection.close()
        return [row[0] for row in rows]


Events = Callable[[int], list[Event]]
