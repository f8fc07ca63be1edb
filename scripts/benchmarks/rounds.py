"""Measuring two or more sides in turn, so that the machine's moods fall on all of them."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Sample = Callable[[], float]
"""Measures its side once and returns what it reached: a rate, seconds or bytes."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure.

    Attributes
    ----------
    rounds : int
        Samples of each side.
    seconds : float
        Least time of one sample of a steady side.
    quick : bool
        A smoke test: small plants and moments only; its figures say nothing.
    """

    rounds: int
    seconds: float
    quick: bool


FULL = Effort(rounds=7, seconds=0.3, quick=False)
QUICK = Effort(rounds=1, seconds=0.02, quick=True)


def interleave(sides: Mapping[str, Sample], rounds: int, warm_ups: int = 1) -> dict[str, list[float]]:
    """Samples of every side, A B A B ..., after warm-ups of all of them that do not count."""
    for _ in range(warm_ups):
        for sample in sides.values():
            sample()
    found: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, sample in sides.items():
            gc.collect()
            found[name].append(sample())
    return found


def steady(work: Callable[[], int], seconds: float) -> Sample:
    """A sample of units a second: `work` (which returns the units it did) again and again."""

    def sample() -> float:
        done, begin = 0, time.perf_counter()
        while True:
            done += work()
            passed = time.perf_counter() - begin
            if passed >= seconds:
                return done / passed

    return sample
