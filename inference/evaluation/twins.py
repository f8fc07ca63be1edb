"""One shot may be several rows, a part each: they are judged once and never parted."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.batch import NO_TIME, Strings
from inference.evaluation.tally import Flags, Floats

Ints = NDArray[np.int64]


def twins(facility: Strings, time: Ints) -> Ints:
    """Number of the shot each row belongs to: rows of one facility and time stamp are one shot.

    Numbers count from 0 in the order in which shots appear; a row without time is a shot
    of its own.

    >>> press = np.array(["P1", "P1", "P2", "P1", "P1"], dtype=object)
    >>> twins(press, np.array([5, 5, 5, NO_TIME, NO_TIME])).tolist()
    [0, 0, 1, 2, 3]
    """
    n = len(time)
    press = pd.factorize(facility, use_na_sentinel=False)[0].astype(np.int64)
    alone = np.where(time == NO_TIME, np.arange(n), -1)
    keys = pd.MultiIndex.from_arrays([press, time, alone])
    return np.asarray(pd.factorize(keys)[0], dtype=np.int64)


def any_of(shot: Ints, marked: Flags) -> Flags:
    """Whether any row of each shot is marked, ``(shots,)``.

    >>> any_of(np.array([0, 0, 1]), np.array([False, True, False])).tolist()
    [True, False]
    """
    return np.bincount(shot, weights=marked, minlength=_shots(shot)) > 0


def worst_of(shot: Ints, score: Floats) -> Floats:
    """Highest score of each shot's rows, ``(shots,)``; NaN where none has one.

    >>> worst_of(np.array([0, 0, 1]), np.array([1.0, np.nan, np.nan])).tolist()
    [1.0, nan]
    """
    worst = np.full(_shots(shot), -np.inf)
    np.fmax.at(worst, shot, score)
    seen = any_of(shot, ~np.isnan(score))
    return np.where(seen, worst, np.nan)


def first_row(shot: Ints) -> Ints:
    """First row of each shot, ``(shots,)``.

    >>> first_row(np.array([0, 0, 1])).tolist()
    [0, 2]
    """
    return np.unique(shot, return_index=True)[1].astype(np.int64)


def _shots(shot: Ints) -> int:
    return int(shot.max(initial=-1)) + 1
