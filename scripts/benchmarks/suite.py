"""What a suite hands back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.benchmarks.figure import Figure


@dataclass(frozen=True, slots=True)
class Curve:
    """A measured line: `values` over `sizes`, one of several in a plot of its `title`."""

    title: str
    name: str
    sizes_name: str
    values_name: str
    sizes: Sequence[float]
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """Figures of one suite, curves to draw beside them, facts about its set-up, profiles.

    `profiles` say by title where the time goes (`scripts.benchmarks.profiling`).
    """

    figures: Sequence[Figure]
    curves: Sequence[Curve] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    profiles: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain values for the report."""
        return {
            "figures": {figure.key: figure.as_json() for figure in self.figures},
            "curves": [{name: getattr(curve, name) for name in curve.__slots__} for curve in self.curves],
            "facts": dict(self.facts),
            "profiles": {title: dict(shares) for title, shares in self.profiles.items()},
        }
