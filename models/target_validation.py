"""How well targets are predicted: by whole settings left out, beside the flattering random split.

Rows of one setting are twins: a regressor that saw three cross sections of a setting knows the
fourth. So whole settings are left out, and what an interval promises is measured the same way:

* **Error**: each setting is predicted by a regressor fitted without it (leave-one-setting-out;
  groups of settings where there are many).
* **Interval**: half as wide as a quantile of the misses ``|measured - predicted| / spread`` of
  settings left out, each setting counting the same, times the spread of the prediction:
  split conformal prediction of rows in two layers [1]_, misses by leaving out as in the
  jackknife+ [2]_; `models.interval` says which quantile.
* **Coverage** is nested, else it would be measured with what it was made from: the interval of
  a left-out setting k comes from the misses of the other settings l alone, each by a regressor
  that was fitted without k and without l. With more than `target_folds.MOST_PAIRS` settings k
  and l are ten groups of them: those regressors know less than the one in use, so the figures
  are rather too bad than too good.
* **Choice** is by the mean absolute error with each setting counting the same: squares would
  leave it to the one setting that is farthest off. The best of several by the same errors
  looks a little better than it is. So the figures of `models.predictor.CHOSEN` choose anew
  for every left-out setting, by the errors of the others that were made without it.

Beside that the random split: rows left out ten at a time in any order, intervals from the misses
of the other nine parts. Its error and its width are too small for a setting never run.

References
----------
.. [1] Dunn, Wasserman, Ramdas: Distribution-free prediction sets for two-layer hierarchical
   models. JASA 118 (2023).
.. [2] Barber, Candès, Ramdas, Tibshirani: Predictive inference with the jackknife+. Annals of
   Statistics 49 (2021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.prediction import PredictionRule
from core.prediction_file import BY_VALIDATION
from models.interval import independent_misses, interval_factor
from models.predictor import CHOSEN, Split, Validation
from models.target_choice import choose, errors_of
from models.target_folds import Settings
from models.target_held_out import Folds, HeldOut

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Intervals:
    """Predictions of left-out rows with intervals that were made without them.

    Attributes
    ----------
    mean, half : (n,) float64
    """

    mean: Floats
    half: Floats

    def figures(
        self, target: str, regressor: str, split: Split, measured: Floats, r2_of: Floats
    ) -> Validation:
        """Error of `r2_of` (n,), coverage and width of the intervals."""
        inside = np.abs(measured - self.mean) <= self.half
        off = measured - r2_of
        # The mean of equal numbers may be rounded off them.
        total = float(((measured - measured.mean()) ** 2).sum()) if np.ptp(measured) else 0.0
        return Validation(
            target=target,
            regressor=regressor,
            split=split,
            rows=len(measured),
            r2=1.0 - float((off**2).sum()) / total if total else float("nan"),
            mae=float(np.abs(off).mean()),
            coverage=float(inside.mean()),
            width=2.0 * float(self.half.mean()),
        )


def nested_intervals(
    held: HeldOut, measured: Floats, folds: Ints, settings: Settings, coverage: float
) -> Intervals:
    """Of each row, its setting left out; the interval from the misses of the others.

    Parameters
    ----------
    measured : (n,) float64
    folds : (n,) int64
        As `held.nested` was left out.
    """
    means, spreads = held.nested
    misses = _misses(measured, means, spreads)
    row = np.arange(len(measured))
    factor = np.array(
        [
            _factor(misses[k][folds != k], settings.weights()[folds != k], settings, folds != k, coverage)
            for k in range(len(means))
        ]
    )
    return Intervals(means[folds, row], factor[folds] * spreads[folds, row])


def random_intervals(held: HeldOut, measured: Floats, folds: Ints, coverage: float) -> Intervals:
    """Of each row, its part left out; the interval from the misses of the other parts, all rows alike."""
    mean, spread = held.random
    misses = _misses(measured, mean, spread)
    factor = np.empty(len(measured))
    for k in range(int(folds.max()) + 1):
        others = np.sort(misses[folds != k])
        alike = np.full(len(others), 1.0 / max(1, len(others)))
        factor[folds == k] = interval_factor(others, alike, len(others), coverage)
    return Intervals(mean, factor * spread)


def misses_of(held: HeldOut, measured: Floats) -> Floats:
    """``|measured - predicted| / spread`` of each row ``(n,)``, its setting left out."""
    return _misses(measured, *held.one_by_one)


def validate(
    target: str,
    measured: Floats,
    candidates: Mapping[str, HeldOut],
    folds: Folds,
    settings: Settings,
    rule: PredictionRule,
) -> tuple[str, tuple[Validation, ...]]:
    """The regressor that predicts a target, and the figures of all of them.

    Parameters
    ----------
    measured : (n,) float64
    candidates : mapping of str to HeldOut
        By the regressor's name, in the profile's order: the first stands unless another is
        clearly better; see `models.target_choice`.
    settings : Settings
    rule : PredictionRule

    Returns
    -------
    str
        Name of the regressor chosen by settings left out, or the one that the profile names.
    tuple of Validation
        Both splits of every regressor, then `CHOSEN`.

    Raises
    ------
    ModelError
        No regressor predicted all of the left-out rows.
    """
    names = list(candidates)
    predicted = np.array([held.one_by_one[0] for held in candidates.values()])
    first = choose(errors_of(predicted - measured, settings.of_row))
    if first < 0:
        raise ModelError(f"target {target}: expected a regressor that predicts it, got none of {names}")
    chosen = names[first] if rule.choice == BY_VALIDATION else rule.choice
    figures: list[Validation] = []
    intervals = {
        name: nested_intervals(held, measured, folds.pairwise, settings, rule.coverage)
        for name, held in candidates.items()
    }
    for name, held in candidates.items():
        at_random = random_intervals(held, measured, folds.random, rule.coverage)
        by_setting = intervals[name].figures(target, name, "by_setting", measured, held.one_by_one[0])
        figures += [by_setting, at_random.figures(target, name, "random", measured, at_random.mean)]
    open_to = [name for name in names if rule.choice in (BY_VALIDATION, name)]
    product = _chosen_anew(
        [intervals[name] for name in open_to],
        [candidates[name] for name in open_to],
        measured,
        folds.pairwise,
        settings,
    )
    figures.append(product.figures(target, CHOSEN, "by_setting", measured, product.mean))
    return chosen, tuple(figures)


def _chosen_anew(
    intervals: Sequence[Intervals],
    candidates: Sequence[HeldOut],
    measured: Floats,
    folds: Ints,
    settings: Settings,
) -> Intervals:
    """For each fold left out the intervals of the regressor chosen by the others without it."""
    mean, half = np.empty(len(measured)), np.empty(len(measured))
    for k in range(int(folds.max()) + 1):
        own, others = folds == k, folds != k
        predicted = np.array([held.nested[0][k][others] for held in candidates])
        which = choose(errors_of(predicted - measured[others], settings.of_row[others]))
        if which < 0:
            mean[own] = half[own] = np.nan
            continue
        chosen = intervals[which]
        mean[own], half[own] = chosen.mean[own], chosen.half[own]
    return Intervals(mean, half)


def _misses(measured: Floats, mean: Floats, spread: Floats) -> Floats:
    misses: Floats = np.abs(measured - mean) / spread
    return np.where(np.isnan(misses), np.inf, misses)


def _factor(
    misses: Floats, weights: Floats, settings: Settings, rows: NDArray[np.bool_], coverage: float
) -> float:
    order = np.argsort(misses, kind="stable")
    worth = independent_misses(misses, weights / weights.sum(), settings.of_row[rows])
    return interval_factor(misses[order], weights[order], worth, coverage)
