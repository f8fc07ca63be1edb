"""Divisions into training and test: by time, by lot, or by halves of the good; never by row.

`unit` numbers what must not be parted: the twins of one shot, or a whole lot.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.tally import Flags

Ints = NDArray[np.int64]


class Split(NamedTuple):
    """Rows to train on and rows to test on, rising."""

    train: Ints
    test: Ints


def by_time(time: Ints, unit: Ints, share: float) -> Split:
    """Train on the first `share` of the units in time, test on the later ones.

    A unit's time is its first row's.

    >>> by_time(np.array([3, 1, 2, 4]), np.array([0, 1, 1, 2]), 0.4)
    Split(train=array([1, 2]), test=array([0, 3]))
    """
    if not 0 < share < 1:
        msg = f"expected a share between 0 and 1, got {share!r}"
        raise ValueError(msg)
    names, of = np.unique(unit, return_inverse=True)
    begin = np.full(len(names), np.iinfo(np.int64).max)
    np.minimum.at(begin, of, time)
    order = np.argsort(begin, kind="stable")
    early = np.zeros(len(names), dtype=bool)
    early[order[: round(share * len(names))]] = True
    return _split(early[of])


def by_unit(unit: Ints, folds: int, rng: np.random.Generator) -> Iterator[Split]:
    """As many splits as `folds`; each unit is tested in exactly one of them.

    >>> lots = np.array([4, 4, 9, 9, 9])
    >>> sorted(split.test.tolist() for split in by_unit(lots, 2, np.random.default_rng(0)))
    [[0, 1], [2, 3, 4]]
    """
    names, of = np.unique(unit, return_inverse=True)
    if not 2 <= folds <= len(names):
        msg = f"expected 2 to {len(names)} folds, one for each lot at most, got {folds!r}"
        raise ValueError(msg)
    fold = rng.permutation(len(names)) % folds
    for number in range(folds):
        yield _split(fold[of] != number)


def half_of_good(bad: Flags, unit: Ints, rng: np.random.Generator) -> Split:
    """Train on half of the good units, test on the others and every bad one.

    The customary protocol of anomaly detection on tables (Han et al. 2022). A unit is bad
    when any row of it is.

    >>> split = half_of_good(np.array([False, False, False, True]), np.arange(4), np.random.default_rng(0))
    >>> len(split.train), split.test.tolist()[-1]
    (1, 3)
    """
    names, of = np.unique(unit, return_inverse=True)
    good = np.flatnonzero(np.bincount(of, weights=bad) == 0)
    chosen = np.zeros(len(names), dtype=bool)
    chosen[rng.permutation(good)[: len(good) // 2]] = True
    return _split(chosen[of])


def _split(train: Flags) -> Split:
    return Split(np.flatnonzero(train), np.flatnonzero(~train))
