"""Verdicts against what was counted: a lot is the unit that somebody looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.counts import poisson_interval, share
from inference.evaluation.rank import spearman
from inference.evaluation.resampling import REPLICATES, Estimate, around, resample
from inference.evaluation.tally import Flags, Floats, auroc, tally

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class JudgedLots:
    """Lots with their verdicts and counts, columns of equal length.

    Attributes
    ----------
    shots : (m,) float64
        Shots with a verdict, twins counted once.
    flagged : (m,) float64
        Of these, those that came out NG.
    good, bad : (m,) float64
        Counted quantities; NaN where nothing was counted.
    """

    shots: Floats
    flagged: Floats
    good: Floats
    bad: Floats

    def __len__(self) -> int:
        return len(self.shots)

    @property
    def flagged_share(self) -> Floats:
        """(m,) flagged / shots."""
        return self.flagged / self.shots

    @property
    def defect_rate(self) -> Floats:
        """(m,) bad / (good + bad); NaN where nothing was counted."""
        total = self.good + self.bad
        rate: Floats = np.full(len(self), np.nan)
        np.divide(self.bad, total, out=rate, where=total > 0)
        return rate

    def of(self, mask: Flags) -> JudgedLots:
        """These lots."""
        return JudgedLots(self.shots[mask], self.flagged[mask], self.good[mask], self.bad[mask])

    @property
    def counted(self) -> JudgedLots:
        """Lots with a count and a verdict: those that can be evaluated."""
        return self.of(np.isfinite(self.defect_rate) & (self.shots > 0))


@dataclass(frozen=True, slots=True)
class Caught:
    """How lots of one definition of bad are found by their flagged shots.

    Attributes
    ----------
    bad, good : int
        Lots that are bad by the definition, and those that are not.
    auc : Estimate
        Chance that a bad lot has a larger flagged share than a good one.
    recall : Estimate
        Share of the bad lots with a flagged shot at the limit in use.
    false_alarms : Estimate
        Share of the good lots with a flagged shot.
    """

    bad: int
    good: int
    auc: Estimate
    recall: Estimate
    false_alarms: Estimate


@dataclass(frozen=True, slots=True)
class LotFigures:
    """Figures over the lots that were counted and judged.

    Attributes
    ----------
    lots, uncounted : int
        Lots the figures rest on, and lots that nobody counted.
    rank_correlation : Estimate
        Spearman's, of flagged share and defect rate.
    any_bad : Caught
        Bad = at least one part was counted bad.
    over_limit : Caught
        Bad = the defect rate reaches ``selection.max_defect_rate``: the lots that do not train.
    flagged, counted_bad : float
        Shots flagged and parts counted bad, over all lots.
    flags_expected : tuple of float
        Exact Poisson interval of the counted bad: as many flags would agree with the count.
    lots_within : Estimate
        Share of the lots whose flags lie in the Poisson interval of their own count.
    """

    lots: int
    uncounted: int
    rank_correlation: Estimate
    any_bad: Caught
    over_limit: Caught
    flagged: float
    counted_bad: float
    flags_expected: tuple[float, float]
    lots_within: Estimate


def lot_figures(
    judged: JudgedLots, max_defect_rate: float, rng: np.random.Generator, *, replicates: int = REPLICATES
) -> LotFigures:
    """Compare flags with counts, lot by lot; lots are what is resampled for the intervals."""
    lots = judged.counted
    flagged, rate = lots.flagged_share, lots.defect_rate
    drawn = [np.full(1, np.nan)]
    for weight in resample(np.arange(len(lots)), replicates, rng) if len(lots) else ():
        drawn.append(np.array([spearman(flagged, rate, w) for w in weight]))
    counted_bad = float(lots.bad.sum())
    return LotFigures(
        lots=len(lots),
        uncounted=len(judged) - len(lots),
        rank_correlation=around(spearman(flagged, rate), np.concatenate(drawn)),
        any_bad=_caught(lots, lots.bad > 0, rng, replicates),
        over_limit=_caught(lots, rate >= max_defect_rate, rng, replicates),
        flagged=float(lots.flagged.sum()),
        counted_bad=counted_bad,
        flags_expected=poisson_interval(round(counted_bad)),
        lots_within=share(int(_within(lots).sum()), len(lots)),
    )


def _caught(lots: JudgedLots, bad: Flags, rng: np.random.Generator, replicates: int) -> Caught:
    some = lots.flagged > 0
    n_bad, n_good = int(bad.sum()), int((~bad).sum())
    auc = Estimate(float("nan"), float("nan"), float("nan"))
    if n_bad and n_good:
        flagged = lots.flagged_share
        drawn = [auroc(tally(flagged, bad, w)) for w in resample(np.arange(len(lots)), replicates, rng)]
        auc = around(float(auroc(tally(flagged, bad))), np.concatenate(drawn))
    return Caught(
        n_bad, n_good, auc, share(int((some & bad).sum()), n_bad), share(int((some & ~bad).sum()), n_good)
    )


def _within(lots: JudgedLots) -> Flags:
    counts, of = np.unique(np.round(lots.bad).astype(np.int64), return_inverse=True)
    bounds = np.array([poisson_interval(int(count)) for count in counts]).reshape(-1, 2)[of]
    inside: Flags = (lots.flagged >= bounds[:, 0]) & (lots.flagged <= bounds[:, 1])
    return inside
