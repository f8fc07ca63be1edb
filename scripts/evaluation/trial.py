"""A data set divided for a trial: what detectors learn from and what they are asked about."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

TAIL = 0.1
"""Share of the held-out rows that tell how scores run out at the top."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows of one training and its test, unscaled, nothing missing.

    Attributes
    ----------
    fit : (n, p) float64
    held_out : (m, p) float64
        Later rows, or others at random: for stopping early, choosing a detector, calibrating.
    test : (k, p) float64
    """

    fit: Floats
    held_out: Floats
    test: Floats

    @property
    def known(self) -> Floats:
        """All rows that are not tested, ``(n + m, p)``."""
        return np.concatenate([self.fit, self.held_out])


@dataclass(frozen=True, slots=True)
class Trial:
    """Folds whose test rows are judged together.

    Attributes
    ----------
    folds : sequence of Fold
    unit : (rows,) int64
        What each test row, fold after fold, belongs to: a shot, or a lot of many rows.
    bad : (units,) bool
    cluster : (units,) int64
        What is resampled, numbered alike in every seed of the data set.
    clusters : int
    calibrated : bool
        Scores of several folds or of many rows a unit are made comparable by the held-out
        rows, which no detector then learns from.
    """

    folds: Sequence[Fold]
    unit: Ints
    bad: Flags
    cluster: Ints
    clusters: int
    calibrated: bool

    def unit_scores(self, held_out: Sequence[Floats], test: Sequence[Floats]) -> Floats:
        """Score of each unit ``(units,)`` from scores of held-out and test rows, fold by fold.

        A lot's is the mean rarity of its rows.
        """
        if not self.calibrated:
            return np.concatenate(list(test))
        rare = np.concatenate([rarity(normal, score) for normal, score in zip(held_out, test, strict=True)])
        total = np.bincount(self.unit, weights=rare, minlength=len(self.bad))
        mean: Floats = total / np.bincount(self.unit, minlength=len(self.bad))
        return mean


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set of the suite.

    Attributes
    ----------
    name : str
    protocol : str
        How it is divided, in words.
    most_seeds : int
        Divisions beyond this many would not differ, or not be worth their time.
    trial : callable
        Seed to trial.
    apart : bool
        Reported, but in no mean: another division of a set that is in them.
    files : tuple of Path
        What it is read from: other contents make other results.
    """

    name: str
    protocol: str
    most_seeds: int
    trial: Callable[[int], Trial]
    apart: bool = False
    files: tuple[Path, ...] = ()


def rarity(normal: Floats, score: Floats) -> Floats:
    """Minus the log of the share of normal scores above each score, comparable between detectors.

    In the upper tenth the log falls in proportion to the score, so that it grows without
    end and two faulty rows never tie.

    >>> rarity(np.arange(100.0), np.array([49.5, 89.1])).round(2).tolist()
    [0.69, 2.3]
    """
    ordered = np.sort(normal[np.isfinite(normal)])
    if not len(ordered):
        return score
    edge = float(np.quantile(ordered, 1 - TAIL))
    above = ordered[ordered > edge] - edge
    unit = float(above.mean()) if len(above) else float(ordered[-1] - ordered[0])
    unit = unit if unit > 0 else 1.0
    share = np.interp(score, ordered, np.linspace(0.0, 1.0, len(ordered)))
    below = -np.log(np.clip(1 - share, TAIL, 1.0))
    rare: Floats = np.where(score > edge, -math.log(TAIL) + (score - edge) / unit, below)
    return rare
