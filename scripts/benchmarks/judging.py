"""Judging a synthetic plant's shots, batch after batch, as the service does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

from core.batch import Batch
from core.profile import Profile
from inference.judge import Judged, judge
from inference.plan import Plan, compile_plan
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant
from scripts.benchmarks.shots import Shots, draw

VERSION = "20261120T060000000Z-00000000"


class Line:
    """A plan, batches of shots, and the memory that goes from batch to batch."""

    def __init__(self, plant: TrainedPlant, plan: Plan, batches: Sequence[Batch]) -> None:
        self.plant = plant
        self.plan = plan
        self.batches = batches
        self._next = cycle(batches)
        self._memory = FillMemory()

    def judge_next(self) -> Judged:
        """Fill, cluster, route, score, decide, explain: verdict columns of the next batch."""
        return self.judge(next(self._next))

    def judge(self, batch: Batch) -> Judged:
        """The same for this batch."""
        judged = judge(batch, self.plan, self._memory)
        self._memory = judged.memory
        return judged

    def work(self) -> int:
        """Judge the next batch and see that every column is there; the number of shots."""
        columns = self.judge_next().verdicts.columns
        return min(len(column) for column in columns.values())


def line_of(
    plant: TrainedPlant, profile: Profile, *, size: int = 256, batches: int = 8, seed: int = 1
) -> tuple[Line, Shots]:
    """A line for a plant with shots in batches, and the shots as drawn."""
    shots = draw(plant, size * batches, seed)
    parts = [shots.batch.take(slice(i, i + size)) for i in range(0, len(shots.batch), size)]
    return Line(plant, compile_plan(plant, VERSION, profile), parts), shots


def outcome_counts(line: Line) -> dict[str, Any]:
    """How the shots came out, and by which route: what the timing was made of."""
    outcomes: Counter[str] = Counter()
    routes: Counter[str] = Counter()
    for batch in line.batches:
        columns = line.judge(batch).verdicts.columns
        outcomes.update(columns["outcome"])
        routes.update(columns["route"])
    return {"outcomes": dict(outcomes), "routes": dict(routes)}


def in_turn(works: Sequence[Callable[[], int]]) -> Callable[[], int]:
    """A work that does the next of `works` at every call."""
    following = cycle(works)
    return lambda: next(following)()
