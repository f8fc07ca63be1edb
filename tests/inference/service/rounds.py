"""The same records again and again, under a clock that goes on by itself."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.profile import Profile
from core.stream import Begin, Event, Phase, Position, Work, Written
from inference.plan import Plan
from inference.service import JudgingService

SIZE = 20


class RoundSource:
    """The same records again and again under new tokens; after so many batches it asks for the end."""

    def __init__(self, records: Sequence[Event], batches: int) -> None:
        self.batches = batches
        self.at_batch: Callable[[int], object] = lambda number: None
        self.at_end: Callable[[], object] = lambda: None
        self._records = records
        self._next = 0
        self._position = Position("null", kind="start", source_id="round")

    @property
    def phase(self) -> Phase:
        return "stream"

    def open(self, position: Position | None, begin: Begin = "position") -> None:
        self._position = position or self._position
        self._next = 0 if self._position.kind == "start" else int(self._position.token_json[1:]) + 1

    def reconcile(self, gap: int) -> Position:
        raise AssertionError("nothing is missing here")

    def next_batch(self, max_events: int, wait_s: float) -> Sequence[Event]:
        number = self._next // max_events + 1
        if number > self.batches:
            if wait_s:  # not while the batch before is still judged: the end would come at any moment
                self.at_end()
            return []
        self.at_batch(number)
        batch = [
            self._records[i % len(self._records)]._replace(token=f"t{i:09d}", cluster_time=(i, 1))
            for i in range(self._next, self._next + max_events)
        ]
        self._next += max_events
        self._position = Position(batch[-1].token, batch[-1].cluster_time, "event", "round")
        return batch

    def position(self) -> Position:
        return self._position

    def head(self) -> tuple[int, int]:
        return (self._position.cluster_time[0] + 7, 0)

    def close(self) -> None:
        pass


class ListSink:
    """Keeps every work."""

    def __init__(self) -> None:
        self.works: list[Work] = []

    def open(self, anew: bool = False) -> None:
        pass

    def write(self, work: Work) -> Written:
        self.works.append(work)
        return Written(len(work.tokens), len(work.dead_letters), 0)

    def note_gap(self, cause: str, begin: Callable[[int], Position]) -> Position:
        raise AssertionError("there is no gap here")

    def unchanged(self, records: Sequence[tuple[str, int]]) -> Sequence[bool]:
        return [False] * len(records)

    def position(self) -> Position | None:
        return self.works[-1].position if self.works else None

    def memory(self) -> Mapping[str, str]:
        return {}

    def check(self) -> None:
        pass

    def close(self) -> None:
        pass

    def column(self, name: str) -> list[Any]:
        return [v for w in self.works if w.verdicts is not None for v in w.verdicts.columns[name]]

    def versions(self) -> list[set[str]]:
        """The versions each work was judged by."""
        return [set(w.verdicts.columns["model_version"]) for w in self.works if w.verdicts is not None]

    def exchanges(self) -> int:
        return sum(a != b for a, b in itertools.pairwise(self.versions()))


class SteadyClock:
    """A second passes between any two looks, so that a new model is looked for after every batch."""

    def __init__(self, jumps_ms: Sequence[int] = (0,)) -> None:
        self.seconds = 0.0
        self._jumps = itertools.cycle(jumps_ms)

    def monotonic(self) -> float:
        self.seconds += 1.0
        return self.seconds

    def now_ms(self) -> int:
        return 1_700_000_000_000 + round(self.seconds * 1000) + next(self._jumps)


def run(
    source: RoundSource, sink: Any, plans: Callable[[], Plan], profile: Profile, **options: Any
) -> JudgingService:
    """Judge until the source has given all its batches."""
    options = {"clock": SteadyClock(), "rng": random.Random(0), "wait": lambda seconds: False, **options}
    service = JudgingService(source, sink, plans, profile, batch_size=SIZE, **options)
    source.at_end = lambda: service.stop(0)
    service.run()
    assert service.status.state == "stopped"
    assert service.status.balanced
    return service
