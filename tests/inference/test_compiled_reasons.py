"""Cells worth telling of: those the compiled loop finds are those numpy finds, to the bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.profile import Profile
from inference.compiled_plan import CompiledPlan
from inference.explain import chosen, explain
from inference.plan import Plan, compile_plan
from models.artifact import TrainedPlant

GROUPS = 24


@pytest.fixture(scope="module")
def odd_plant(
    make_plant: Callable[..., TrainedPlant], profile: Profile, random_weights: dict[str, Callable[..., Any]]
) -> TrainedPlant:
    """All kinds; one model left to numpy; inputs without a band, without a width."""
    plant = make_plant(profile, groups=GROUPS, seed=11)
    models = list(plant.models)
    deep = random_weights["isolation_forest"](
        np.random.default_rng(0), len(profile.production), trees=3, depth=11
    )
    models[3] = replace(models[3], weights=deep)
    low, high, centre = models[6].input_low.copy(), models[6].input_high.copy(), models[6].band_centre.copy()
    low[0] = high[0] = 0.0
    centre[0] = np.nan
    high[1] = low[1]
    models[6] = replace(models[6], input_low=low, input_high=high, band_centre=centre, band_low=centre)
    return replace(plant, models=tuple(models))


@pytest.fixture(scope="module")
def odd_plan(odd_plant: TrainedPlant, profile: Profile) -> Plan:
    return compile_plan(odd_plant, "v1", profile)


def _flagged(plan: Plan, seed: int, n: int) -> tuple[NDArray[np.float64], NDArray[np.intp], Any]:
    """Values inside, equal to each other, at the edges, far out; missing where that can be scored."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, GROUPS, n).astype(np.intp)
    low, high = plan.ranges.trained.low[group], plan.ranges.trained.high[group]
    values = low + (high - low) * np.round(rng.normal(0.5, 0.8, low.shape), int(rng.integers(0, 3)))
    values[rng.random(n) < 0.2] = low[0]
    values[(group == 6) & (rng.random(n) < 0.5), 0] = np.nan
    score = plan.assess(values, group)[0]
    score[rng.random(n) < 0.2] = 0.0  # nothing can lower it
    return values, group, score


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
@settings(max_examples=80, deadline=None)
def test_the_same_cells_as_numpy_finds(odd_plan: Plan, seed: int, n: int) -> None:
    compiled = odd_plan.compiled
    assert isinstance(compiled, CompiledPlan)
    values, group, score = _flagged(odd_plan, seed, n)

    def left_to(x: NDArray[np.float64], g: NDArray[np.intp]) -> NDArray[np.float64]:
        usual = odd_plan.ranges.scale(odd_plan.ranges.band_centre[g], g)
        return odd_plan.score_occluded(odd_plan.ranges.scale(x, g), usual, g)

    cells, finite, falls = compiled.reasons.cells(values, group, score, left_to)
    expected, expected_finite, expected_falls = chosen(values, group, score, odd_plan)
    np.testing.assert_array_equal(np.array(cells), np.array(expected))  # NaN equals NaN
    assert finite == expected_finite
    np.testing.assert_array_equal(falls, expected_falls)


def test_the_same_reasons_with_and_without_the_library(
    odd_plant: TrainedPlant, odd_plan: Plan, profile: Profile
) -> None:
    slow = compile_plan(odd_plant, "v1", profile, library=None)
    values, group, score = _flagged(odd_plan, 5, 600)
    forests = odd_plan.kinds[group] == "isolation_forest"  # networks agree within rounding only
    mine = values[forests], group[forests], score[forests]
    assert explain(*mine, odd_plan) == explain(*mine, slow)


def test_what_is_no_group_or_another_width_is_refused(odd_plan: Plan) -> None:
    compiled = odd_plan.compiled
    assert isinstance(compiled, CompiledPlan)
    values, group, score = _flagged(odd_plan, 1, 3)
    for wrong in (-1, GROUPS):
        with pytest.raises(IndexError, match="expected groups below 24"):
            compiled.reasons.cells(values, np.full(3, wrong), score, lambda x, g: x)
    with pytest.raises(ValueError, match="values a row"):
        compiled.reasons.cells(values[:, 1:], group, score, lambda x, g: x)
