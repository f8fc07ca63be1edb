from __future__ import annotations

import numpy as np
import pytest

from core.prediction import RegressorRule
from models.regressors.preparation import INVERSE, LOGARITHMIC, PLAIN, Preparation, enters_of

NAMES = ("current", "speed", "pressure")
WAYS = np.array([PLAIN, INVERSE, LOGARITHMIC], dtype=np.int8)


def test_inputs_enter_as_the_rule_says() -> None:
    rule = RegressorRule("linear_regression", "line", inverse=("speed",), logarithmic=("pressure",))

    assert enters_of(rule, NAMES).tolist() == WAYS.tolist()


def test_entered_inputs_are_scaled_by_the_rows_learnt_from() -> None:
    rows = np.array([[1.0, 0.5, 1.0], [3.0, 0.25, np.e**2]])

    preparation = Preparation.learnt(rows, WAYS, NAMES)

    np.testing.assert_allclose(preparation.offset, [2.0, 3.0, 1.0])
    np.testing.assert_allclose(preparation.scale, [1.0, 1.0, 1.0])
    np.testing.assert_allclose(preparation.of([[2.0, 1.0, np.e]]), [[0.0, -2.0, 0.0]], atol=1e-15)


def test_an_input_that_never_varied_is_0_whatever_it_is_later() -> None:
    rows = np.full((7, 3), 0.1)  # whose mean is rounded off it

    preparation = Preparation.learnt(rows, np.zeros(3, dtype=np.int8), NAMES)

    assert preparation.of([[0.1, -5.0, 1e300]]).tolist() == [[0.0, 0.0, 0.0]]


def test_whole_numbers_are_rows_too() -> None:
    preparation = Preparation.learnt([[1, 2, 4], [2, 4, 8]], WAYS, NAMES)

    assert preparation.of([[1, 2, 4]]).dtype == np.float64


def test_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        Preparation.learnt(np.empty((0, 3)), WAYS, NAMES)


@pytest.mark.parametrize(
    ("column", "value", "wanted"),
    [
        (0, np.nan, "a finite number, got nan"),
        (1, 0.0, "a number whose inverse is finite, got 0.0"),
        (1, -np.inf, "a number whose inverse is finite, got -inf"),
        (1, 1e-320, "a number whose inverse is finite, got 1e-320"),
        (2, 0.0, "a number above 0, got 0.0"),
        (2, -2.0, "a number above 0, got -2.0"),
    ],
)
def test_what_cannot_enter_is_named_with_its_row(column: int, value: float, wanted: str) -> None:
    preparation = Preparation.learnt([[1.0, 2.0, 4.0], [2.0, 4.0, 8.0]], WAYS, NAMES)
    rows = np.ones((3, 3))
    rows[2, column] = value

    with pytest.raises(ValueError, match=f"row 2, input {NAMES[column]}: expected {wanted}; correct"):
        preparation.of(rows)


def test_of_many_such_values_the_first_is_named_and_the_rest_counted() -> None:
    preparation = Preparation(WAYS, np.zeros(3), np.ones(3))

    with pytest.raises(ValueError, match=r"row 0, input number 0: .* \(the first of 6 such values\)"):
        preparation.of(np.full((2, 3), np.nan))


def test_one_row_without_a_table_around_it_is_refused() -> None:
    preparation = Preparation(WAYS, np.zeros(3), np.ones(3), NAMES)

    with pytest.raises(ValueError, match=r"3 inputs \(current, speed, pressure\), got shape \(3,\)"):
        preparation.of([1.0, 2.0, 3.0])
