"""Input ranges equal scikit-learn's scaler."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import MinMaxScaler

from models.scaling import InputRange

tables = st.integers(1, 5).flatmap(
    lambda width: st.tuples(
        *(
            arrays(np.float64, (rows, width), elements=st.floats(-1e6, 1e6) | st.just(np.nan))
            for rows in (7, 4)
        )
    )
)


@settings(max_examples=80, deadline=None)
@given(tables)
def test_equals_min_max_scaler_with_clip(pair: tuple[Any, Any]) -> None:
    training, later = pair
    training[0] = np.nan_to_num(training[0])  # a column of NaN only: ours is defined, scikit-learn's is not
    scaler = MinMaxScaler(clip=True).fit(training)
    limits = InputRange.fit(training)
    np.testing.assert_array_equal(limits.low, scaler.data_min_)
    np.testing.assert_array_equal(limits.high, scaler.data_max_)
    np.testing.assert_array_equal(limits.scale(later), scaler.transform(later))


def test_a_range_below_rounding_counts_as_zero_like_in_scikit_learn() -> None:
    training = np.array([[1.0], [1.0 + 4e-16]])
    later = np.array([[1.25], [3.0]])
    expected = MinMaxScaler(clip=True).fit(training).transform(later)
    np.testing.assert_array_equal(InputRange.fit(training).scale(later), expected)


def test_a_variable_never_seen_has_range_zero_at_zero() -> None:
    limits = InputRange.fit(np.array([[np.nan, 1.0], [np.nan, 2.0]]))
    assert limits.low.tolist() == [0.0, 1.0]
    assert limits.high.tolist() == [0.0, 2.0]


def test_the_input_stays_as_it_is() -> None:
    values = np.array([[5.0, np.nan]])
    InputRange(np.zeros(2), np.ones(2)).scale(values)
    assert values[0, 0] == 5.0
