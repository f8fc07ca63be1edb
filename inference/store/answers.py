"""What the verdict reader answers beside verdicts: lots counted, points of a trend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class LotCount:
    """Judged shots of one lot by outcome; `first` and `last` are shot times in ms UTC."""

    lot: str
    facility: str
    item: str | None
    shots: int
    warn: int
    ng: int
    first: int | None
    last: int | None

    @property
    def flagged_share(self) -> float:
        """Share of the lot's shots judged NG, 0-1."""
        return self.ng / self.shots


class TrendPoint(NamedTuple):
    """One shot of a facility's trend: its score against the limit ``base + tolerance``, and who judged it."""

    changed_over: bool
    outcome: str
    anomaly_score: float | None
    base: float | None
    tolerance: float | None
    route: str = "trained"
    warming_up: bool = False
    shot_time: int | None = None
