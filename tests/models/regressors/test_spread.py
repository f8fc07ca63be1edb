"""What the spreads mean, against formulas written as plainly as they are described."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.regressors.extra_trees import ExtraTrees
from models.regressors.linear_regression import LinearRegression
from models.regressors.random_forest import RandomForest
from models.regressors.trees import FLOOR

Floats = NDArray[np.float64]


def rows(count: int = 30, seed: int = 0) -> tuple[Floats, Floats]:
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, 3))
    return x, x[:, 0] ** 2 + 0.3 * random.normal(size=count)


def test_of_a_line_it_is_the_leverage() -> None:
    x, y = rows()
    new = rows(seed=1)[0]
    design, asked = (np.column_stack([np.ones(len(part)), part]) for part in (x, new))
    leverage = np.diag(asked @ np.linalg.inv(design.T @ design) @ asked.T)

    spread = LinearRegression().fit(x, y).spread(new)

    np.testing.assert_allclose(spread, np.sqrt(1 + leverage), rtol=1e-10)


def test_of_a_line_with_inputs_that_depend_on_each_other_it_stays_finite() -> None:
    x, y = rows()
    x[:, 2] = x[:, 0] + x[:, 1]

    spread = LinearRegression().fit(x, y).spread(x)

    assert (spread**2 - 1).sum() == pytest.approx(3)  # the parameters that there are


@pytest.mark.parametrize("forest", [RandomForest, ExtraTrees])
def test_of_a_forest_it_is_the_scatter_over_and_inside_its_trees(forest: Any) -> None:
    x, y = rows()
    new = rows(seed=1)[0]
    fitted = forest(n_estimators=12, min_samples_leaf=4, bootstrap=False, random_state=0).fit(x, y)
    means = np.array([tree.predict(new) for tree in fitted.estimators_])
    inside = np.array(
        [
            [y[tree.apply(x.astype(np.float32)) == leaf].var() for leaf in tree.apply(new.astype(np.float32))]
            for tree in fitted.estimators_
        ]
    )

    expected = np.sqrt(means.var(axis=0) + inside.mean(axis=0) + FLOOR**2)

    np.testing.assert_allclose(fitted.spread(new), expected, rtol=1e-10)


@pytest.mark.parametrize("forest", [RandomForest, ExtraTrees])
def test_of_a_forest_grown_by_another_criterion_it_is_the_scatter_over_its_trees(forest: Any) -> None:
    x, y = rows()
    fitted = forest(n_estimators=12, criterion="absolute_error", random_state=0).fit(x, y)
    means = np.array([tree.predict(x) for tree in fitted.estimators_])

    np.testing.assert_allclose(fitted.spread(x), np.sqrt(means.var(axis=0) + FLOOR**2), rtol=1e-10)
