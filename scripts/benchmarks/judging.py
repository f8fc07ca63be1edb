"""Judging a synthetic plant's shots, batch after batch, as the service does."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import cycle
from typing import Any

import numpy as np

from core.batch import Batch
from core.profile import Profile
from inference.judge import Judged, judge
from inference.plan import Plan, compile_plan
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant
from scripts.benchmarks.shots import Shots, draw

NOVELTY = 1e-4
"""What tells a new setting from the one before it; the two cost the same."""
VERSION = "20261120T060000000Z-00000000"


class Line:
    """A plan, batches of shots, and the memory that goes from batch to batch.

    The batches come again and again, but a setting that history never saw is another one
    each time: what was looked up once may be remembered, and would cost nothing later.
    """

    def __init__(self, plant: TrainedPlant, plan: Plan, shots: Shots, size: int) -> None:
        self.plant = plant
        self.plan = plan
        starts = range(0, len(shots.batch), size)
        self.batches = [shots.batch.take(slice(i, i + size)) for i in starts]
        self._unheard = [np.flatnonzero(shots.unheard[i : i + size]) for i in starts]
        self._next = cycle(range(len(self.batches)))
        self._novelty = 0.0
        self._memory = FillMemory()

    def judge_next(self) -> Judged:
        """Fill, cluster, route, score, decide, explain: verdict columns of the next batch."""
        number = next(self._next)
        batch, rows = self.batches[number], self._unheard[number]
        if len(rows):
            self._novelty += NOVELTY
            settings = batch.settings.copy()
            settings[rows, 0] += self._novelty
            batch = replace(batch, settings=settings)
        return self.judge(batch)

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
) -> Line:
    """A line for a plant, with shots in batches of a size."""
    shots = draw(plant, size * batches, seed)
    return Line(plant, compile_plan(plant, VERSION, profile), shots, size)


def outcome_counts(line: Line) -> dict[str, Any]:
    """How the shots came out, and by which route: what the timing was made of."""
    outcomes: Counter[str] = Counter()
    routes: Counter[str] = Counter()
    for batch in line.batches:
        columns = line.judge(batch).verdicts.columns
        outcomes.update(columns["outcome"])
        routes.update(columns["route"])
    return {"outcomes": dict(outcomes), "routes": dict(routes)}
