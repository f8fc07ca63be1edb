"""Twins are left out together, and enough settings remain to learn from."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import HistoryError
from models.target_folds import (
    GROUPS,
    LEAST_SETTINGS,
    MOST_ONE_BY_ONE,
    MOST_PAIRS,
    Settings,
    random_folds,
)
from tests.models.targets.made_up import rows_of


def settings_of(count: int, twins: int = 3) -> Settings:
    return Settings.of(rows_of(count, twins)[0])


def test_rows_with_the_same_inputs_are_one_setting() -> None:
    settings = Settings.of(np.array([[1, -0.0], [2, 0], [1, 0.0], [3, 0], [4, 1.0]]))

    assert settings.values.tolist() == [[1, 0], [2, 0], [3, 0], [4, 1]]
    assert settings.of_row.tolist() == [0, 1, 0, 2, 3]
    assert settings.rows.tolist() == [2, 1, 1, 1]


def test_every_setting_weighs_the_same() -> None:
    settings = Settings.of(np.array([[1.0], [1], [1], [2], [3], [4]]))

    np.testing.assert_allclose(np.bincount(settings.of_row, settings.weights()), 0.25)


def test_too_few_settings_are_refused_with_both_numbers() -> None:
    with pytest.raises(HistoryError, match=r"at least 4 different settings.* got 3 in 9 rows"):
        settings_of(LEAST_SETTINGS - 1)


@pytest.mark.parametrize("count", [MOST_PAIRS, MOST_PAIRS + 1, MOST_ONE_BY_ONE, MOST_ONE_BY_ONE + 1])
def test_twins_are_never_parted(count: int) -> None:
    settings = settings_of(count)

    for fold in (settings.one_by_one(0), settings.pairwise(0)):
        for own in range(count):
            assert len(set(fold[settings.of_row == own])) == 1


def test_few_settings_are_left_out_one_by_one_and_many_in_groups() -> None:
    def folds(count: int) -> tuple[int, int]:
        settings = settings_of(count)
        return len(set(settings.one_by_one(0))), len(set(settings.pairwise(0)))

    assert folds(MOST_PAIRS) == (MOST_PAIRS, MOST_PAIRS)
    assert folds(MOST_PAIRS + 1) == (MOST_PAIRS + 1, GROUPS)
    assert folds(MOST_ONE_BY_ONE + 1) == (GROUPS, GROUPS)


def test_random_folds_are_alike_in_size_and_follow_from_the_seed() -> None:
    sizes = np.bincount(random_folds(72, seed=3))

    assert len(sizes) == GROUPS
    assert sizes.max() - sizes.min() <= 1
    assert random_folds(72, seed=3).tolist() == random_folds(72, seed=3).tolist()
    assert random_folds(72, seed=3).tolist() != random_folds(72, seed=4).tolist()
    assert sorted(random_folds(4, seed=0)) == [0, 1, 2, 3]
