"""What regressors predict of rows that were left out of their training, many fits at once."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from core.errors import ModelError
from core.prediction import RegressorRule
from models.regressors.contract import OneByOne
from models.regressors.fitting import Part, fit_regressors
from models.regressors.kinds import regressor_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.bool_]
Prediction = tuple[Floats, Floats]

_AT_ONCE = 12
"""Fits a process is handed at a time: few enough for a bar that moves."""
_TINY = 1e-12
"""Least spread, as a share of the target's own: nothing is divided by 0."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What there is to learn from.

    Attributes
    ----------
    inputs : (n, d) float64
    input_names : tuple of str
    targets : (n, t) float64
    target_names : tuple of str
    seed : int
    """

    inputs: Floats
    input_names: tuple[str, ...]
    targets: Floats
    target_names: tuple[str, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class Folds:
    """Three ways of leaving rows out; see `models.target_folds`.

    Attributes
    ----------
    one_by_one, pairwise, random : (n,) int64
        Fold of each row.
    """

    one_by_one: Ints
    pairwise: Ints
    random: Ints

    def left_out(self) -> list[Rows]:
        """The rows each fit leaves out ``(n,)``, in the order that `HeldOut.of` expects."""
        single = [self.one_by_one == f for f in range(_count(self.one_by_one))]
        nested = [self.pairwise == f for f in range(_count(self.pairwise))]
        pairs = [one | other for one, other in itertools.combinations(nested, 2)]
        at_random = [self.random == f for f in range(_count(self.random))]
        return [*single, *([] if self.same else nested), *pairs, *at_random]

    @property
    def same(self) -> bool:
        """Whether folds are left out in pairs as they are one by one."""
        return np.array_equal(self.one_by_one, self.pairwise)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Predictions ``(mean, spread)`` of one regressor and target.

    Attributes
    ----------
    one_by_one, random : (n,) float64 each
        Without the row's fold.
    nested : (k, n) float64 each
        Without the row's fold and without fold k, of `Folds.pairwise`; in the row's own fold
        without that alone.
    """

    one_by_one: Prediction
    random: Prediction
    nested: Prediction

    @classmethod
    def of(cls, predictions: Sequence[Prediction], folds: Folds) -> HeldOut:
        """From what each of `Folds.left_out` predicted of the rows it left out."""
        rest = iter(predictions)
        n, k = len(folds.random), _count(folds.pairwise)
        single = _gathered(rest, folds.one_by_one)
        own = single if folds.same else _gathered(rest, folds.pairwise)
        nested = np.empty((k, n)), np.empty((k, n))
        for one, other in itertools.combinations(range(k), 2):
            left_out = (folds.pairwise == one) | (folds.pairwise == other)
            without = np.where(folds.pairwise[left_out] == one, other, one)
            for table, values in zip(nested, next(rest), strict=True):
                table[without, np.flatnonzero(left_out)] = values
        for table, values in zip(nested, own, strict=True):
            table[folds.pairwise, np.arange(n)] = values
        return cls(single, _gathered(rest, folds.random), nested)


def held_out(
    measured: Measured,
    rules: Sequence[RegressorRule],
    folds: Folds,
    *,
    jobs: int = -1,
    progress: Callable[[int, int], object] | None = None,
) -> dict[tuple[str, str], HeldOut]:
    """Predictions of left-out rows by (regressor's name, target).

    Parameters
    ----------
    jobs : int
        Processes, -1 for as many as there are cores; what comes out is the same. Kinds that
        train many networks together do so in this one.
    progress : callable, optional
        Called with fits done and fits in all.

    Raises
    ------
    ModelError
        A fit failed; names regressor and target.
    """
    left_out = folds.left_out()
    wanted = [(rule, target) for rule in rules for target in range(len(measured.target_names))]
    together = [place for place in wanted if not issubclass(regressor_of(place[0]), OneByOne)]
    alone = [(place, 0, left_out) for place in together]
    split = [
        (place, first, left_out[first : first + _AT_ONCE])
        for place in wanted
        if place not in together
        for first in range(0, len(left_out), _AT_ONCE)
    ]
    found: dict[tuple[str, int], list[Prediction]] = {
        (rule.name, target): [None] * len(left_out)  # type: ignore[list-item]  # all of them are filled in
        for rule, target in wanted
    }
    done, total = 0, len(wanted) * len(left_out)
    # The other processes begin at once, and go on while this one trains its networks.
    begun = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(_fitted)(measured, rule, target, some) for (rule, target), _, some in split
    )
    own = (_fitted(measured, rule, target, some) for (rule, target), _, some in alone)
    with _dropped_silently(begun) as others:
        for ((rule, target), first, some), predictions in zip(
            [*alone, *split], itertools.chain(own, others), strict=True
        ):
            found[rule.name, target][first : first + len(some)] = predictions
            done += len(some)
            if progress is not None:
                progress(done, total)
    return {
        (name, measured.target_names[target]): HeldOut.of(predictions, folds)
        for (name, target), predictions in found.items()
    }


@contextmanager
def _dropped_silently(results: Any) -> Iterator[Any]:
    """Results of other processes; interrupted, what is not asked for any more is no news."""
    try:
        yield results
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            results.close()


def _fitted(
    measured: Measured, rule: RegressorRule, target: int, left_out: Sequence[Rows]
) -> list[Prediction]:
    X, y, name = measured.inputs, measured.targets[:, target], measured.target_names[target]
    parts = [Part(X[~rows], y[~rows], measured.seed) for rows in left_out]
    try:
        fits = fit_regressors(rule, measured.input_names, parts, target=name)
        predicted = [fit.predict(X[rows]) for fit, rows in zip(fits, left_out, strict=True)]
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        raise ModelError(f"regressor {rule.name!r} of {name}: {error}") from error
    least = _TINY * float(np.ptp(y)) or _TINY
    return [(mean, np.maximum(spread, least)) for mean, spread in predicted]


def _gathered(predictions: Any, fold: Ints) -> Prediction:
    mean, spread = np.empty(len(fold)), np.empty(len(fold))
    for number in range(_count(fold)):
        mean[fold == number], spread[fold == number] = next(predictions)
    return mean, spread


def _count(fold: Ints) -> int:
    return int(fold.max()) + 1
