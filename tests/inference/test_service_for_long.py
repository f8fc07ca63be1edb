"""The service over many batches: models exchanged under it, clocks that jump, memory that must not grow."""

from __future__ import annotations

import gc
import itertools
import random
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
import numpy as np
import pytest

from core.batch import Batch
from core.profile import Profile
from core.stream import Begin, Event, Phase, Position, Work, Written
from inference.judge import Judged, judge
from inference.plan import Plan, compile_plan
from inference.plan_provider import PlanProvider
from inference.service import JudgingService
from inference.store.sink import VerdictStore
from ingest.fill_memory import FillMemory
from ingest.frame import frame_from_batch
from ingest.replay import documents
from models.artifact import TrainedPlant
from models.registry import Registry

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SIZE = 20
YEAR_MS, THREE_HOURS_MS = 365 * 86_400_000, 3 * 3_600_000
Events = Callable[[], list[Event]]


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


@pytest.fixture(scope="module")
def plants(
    profile: Profile,
    make_plant: Callable[..., TrainedPlant],
    random_weights: Mapping[str, Callable[..., Any]],
) -> list[TrainedPlant]:
    """The same plant trained three times: the same groups, other weights."""
    first = make_plant(profile, groups=6, kinds=("autoencoder",))

    def trained(seed: int) -> TrainedPlant:
        weights = random_weights["autoencoder"]
        rng = np.random.default_rng(seed)
        models = [replace(m, weights=weights(rng, len(profile.production))) for m in first.models]
        return replace(first, models=tuple(models))

    return [trained(seed) for seed in (11, 12, 13)]


@pytest.fixture(scope="module")
def records(plants: list[TrainedPlant], profile: Profile, make_shots: Callable[..., Batch]) -> list[Event]:
    """Shots as a stream delivers them; each batch holds the same ones."""
    frame = frame_from_batch(make_shots(plants[0], SIZE), profile)
    return [
        Event("", str(d["_id"]), "insert", bson.encode(d), (0, 0))
        for d in documents(frame, profile)
        if d is not None
    ]


def scores_of(plan: Plan, records: Sequence[Event]) -> dict[str, float]:
    """Each shot's score under one plan."""
    sink = ListSink()
    run(RoundSource(records, 1), sink, lambda: plan, plan.profile)
    return dict(zip(sink.column("shot_id"), sink.column("anomaly_score"), strict=True))


@pytest.fixture
def exchanged() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Does something every few milliseconds, in a thread, until the test is over."""
    over, threads = threading.Event(), list[threading.Thread]()

    def every_few_ms(act: Callable[[], object]) -> None:
        def go_on() -> None:
            while not over.wait(0.002):
                act()

        threads.append(threading.Thread(target=go_on))
        threads[-1].start()

    yield every_few_ms
    over.set()
    for thread in threads:
        thread.join()


@pytest.mark.fault_row(34)
def test_models_exchanged_every_few_milliseconds_leave_every_verdict_one_version_and_its_score(
    plants: list[TrainedPlant],
    profile: Profile,
    records: list[Event],
    tmp_path: Path,
    exchanged: Callable[[Callable[[], object]], None],
) -> None:
    registry = Registry(tmp_path / "registry")
    names = [registry.save(plant, now=NOON + timedelta(hours=i)) for i, plant in enumerate(plants)]
    broken = registry.save(plants[0], now=NOON + timedelta(hours=9), activate=False)
    (registry.folder / broken / "groups.npz").write_bytes(b"PK")
    expected = {
        name: scores_of(compile_plan(plant, name, profile), records)
        for name, plant in zip(names, plants, strict=True)
    }
    order = itertools.cycle([*names, broken])
    exchanged(lambda: registry.set_current(next(order)))
    source, sink = RoundSource(records, 100_000), ListSink()

    def enough(number: int) -> None:
        if number >= 100 and sink.exchanges() >= 30:
            source.batches = number

    source.at_batch = enough
    run(source, sink, PlanProvider(registry, profile), profile)

    versions, shots, scores = (sink.column(n) for n in ("model_version", "shot_id", "anomaly_score"))
    assert len(versions) == source.batches * SIZE
    assert set(versions) == set(names)
    assert scores == [expected[version][shot] for version, shot in zip(versions, shots, strict=True)]
    assert all(len(work_versions) == 1 for work_versions in sink.versions())
    assert [letter for work in sink.works for letter in work.dead_letters] == []


@pytest.mark.fault_row(32)
def test_a_date_that_jumps_changes_nothing(
    plants: list[TrainedPlant], profile: Profile, records: list[Event]
) -> None:
    plan = compile_plan(plants[0], "v1", profile)

    def told(jumps_ms: Sequence[int]) -> list[Any]:
        sink, waits = ListSink(), list[float]()

        def wait(seconds: float) -> bool:
            waits.append(seconds)
            return False

        clock = SteadyClock(jumps_ms)
        service = run(RoundSource(records, 40), sink, lambda: plan, profile, clock=clock, wait=wait)
        works = [(w.position, tuple(w.tokens), dict(w.memory)) for w in sink.works]
        status = replace(service.status, since=0, last_commit=0)  # dates, for display only
        return [works, sink.column("anomaly_score"), sink.column("outcome"), status, waits, clock.seconds]

    assert told([0, -THREE_HOURS_MS, 0, YEAR_MS]) == told([0])


@pytest.mark.fault_row(35)
def test_memory_does_not_grow_with_the_batches(
    plants: list[TrainedPlant], profile: Profile, records: list[Event], tmp_path: Path
) -> None:
    plan = compile_plan(plants[0], "v1", profile)
    held: dict[int, int] = {}

    def look(number: int) -> None:
        if number in (60, 260):
            gc.collect()
            held[number] = tracemalloc.get_traced_memory()[0]

    source = RoundSource(records, 261)
    source.at_batch = look
    store = VerdictStore(f"sqlite:///{(tmp_path / 'verdicts.sqlite').as_posix()}")
    tracemalloc.start()
    try:
        run(source, store, lambda: plan, profile)
    finally:
        tracemalloc.stop()

    assert held[260] - held[60] < 100_000  # of 200 batches; each holds some 100 kB while it is judged


def test_a_new_version_that_fails_on_everything_is_left_by_itself_and_no_record_is_given_up(
    plants: list[TrainedPlant], profile: Profile, records: list[Event], tmp_path: Path
) -> None:
    registry = Registry(tmp_path / "registry")
    good = registry.save(plants[0], now=NOON)
    bad: list[str] = []

    def at_batch(number: int) -> None:
        if number == 20 and not bad:
            bad.append(registry.save(plants[1], now=NOON + timedelta(hours=1)))

    def fails_under_the_new_one(batch: Batch, plan: Plan, memory: FillMemory) -> Judged:
        if plan.version in bad:
            raise FloatingPointError("every time")
        return judge(batch, plan, memory)

    plans = PlanProvider(registry, profile)
    source, sink = RoundSource(records, 60), ListSink()
    source.at_batch = at_batch

    service = run(source, sink, plans, profile, judge=fails_under_the_new_one)

    assert sink.versions() == [{good}] * len(sink.versions())
    tokens = [token for work in sink.works for token in work.tokens]
    assert tokens == [f"t{i:09d}" for i in range(60 * SIZE)]
    assert service.status.dead_letters == 0
    assert (plans.version, registry.current()) == (good, bad[0])
    assert "every time" in (plans.problem or "")
