"""Settings worth trying: values somebody can set, on a grid and around what looked good."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.profile import Variable

Floats = NDArray[np.float64]

MOST_STEPS: Final = 128
"""Finest division of a trained range."""
FULL_NEIGHBOURS: Final = 4
"""Up to so many inputs are moved together; more of them one at a time."""
_ROUNDING: Final = 1e-6


def settable_step(values: Floats, variable: Variable) -> float:
    """By what an input is set finer or coarser.

    The profile's ``tweak``; else the largest of 1, 2 and 5 times a power of ten that all
    values seen ``(u,)`` are multiples of, but no finer than the `MOST_STEPS`-th part of their
    range. 0 where there is one value only.

    >>> from core.profile import Variable
    >>> speed = Variable("speed", "setting", "mm/s", ("v",), ())
    >>> settable_step(np.array([4.5, 8.0, 9.0, 12.0]), speed)
    0.5
    >>> settable_step(np.array([50.0, 60.0, 125.0]), speed)
    5.0
    """
    span = float(np.ptp(values))
    if span == 0:
        return 0.0
    finest = span / MOST_STEPS
    if variable.tweak is not None:
        return max(variable.tweak, finest)
    top = math.floor(math.log10(span))
    steps = [factor * 10.0**power for power in range(top, top - 4, -1) for factor in (5.0, 2.0, 1.0)]
    for step in steps:
        if finest <= step <= span:
            ratio = values / step
            if np.all(np.abs(ratio - np.rint(ratio)) <= _ROUNDING):
                return step
    return min(step for step in steps if step >= finest)


@dataclass(frozen=True, slots=True)
class Axis:
    """Values one input may take.

    Attributes
    ----------
    low, high : float
        Allowed range, both ends included.
    step : float
        Between values; 0 where there is one value only.
    """

    low: float
    high: float
    step: float

    def values(self, coarser: int = 1) -> Floats:
        """Multiples of ``coarser`` steps in the range; its ends where there is none."""
        if self.step == 0 or self.low == self.high:
            return np.unique([self.low, self.high])
        step = self.step * coarser
        first, last = math.ceil(self.low / step - _ROUNDING), math.floor(self.high / step + _ROUNDING)
        found = _clean(step * np.arange(first, last + 1, dtype=np.float64), self.step)
        found = np.unique(np.minimum(np.maximum(found, self.low), self.high))
        return found if len(found) else np.unique([self.low, self.high])

    def snapped(self, values: Floats) -> Floats:
        """The nearest value that may be taken, of each."""
        if self.step == 0:
            return np.minimum(np.maximum(values, self.low), self.high)
        multiple = _clean(np.rint(values / self.step) * self.step, self.step)
        return np.minimum(np.maximum(multiple, self.low), self.high)


def grid(axes: Sequence[Axis], most: int) -> tuple[Floats, list[int]]:
    """A grid over all axes of at most so many points, and how many steps of each it takes.

    Empty where so many inputs leave no two values each.
    """
    coarser = [1] * len(axes)
    lines = [axis.values() for axis in axes]
    while math.prod(map(len, lines)) > most:
        longest = max(range(len(axes)), key=lambda k: len(lines[k]))
        if len(lines[longest]) <= 2:
            return np.empty((0, len(axes))), coarser
        coarser[longest] *= 2
        lines[longest] = axes[longest].values(coarser[longest])
    return np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, len(axes)), coarser


def neighbours(points: Floats, axes: Sequence[Axis], coarser: Sequence[int]) -> Floats:
    """Settings ``(k, d)`` one step, or so many at once, from these ``(n, d)``."""
    d = len(axes)
    if d <= FULL_NEIGHBOURS:
        moves = np.array(list(itertools.product((-1, 0, 1), repeat=d)), dtype=np.float64)
    else:
        moves = np.concatenate([np.zeros((1, d)), np.eye(d), -np.eye(d)])
    steps = np.array([axis.step * many for axis, many in zip(axes, coarser, strict=True)])
    moved = (points[:, None, :] + moves * steps).reshape(-1, d)
    for k, axis in enumerate(axes):
        moved[:, k] = axis.snapped(moved[:, k])
    return np.unique(moved, axis=0)


def _clean(values: Floats, step: float) -> Floats:
    """Without the last bits that multiplying leaves: 0.3, not 0.30000000000000004."""
    return np.round(values, 6 - math.floor(math.log10(step)))
