"""The Pareto front, against looking at every pair."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inference.prediction.pareto import Floats, non_dominated

TABLES = st.tuples(st.integers(0, 30), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(-3, 3).map(float))
)


@given(TABLES)
def test_it_is_what_looking_at_every_pair_finds(values: Floats) -> None:
    expected = [not any((other <= row).all() and (other < row).any() for other in values) for row in values]

    assert non_dominated(values).tolist() == expected


@given(TABLES)
def test_everything_else_is_beaten_by_something_on_it(values: Floats) -> None:
    front = non_dominated(values)

    for row in values[~front]:
        assert ((values[front] <= row).all(axis=1) & (values[front] < row).any(axis=1)).any()


def test_a_long_front_is_found_whole() -> None:
    x = np.linspace(0, 1, 5000)

    assert non_dominated(np.column_stack([x, 1 - x])).all()
