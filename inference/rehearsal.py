"""What a limit costs from one lot to others, tried on the lots that training held out.

Presses drift and lots differ: a limit that five of 1,000 shots of these lots pass is passed
by more of the next ones. So the limit is rehearsed on the plant's own lots: each group's
held-out lots are cut in two in time, the limit is taken from one half and the other half is
counted, both ways round. Over all groups that says what really comes of a share, and which
share keeps a budget; and how far single groups stray from it. Groups of one press wear and
warm alike: how far they stray is ranked by press, as if each were seen once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.conformal import Interval, effective, limits_at, share_interval
from models.artifact import GroupModel, LossSummary

Floats = NDArray[np.float64]

SHARES: Floats = np.geomspace(1e-15, 0.1, 281)
LEAST_PAIRS = 10
"""With fewer halves to compare nothing is learnt from them; the budget is taken as it is."""
LEAST_HALF = 40
"""Losses of a half."""
LEVEL = 0.95
_RESEMBLANCE = 0.02  # share of the highest losses by which the likeness of a lot's shots is measured


class _Half(NamedTuple):
    tail: Floats
    size: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What was learnt from a version's held-out lots.

    Attributes
    ----------
    flagged : (r, len(SHARES)) float64
        Share of shots that passed the limit of each of `SHARES`, a row a half.
    correlation : float
        Between two shots of one lot in being among the highest, 0-1.
    press : (r,) intp
        Number of the press of each row.
    """

    flagged: Floats
    correlation: float
    press: NDArray[np.intp]

    @property
    def pairs(self) -> int:
        """Halves that were compared."""
        return len(self.flagged)

    def share_for(self, budget: float) -> float:
        """The share that kept the budget (a share, too) on average over all halves.

        Never more than the budget; the budget itself where there are fewer than `LEAST_PAIRS`.
        """
        if self.pairs < LEAST_PAIRS:
            return budget
        kept = int(np.searchsorted(self.flagged.mean(axis=0), budget, side="right")) - 1
        return min(budget, float(SHARES[max(kept, 0)]))

    def interval(self, losses: LossSummary, budget: float, shots: int | None = None) -> Interval:
        """Where the share of flags among a group's next good shots will lie, in `LEVEL` of all groups.

        Holds for the next lots, about as many as half of the held-out ones: what drifts on
        goes on drifting. At its ends are the beta-binomial for as many shots as the lots are
        worth, and above what the halves of other groups came to, ranked.

        Parameters
        ----------
        losses : LossSummary
            Of the group, with its tail.
        budget : float
            As a share.
        shots : int, optional
            How many; as many as were held out when not given.
        """
        share, count = self.share_for(budget), losses.count
        worth = effective(losses.lot_sizes, self.correlation) / count
        own = max(1, round((count if shots is None else shots) * worth))
        n = (count + 1) * worth
        low = share_interval(own, n * share, n * (1 - share), LEVEL).low
        high = share_interval(own, n * budget, n * (1 - budget), LEVEL).high
        return Interval(low, max(high, self.strayed(share)))

    def strayed(self, share: float) -> float:
        """What the next half stays under with a chance of `LEVEL`, going by those seen; 0 without any.

        The conformal quantile over presses, each with all its halves for one; with fewer than
        ``LEVEL / (1 - LEVEL)`` presses the largest of all.
        """
        if self.pairs < LEAST_PAIRS:
            return 0.0
        at = min(int(np.searchsorted(SHARES, share)), len(SHARES) - 1)
        each = np.bincount(self.press)
        presses = np.count_nonzero(each)
        order = np.argsort(self.flagged[:, at])
        reached = np.cumsum(1.0 / (presses * each[self.press[order]]))
        level = math.ceil((presses + 1) * LEVEL) / presses
        found = min(int(np.searchsorted(reached, level - 1e-9)), self.pairs - 1)
        return float(self.flagged[order[found], at])


def rehearse_models(models: Sequence[GroupModel]) -> Rehearsal:
    """`rehearse` a version."""
    return rehearse([model.losses for model in models], [model.key[:2] for model in models])


def rehearse(groups: Sequence[LossSummary], presses: Sequence[object]) -> Rehearsal:
    """Try every one of `SHARES` on the groups' held-out lots.

    Parameters
    ----------
    groups : sequence of LossSummary
    presses : sequence
        The press of each group, anything that can be a key.
    """
    numbers: dict[object, int] = {}
    rows, press = [], []
    for losses, name in zip(groups, presses, strict=True):
        for row in _tried(losses):
            rows.append(row)
            press.append(numbers.setdefault(name, len(numbers)))
    flagged = np.array(rows).reshape(len(rows), len(SHARES))
    return Rehearsal(flagged, lot_correlation(groups), np.array(press, dtype=np.intp))


def _tried(losses: LossSummary) -> Iterator[Floats]:
    halves = [_half(losses, late) for late in (False, True)]
    if min(half.size for half in halves) < LEAST_HALF:
        return
    for known, other in (halves, halves[::-1]):
        limits = limits_at(known.tail, known.size, SHARES)
        above = len(other.tail) - np.searchsorted(other.tail, limits, side="right")
        yield above / other.size


def _half(losses: LossSummary, late: bool) -> _Half:
    """The first or the later half of the lots."""
    middle = len(losses.lot_sizes) // 2
    tail = losses.tail[(losses.tail_lot >= middle) == late]
    sizes = losses.lot_sizes[middle:] if late else losses.lot_sizes[:middle]
    return _Half(tail, int(sizes.sum()) if len(tail) else 0)


def lot_correlation(groups: Sequence[LossSummary]) -> float:
    """How alike shots of one lot are in being among their group's highest losses, 0-1.

    The moment estimator of the correlation within lots, over all groups together: each has
    too few lots for one of its own.
    """
    found = possible = 0.0
    for losses in groups:
        sizes = losses.lot_sizes.astype(np.float64)
        total = sizes.sum()
        high = min(math.ceil(_RESEMBLANCE * total), len(losses.tail))
        if len(sizes) < 2 or high < 1:
            continue
        counts = np.bincount(losses.tail_lot[-high:], minlength=len(sizes))
        share = high / total
        spread = ((counts - share * sizes) ** 2).sum() * len(sizes) / (len(sizes) - 1)
        found += spread / (share * (1 - share)) - total if share < 1 else 0.0
        possible += float((sizes**2).sum() - total)
    return min(max(found / possible, 0.0), 1.0) if possible else 0.0
