"""The first regressor stands until the settings speak against it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.target_choice import choose, errors_of


def test_a_little_less_error_on_a_few_settings_changes_nothing() -> None:
    random = np.random.default_rng(0)
    first = random.gamma(2.0, size=15)
    other = first - 0.1 + np.resize([0.5, -0.5], 15)
    assert other.mean() < first.mean()
    assert choose(np.stack([first, other], axis=1)) == 0


def test_less_error_on_nearly_every_setting_does() -> None:
    first = np.random.default_rng(0).gamma(2.0, size=15)
    assert choose(np.stack([first, first * 0.9, first * 0.5], axis=1)) == 2


def test_one_that_cannot_predict_a_setting_is_out_whoever_it_is() -> None:
    errors = np.array([[np.nan, 1.0, 0.9], [0.1, 1.0, 1.2]])
    assert choose(errors) == 1
    assert choose(np.full((3, 2), np.inf)) == -1


def test_one_setting_alone_speaks_for_nobody() -> None:
    assert choose(np.array([[5.0, 0.1]])) == 0


@given(st.integers(2, 20), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_whoever_is_taken_errs_no_more_than_the_first(settings: int, count: int, seed: int) -> None:
    errors = np.random.default_rng(seed).gamma(1.0, size=(settings, count))
    assert errors[:, choose(errors)].mean() <= errors[:, 0].mean()


def test_every_setting_counts_the_same_however_often_it_was_measured() -> None:
    off = np.array([[1.0, -1.0, 1.0, 3.0]])
    assert errors_of(off, np.array([4, 4, 4, 9])).tolist() == [[1.0], [3.0]]
