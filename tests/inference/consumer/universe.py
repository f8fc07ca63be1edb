"""One universe: lives of the consumer with everything that happens in them, and what must hold after."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from core.batch import Batch
from core.errors import ModelNotFound
from core.profile import Profile
from core.verdict import Verdicts
from inference.judge import Judged
from inference.service import JudgingService
from ingest.fill_memory import FillMemory
from tests.inference.consumer.world import LONGEST_LIFE, Crash, World
from tests.inference.consumer.world_sink import WorldSink
from tests.inference.consumer.world_source import WorldSource

Life = Mapping[int, Sequence[str]]

MOST_LOOKS = 20 * LONGEST_LIFE
"""At the clock in one life; an action takes one, and none but waiting and stopping is without a step."""


class Broken(AssertionError):
    """The promise did not hold in this universe."""


@dataclass
class Parts:
    """What a consumer is made of; a planted bug exchanges one of them."""

    source: type[WorldSource] = WorldSource
    sink: type[WorldSink] = WorldSink


class WorldClock:
    """The world's time; waiting passes it. Who looks at it without end is found going in circles."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._looks = 0

    def monotonic(self) -> float:
        self._looks += 1
        if self._looks > MOST_LOOKS:
            raise Broken("the consumer went in circles without a step in the world")
        return self._world.now

    def now_ms(self) -> int:
        return round(self._world.now * 1000)

    def wait(self, seconds: float) -> bool:
        self._world.now += max(seconds, 0.01)
        return False


class Silent:
    """A log nobody reads."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None


def judge_nothing(batch: Batch, plan: Any, memory: FillMemory) -> Judged:
    """A verdict a record, without any model."""
    return Judged(Verdicts({"shot_id": batch.ids.tolist()}), memory, {})


def run(lives: Sequence[Life], profile: Profile, parts: Parts | None = None) -> World:
    """Live through these lives and a calm one after them, then check the promise.

    Raises
    ------
    Broken
        Something was lost, doubled, silently skipped or not accounted for.
    """
    parts = parts or Parts()
    world = World()
    for life in lives:
        _live(world, life, profile, parts)
    _live(world, {}, profile, parts)
    _check(world)
    return world


def _live(world: World, life: Life, profile: Profile, parts: Parts) -> None:
    clock = WorldClock(world)
    plan = SimpleNamespace(version="v1", choice=0)

    def provide() -> Any:
        if world.strikes("no_model"):
            raise ModelNotFound("nothing trained")
        return plan

    service = JudgingService(
        parts.source(world),
        parts.sink(world),
        provide,
        profile,
        clock=clock,
        judge=judge_nothing,
        rng=random.Random(0),
        wait=clock.wait,
        log=Silent(),
    )
    world.live(life, lambda: service.stop(0))
    try:
        service.run()
    except Crash:
        return
    if world.step > LONGEST_LIFE:
        raise Broken("the consumer came to no end")
    if not service.status.balanced:
        raise Broken(f"not every event is accounted for: {service.status}")


def _check(world: World) -> None:
    disk = world.disk
    if disk is None:
        if world.collection:
            raise Broken("there is no store")
        return
    judged = Counter((row.record_id, row.content) for row in disk.rows)
    letters = Counter((row.record_id, row.content) for row in disk.letters)
    tokens = Counter(row.token for row in (*disk.rows, *disk.letters))
    twice = [token for token, count in tokens.items() if count > 1]
    if twice:
        raise Broken(f"doubled: {twice}")
    # An older version of a record may go unjudged where the collection was read instead.
    covered = max((*world.covered, *(until for _, until in world.overlaps)))
    for change in world.oplog:
        key = (change.record_id, change.content)
        bad = change.content in world.poisoned
        mine, other = (letters, judged) if bad else (judged, letters)
        newest = world.collection[change.record_id] == change.raw
        if not mine[key] and (newest or change.time > covered):
            raise Broken(f"lost: {change.record_id} of time {change.time}")
        if other[key]:
            raise Broken(f"wrong account: {change.record_id} of time {change.time}")
        overlapped = any(begin < change.time <= until for begin, until in world.overlaps)
        if mine[key] > 1 and not overlapped:
            raise Broken(f"judged twice: {change.record_id} of time {change.time}")
    if world.lost_positions and not disk.gaps and not world.identity:
        raise Broken("a position was lost and no gap noted")
