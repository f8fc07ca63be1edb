"""What is predicted of a row was fitted without it, and without whatever else was to be left out."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import ModelError
from core.prediction import RegressorRule
from models.regressors.fitting import fit_regressor
from models.target_folds import Settings, random_folds
from models.target_held_out import Folds, HeldOut, Measured, held_out
from tests.models.targets.made_up import CURVE, LINE, TREES, rows_of

NAMES = ("force", "speed")


def measured(settings: int = 6) -> Measured:
    return Measured(rows_of(settings)[0], NAMES, rows_of(settings)[1], ("height", "width"), 0)


def folds_of(rows: Measured) -> Folds:
    settings = Settings.of(rows.inputs)
    return Folds(settings.one_by_one(0), settings.pairwise(0), random_folds(len(rows.inputs), 0))


def refitted(rows: Measured, rule: RegressorRule, target: int, without: np.ndarray) -> np.ndarray:
    """Predictions of the rows left out, by a fit of its own."""
    name = rows.target_names[target]
    X, y = rows.inputs[~without], rows.targets[~without, target]
    return fit_regressor(rule, NAMES, X, y, target=name, seed=0).predict(rows.inputs[without])[0]


@pytest.mark.parametrize("settings", [6, 18])
@pytest.mark.parametrize("rule", [CURVE, TREES])
def test_each_prediction_is_of_a_fit_without_what_is_left_out(settings: int, rule: RegressorRule) -> None:
    rows = measured(settings)
    folds = folds_of(rows)
    held = held_out(rows, [rule], folds, jobs=1)[rule.name, "width"]

    for found, fold in ((held.one_by_one, folds.one_by_one), (held.random, folds.random)):
        for k in (0, fold.max()):
            np.testing.assert_allclose(found[0][fold == k], refitted(rows, rule, 1, fold == k))
    nested, fold = held.nested[0], folds.pairwise
    for k, other in ((0, 1), (1, 0), (int(fold.max()), 2), (3, 3)):
        without = (fold == k) | (fold == other)
        expected = refitted(rows, rule, 1, without)[fold[without] == other]
        np.testing.assert_allclose(nested[k][fold == other], expected)


def test_every_regressor_and_target_is_fitted_and_told() -> None:
    rows, told = measured(), []
    found = held_out(rows, [LINE, CURVE], folds_of(rows), jobs=1, progress=lambda *done: told.append(done))

    assert sorted(found) == [("curve", "height"), ("curve", "width"), ("line", "height"), ("line", "width")]
    assert told[-1] == (4 * len(folds_of(rows).left_out()),) * 2
    assert told == sorted(told)


def test_several_processes_give_what_one_does() -> None:
    rows = measured()
    one, two = (held_out(rows, [TREES, LINE], folds_of(rows), jobs=jobs) for jobs in (1, 2))

    for place in one:
        for name in HeldOut.__slots__:
            for alone, together in zip(getattr(one[place], name), getattr(two[place], name), strict=True):
                np.testing.assert_array_equal(alone, together)


def test_a_fit_that_fails_names_regressor_and_target() -> None:
    rows = measured()
    rows.inputs[0, 1] = 0.0

    with pytest.raises(ModelError, match=r"regressor 'curve' of height: row .* speed"):
        held_out(rows, [CURVE], folds_of(rows), jobs=1)
