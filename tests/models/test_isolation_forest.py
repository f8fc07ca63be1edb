from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest as Original

from models.detector import Task
from models.isolation_forest import IsolationForest


def test_a_group_smaller_than_a_tree_trains_on_all_its_shots_without_a_warning() -> None:
    # Warnings are errors here.
    rows = np.random.default_rng(3).uniform(size=(100, 4))

    ((_, forest),) = IsolationForest.fit_many(
        [Task(rows, rows[:0], seed=7)], {"n_estimators": 10, "max_samples": 256}
    )

    assert forest.max_samples_ == 100
    with pytest.warns(UserWarning, match="max_samples"):
        same = Original(n_estimators=10, max_samples=256, random_state=7).fit(rows)
    np.testing.assert_array_equal(forest.score_samples(rows), same.score_samples(rows))
