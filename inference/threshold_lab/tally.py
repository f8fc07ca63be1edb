"""What a rule would have cost and caught, counted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from core.batch import NO_TIME
from inference.threshold import outcome_code
from inference.threshold_lab.scored import BAD, GOOD, Scored, Small

_NG, _WARN = outcome_code("NG"), outcome_code("WARN")


class Tally(NamedTuple):
    """Counts over a stretch of shots. A flag is an NG; WARN is counted beside it.

    Attributes
    ----------
    shots, days : int
        Days with at least one shot.
    flags, warns : int
    flags_a_day : float
    bad_lots, bad_lots_caught : int
        Lots known to be bad, and those of them with at least one flag.
    good_lots, good_shots, good_flags : int
        Lots known to be good, their shots, and the flags among them.
    confirmed, confirmed_flagged : int
        Shots somebody confirmed to be bad.
    false_alarms, false_alarms_flagged : int
        Shots somebody said are good.
    """

    shots: int
    days: int
    flags: int
    warns: int
    flags_a_day: float
    bad_lots: int
    bad_lots_caught: int
    good_lots: int
    good_shots: int
    good_flags: int
    confirmed: int
    confirmed_flagged: int
    false_alarms: int
    false_alarms_flagged: int

    @property
    def precision(self) -> float | None:
        """Confirmed among the flagged shots that somebody spoke of; None where nobody did."""
        spoken_of = self.confirmed_flagged + self.false_alarms_flagged
        return self.confirmed_flagged / spoken_of if spoken_of else None

    @property
    def good_rate(self) -> float | None:
        """Flags per 1,000 shots of lots known to be good; None without any."""
        return 1000 * self.good_flags / self.good_shots if self.good_shots else None


def tally(scored: Scored, outcome: Small) -> Tally:
    """Count what these outcomes come to."""
    flagged = outcome == _NG
    days = len(np.unique(scored.day[scored.day != NO_TIME]))
    flags = int(flagged.sum())
    known = scored.lot >= 0
    state = np.full(len(scored), -1, dtype=np.int8)
    state[known] = scored.lot_state[scored.lot[known]]
    hit = np.zeros(len(scored.lot_state), dtype=np.bool_)
    hit[scored.lot[known & flagged]] = True
    bad, good = scored.said == BAD, scored.said == GOOD
    return Tally(
        shots=len(scored),
        days=days,
        flags=flags,
        warns=int((outcome == _WARN).sum()),
        flags_a_day=flags / max(days, 1),
        bad_lots=int((scored.lot_state == BAD).sum()),
        bad_lots_caught=int((hit & (scored.lot_state == BAD)).sum()),
        good_lots=int((scored.lot_state == GOOD).sum()),
        good_shots=int((state == GOOD).sum()),
        good_flags=int((flagged & (state == GOOD)).sum()),
        confirmed=int(bad.sum()),
        confirmed_flagged=int((bad & flagged).sum()),
        false_alarms=int(good.sum()),
        false_alarms_flagged=int((good & flagged).sum()),
    )
