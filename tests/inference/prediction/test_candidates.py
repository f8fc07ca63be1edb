"""Settings worth trying are values somebody can set."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.profile import Variable
from inference.prediction.candidates import MOST_STEPS, Axis, grid, neighbours, settable_step

PLAIN = Variable("speed", "setting", "", ("v",), ())


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ([43, 44, 49], 1),
        ([4.5, 8, 12], 0.5),
        ([50, 60, 125], 5),
        ([0.3, 0.7], 0.1),
        ([1200, 3400], 200),
        ([7, 7], 0),
        ([1e-7, 3e-7], 1e-7),
        ([0.1234567, 0.9], 0.01),
    ],
)
def test_the_step_is_the_coarsest_that_all_values_seen_are_multiples_of(
    values: list[float], step: float
) -> None:
    assert settable_step(np.array(values, dtype=np.float64), PLAIN) == pytest.approx(step, rel=1e-12)


def test_the_profile_may_say_the_step() -> None:
    tweaked = Variable("speed", "setting", "", ("v",), (), tweak=2.5)

    assert settable_step(np.array([10.0, 11.0, 40.0]), tweaked) == 2.5


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=8))
def test_a_step_never_divides_the_range_too_finely(values: list[float]) -> None:
    column = np.array(values)
    span = float(np.ptp(column))

    step = settable_step(column, PLAIN)

    assert (step == 0) == (span == 0)
    assert span == 0 or span / MOST_STEPS * 0.999 <= step <= span


def test_values_between_two_steps_leave_the_ends_of_the_range() -> None:
    assert Axis(46.2, 46.4, 1.0).values().tolist() == [46.2, 46.4]
    assert Axis(46.2, 48.4, 1.0).values().tolist() == [47.0, 48.0]
    assert Axis(46.2, 46.2, 1.0).values().tolist() == [46.2]


@pytest.mark.parametrize("inputs", [1, 2, 4, 7, 12])
def test_a_grid_is_never_larger_than_allowed_nor_outside(inputs: int) -> None:
    axes = [Axis(0.0, 10.0, 0.1)] * inputs

    points, coarser = grid(axes, 4096)

    assert 2**inputs <= len(points) <= 4096
    assert points.min() == 0.0
    assert points.max() <= 10.0
    assert len(coarser) == inputs


def test_so_many_inputs_that_each_has_less_than_two_values_have_no_grid() -> None:
    points, _ = grid([Axis(0.0, 10.0, 1.0)] * 13, 4096)

    assert points.shape == (0, 13)


@pytest.mark.parametrize(("inputs", "around"), [(2, 9), (4, 81), (6, 13)])
def test_neighbours_are_a_step_away_and_inside(inputs: int, around: int) -> None:
    axes = [Axis(0.0, 1.0, 0.1)] * inputs
    middle, corner = np.full((1, inputs), 0.5), np.zeros((1, inputs))

    assert len(neighbours(middle, axes, [1] * inputs)) == around
    assert neighbours(corner, axes, [1] * inputs).min() == 0.0
    assert set(np.unique(neighbours(middle, axes, [2] * inputs))) == {0.3, 0.5, 0.7}
