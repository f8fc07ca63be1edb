"""From a budget of false alarms to a limit, and what the limit will then really cost.

With n held-out losses of good shots and a share p of good shots that may be flagged, the
limit is the k-th smallest loss, ``k = ceil((n + 1) (1 - p))``. If the next shot comes from
where the n came from, in any order, it passes the limit with a chance of at most p: the
split-conformal quantile (Vovk, Gammerman & Shafer 2005; Lei et al. 2018). n must be at least
``1 / p - 1`` for it; with fewer losses their exponential tail is extrapolated.

How many of m further good shots pass the k-th of n is known exactly, too: beta-binomial
with parameters ``n + 1 - k`` and ``k``. Shots of a lot resemble each other, so that n shots
are worth fewer: `effective`. `inference.rehearsal` deals with lots that differ.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PER = 1000.0
"""Budgets are flags per so many good shots."""
TAIL_SHARE = 0.05
"""Of the losses, those to which the exponential tail is fitted."""
LEAST_TAIL = 10


class Limit(NamedTuple):
    """A limit and where it comes from.

    Attributes
    ----------
    value : float
    extrapolated : bool
        The losses are too few for the share: the tail was extrapolated.
    """

    value: float
    extrapolated: bool


class Interval(NamedTuple):
    """Lower and upper end of a share of shots, 0-1 each."""

    low: float
    high: float


def rank_of(count: int, share: float) -> int:
    """The rank k of the limit among `count` losses; more than `count`: they are too few.

    >>> rank_of(199, 0.005), rank_of(198, 0.005), rank_of(999, 0.005)
    (199, 199, 995)
    """
    # (1 - 0.005) * 200 = 199.00000000000003 must not round up to 200.
    return math.ceil(round((count + 1) * (1.0 - share), 9))


def least_count(share: float) -> int:
    """Losses it takes for a limit that is one of them.

    >>> least_count(0.005), least_count(0.001)
    (199, 999)
    """
    return math.ceil(round(1.0 / share, 9)) - 1


def limits_at(tail: Floats, count: int, shares: Floats) -> Floats:
    """Limits ``(r,)`` at these shares of good shots; NaN without losses.

    Parameters
    ----------
    tail : (t,) float64
        The highest of the losses, ascending.
    count : int
        Losses in all, `tail` included.
    shares : (r,) float64
        Between 0 and 1, both excluded. A share that lies below the tail's lowest loss
        gives that loss: fewer flags than asked for, never more.

    Notes
    -----
    Beyond the largest loss ``u + b ln(k / (n p))``: u is the loss above which the k highest
    lie, b how far they lie above it on average. On simulated presses the generalised Pareto
    tail, whose shape must be estimated from the same few losses, did worse.

    Examples
    --------
    >>> limits_at(np.arange(1.0, 200.0), 199, np.array([0.005, 0.1])).tolist()
    [199.0, 180.0]
    >>> bool(limits_at(np.arange(1.0, 200.0), 199, np.array([0.001]))[0] > 199.0)
    True
    """
    if not len(tail):
        return np.full(len(shares), np.nan)
    rank = np.ceil(np.round((count + 1) * (1.0 - shares), 9)).astype(np.int64)
    within = tail[np.clip(rank - 1 - (count - len(tail)), 0, len(tail) - 1)]
    above = min(max(LEAST_TAIL, int(TAIL_SHARE * count)), len(tail) - 1)
    if above < 1:
        return within
    start = tail[-above - 1]
    scale = float(np.mean(tail[-above:] - start))
    beyond = np.maximum(start + scale * np.log(above / (count * shares)), tail[-1])
    return np.where(rank > count, beyond, within)


def limit_of(tail: Floats, count: int, share: float) -> Limit:
    """`limits_at` one share.

    >>> limit_of(np.arange(1.0, 200.0), 199, 0.005)
    Limit(value=199.0, extrapolated=False)
    """
    value = float(limits_at(tail, count, np.array([share]))[0])
    return Limit(value, rank_of(count, share) > count)


def flags_distribution(shots: int, above: float, below: float) -> Floats:
    """Chance ``(shots + 1,)`` of each number of flags among so many further good shots.

    Parameters
    ----------
    shots : int
        Further shots.
    above, below : float
        ``n + 1 - k`` and ``k`` where the limit is the k-th of n losses; both above 0.

    Examples
    --------
    One loss, the limit is that loss: the next shot is above it or not, equally likely.

    >>> flags_distribution(1, 1, 1).tolist()
    [0.5, 0.5]
    """
    j = np.arange(shots, dtype=np.float64)
    steps = np.log((shots - j) * (above + j)) - np.log((j + 1) * (below + shots - j - 1))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    weights = np.exp(logs - logs.max())
    chances: Floats = weights / weights.sum()
    return chances


def share_interval(shots: int, above: float, below: float, level: float = 0.95) -> Interval:
    """Where the share of flags among further shots lies with a chance of at least `level`.

    >>> share_interval(1000, 5, 995, 0.9)
    Interval(low=0.001, high=0.011)
    """
    if shots < 1:
        return Interval(0.0, 1.0)
    reached = np.cumsum(flags_distribution(shots, above, below))
    rest = (1.0 - level) / 2
    low = int(np.searchsorted(reached, rest, side="right"))
    high = int(np.searchsorted(reached, 1.0 - rest))
    return Interval(low / shots, min(high, shots) / shots)


def effective(sizes: NDArray[np.int64], correlation: float) -> float:
    """How many shots of one lot each so many shots in lots of these sizes are worth.

    Parameters
    ----------
    sizes : (l,) int64
        Shots of each lot.
    correlation : float
        Between two shots of a lot: 0 each counts, 1 each lot counts as one shot
        (Kish's design effect).

    Examples
    --------
    >>> effective(np.array([50, 50]), 0.0), effective(np.array([50, 50]), 1.0)
    (100.0, 2.0)
    """
    total = float(sizes.sum())
    if total == 0:
        return 0.0
    typical = float((sizes.astype(np.float64) ** 2).sum()) / total
    return total / (1.0 + (typical - 1.0) * correlation)
