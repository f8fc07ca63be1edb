"""The service over many batches: models exchanged under it, clocks that jump, memory that must not grow."""

from __future__ import annotations

import gc
import itertools
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
from core.stream import Event
from inference.judge import Judged, judge
from inference.plan import Plan, compile_plan
from inference.plan_provider import PlanProvider
from inference.store.sink import VerdictStore
from ingest.fill_memory import FillMemory
from ingest.frame import frame_from_batch
from ingest.replay import documents
from models.artifact import TrainedPlant
from models.registry import Registry
from tests.inference.service.rounds import SIZE, ListSink, RoundSource, SteadyClock, run

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
YEAR_MS, THREE_HOURS_MS = 365 * 86_400_000, 3 * 3_600_000


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
