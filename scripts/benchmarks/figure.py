"""A figure: a ratio of two measured sides, with all it was made of."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.benchmarks.targets import TARGETS


@dataclass(frozen=True, slots=True)
class Figure:
    """One key of the report.

    Attributes
    ----------
    key : str
        As in `scripts.benchmarks.targets.TARGETS`.
    ratios : sequence of float
        One a round; empty where the figure could not be measured.
    rates : mapping of str to sequence of float
        What each side reached in each round, in `unit`.
    unit : str
    facts : mapping of str to object
        Whatever else a reader needs to judge the figure by.
    note : str
        How it was measured and what favours whom.
    """

    key: str
    ratios: Sequence[float]
    rates: Mapping[str, Sequence[float]]
    unit: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    @property
    def value(self) -> float | None:
        """Median over the rounds; None where there are none."""
        return statistics.median(self.ratios) if self.ratios else None

    def as_json(self) -> dict[str, Any]:
        """The figure with its target, as it is reported."""
        target = TARGETS[self.key]
        return {
            "suite": target.suite,
            "value": self.value,
            "target": target.limit,
            "sense": target.sense,
            "met": target.met(self.value),
            "ratio": spread(self.ratios) if self.ratios else None,
            "unit": self.unit,
            "rates": {name: spread(values) for name, values in self.rates.items()},
            "facts": dict(self.facts),
            "meaning": target.meaning,
            "note": self.note,
        }


def ratio_of(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Round by round, one side over the other.

    >>> ratio_of([4.0, 9.0], [2.0, 3.0])
    [2.0, 3.0]
    """
    return [a / b for a, b in zip(over, under, strict=True)]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and greatest, and how many rounds.

    >>> spread([3.0, 1.0, 2.0])
    {'median': 2.0, 'min': 1.0, 'max': 3.0, 'rounds': 3}
    """
    return {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
        "rounds": len(values),
    }
