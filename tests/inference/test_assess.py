"""Assessing a batch: scores and range violations in one go, compiled as in numpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import ModelRefused
from core.profile import Profile
from inference.plan import Floats, Plan, compile_plan
from models.artifact import TrainedPlant

Codes = NDArray[np.intp]
Plans = tuple[Plan, Plan]


def _both(plant: TrainedPlant, profile: Profile) -> Plans:
    """Compiled and numpy."""
    plans = compile_plan(plant, "v1", profile), compile_plan(plant, "v1", profile, library=None)
    assert plans[0].compiled is not None
    assert plans[1].compiled is None
    return plans


@pytest.fixture(scope="module")
def odd_plant(
    make_plant: Callable[..., TrainedPlant], profile: Profile, random_weights: dict[str, Callable[..., Any]]
) -> TrainedPlant:
    """Groups of all kinds and unequal shapes; inputs never seen, never varied, without a band."""
    plant = make_plant(profile, groups=24, seed=4)
    rng, p = np.random.default_rng(8), len(profile.production)
    models = list(plant.models)
    models[0] = replace(models[0], weights=random_weights["isolation_forest"](rng, p, trees=300, depth=3))
    models[1] = replace(models[1], weights=random_weights["autoencoder"](rng, p, (16, 3)))
    models[2] = replace(models[2], weights=random_weights["memae"](rng, p, 9))
    # Left to numpy: too deep a tree, too wide a layer.
    models[3] = replace(models[3], weights=random_weights["isolation_forest"](rng, p, trees=3, depth=11))
    models[4] = replace(models[4], weights=random_weights["autoencoder"](rng, p, (300, 3)))
    for g in (5, 6, 7):
        low, high, centre = (
            a.copy() for a in (models[g].input_low, models[g].input_high, models[g].band_centre)
        )
        low[0] = high[0] = 0.0  # without any value in training
        centre[0] = np.nan
        high[1] = low[1]
        models[g] = replace(models[g], input_low=low, input_high=high, band_centre=centre)
    return replace(plant, models=tuple(models))


@pytest.fixture(scope="module")
def plans(odd_plant: TrainedPlant, profile: Profile) -> Plans:
    return _both(odd_plant, profile)


def _rows(plant: TrainedPlant, n: int) -> tuple[Floats, Codes]:
    """Values inside, at the edge of and far beyond the ranges, infinite and missing; some without a group."""
    rng = np.random.default_rng(n)
    group = rng.integers(-1, len(plant.models), n).astype(np.intp)
    low = np.array([m.input_low for m in plant.models])[group]
    width = np.array([m.input_high for m in plant.models])[group] - low
    values = low + width * rng.normal(0.5, 0.3, low.shape)
    luck = rng.random(values.shape)
    for k, other in enumerate(
        (low, low + width, low - width, low + 2 * width, 1e300, -1e300, np.inf, -np.inf, 0.0, -0.0)
    ):
        values = np.where((luck > 0.004 * k) & (luck < 0.004 * (k + 1)), other, values)
    rows = rng.random(n) < 0.2
    columns = rng.integers(0, 3, n)
    values[rows, columns[rows]] = np.nan
    return values, group


def test_compiled_and_numpy_plans_say_the_same(plans: Plans, odd_plant: TrainedPlant) -> None:
    fast, slow = plans
    values, group = _rows(odd_plant, 3000)
    score, beyond = fast.assess(values, group)
    expected, expected_beyond = slow.assess(values, group)
    np.testing.assert_array_equal(beyond, expected_beyond)
    np.testing.assert_array_equal(np.isnan(score), np.isnan(expected))
    assert 0.1 < np.isnan(score).mean() < 0.5
    assert 0.1 < beyond.mean() < 0.9
    np.testing.assert_allclose(score, expected, rtol=1e-6, atol=1e-7)
    forests = np.array([m.kind == "isolation_forest" for m in odd_plant.models])[group] & (group >= 0)
    np.testing.assert_array_equal(score[forests], expected[forests])


@pytest.mark.parametrize("number", [0, 1])
def test_a_row_is_assessed_the_same_to_the_bit_alone_and_in_a_batch_of_any_size(
    number: int, plans: Plans, odd_plant: TrainedPlant
) -> None:
    plan = plans[number]
    values, group = _rows(odd_plant, 2000)
    score, beyond = plan.assess(values, group)
    for size in (1, 2, 7, 255, 256, 257, 1999):
        parts = [plan.assess(values[i : i + size], group[i : i + size]) for i in range(0, 2000, size)]
        np.testing.assert_array_equal(np.concatenate([part[0] for part in parts]), score)
        np.testing.assert_array_equal(np.concatenate([part[1] for part in parts]), beyond)
    order = np.random.default_rng(0).permutation(2000)
    again, also = plan.assess(values[order], group[order])
    np.testing.assert_array_equal(again, score[order])
    np.testing.assert_array_equal(also, beyond[order])


def test_assessing_is_scaling_and_scoring(plans: Plans, odd_plant: TrainedPlant) -> None:
    values, group = _rows(odd_plant, 300)
    for plan in plans:
        score, beyond = plan.assess(values, group)
        whole = (group >= 0) & np.isfinite(score)
        scaled = plan.ranges.scale(values[whole], group[whole])
        np.testing.assert_array_equal(score[whole], plan.score(scaled, group[whole]))
        violated = plan.ranges.violated(values, group)
        np.testing.assert_array_equal(beyond, violated.any(axis=1))


def test_arguments_stay_as_they_were_in_any_layout(plans: Plans, odd_plant: TrainedPlant) -> None:
    values, group = _rows(odd_plant, 50)
    expected = [plan.assess(values.copy(), group.copy()) for plan in plans]
    for other in (np.asfortranarray(values), np.repeat(values, 2, axis=0)[::2]):
        before = other.copy()
        for plan, (score, beyond) in zip(plans, expected, strict=True):
            got, also = plan.assess(other, group)
            np.testing.assert_array_equal(got, score)
            np.testing.assert_array_equal(also, beyond)
        np.testing.assert_array_equal(other, before)


def test_nothing_to_assess(plans: Plans) -> None:
    for plan in plans:
        score, beyond = plan.assess(np.empty((0, plan.ranges.width.shape[1])), np.empty(0, np.intp))
        assert score.shape == beyond.shape == (0,)


def test_rows_without_a_group_have_no_score_and_break_no_range(plans: Plans) -> None:
    for plan in plans:
        values = np.full((3, plan.ranges.width.shape[1]), 1e9)
        score, beyond = plan.assess(values, np.full(3, -1))
        assert np.isnan(score).all()
        assert not beyond.any()


def test_a_plan_without_models_scores_nothing(odd_plant: TrainedPlant, profile: Profile) -> None:
    for plan in _both(replace(odd_plant, models=()), profile):
        score, beyond = plan.assess(np.full((2, 24), 1.0), np.full(2, -1))
        assert np.isnan(score).all()
        assert not beyond.any()


def test_a_missing_value_of_an_input_training_never_saw_is_scored(plans: Plans) -> None:
    for plan in plans:
        values = plan.ranges.band_centre[5:7].copy()
        values[1, 2] = np.nan
        assert np.isnan(plan.assess(values, np.array([5, 6]))[0]).tolist() == [False, True]


def test_a_row_of_another_width_is_refused(plans: Plans) -> None:
    with pytest.raises(ValueError, match="expected 24 values and a group a row"):
        plans[0].assess(np.zeros((2, 23)), np.zeros(2, np.intp))
    with pytest.raises(ValueError, match="expected 24 values and a group a row"):
        plans[0].assess(np.zeros((2, 24)), np.zeros(1, np.intp))


def test_both_plans_refuse_the_same_models(plant: TrainedPlant, profile: Profile) -> None:
    other = replace(plant, models=(replace(plant.models[0], kind="oracle"),))
    for library in ("installed", None):
        with pytest.raises(ModelRefused, match="oracle"):
            compile_plan(other, "v1", profile, library=library)


def test_occluded_scores_of_mixed_groups_are_those_of_numpy(plans: Plans, odd_plant: TrainedPlant) -> None:
    rng = np.random.default_rng(1)
    group = rng.integers(0, len(odd_plant.models), 200).astype(np.intp)
    x, usual = rng.random((2, 200, 24)).astype(np.float32)
    fast, slow = (plan.score_occluded(x, usual, group) for plan in plans)
    np.testing.assert_allclose(fast, slow, rtol=1e-6, atol=1e-7)
    forests = np.array([m.kind == "isolation_forest" for m in odd_plant.models])[group]
    np.testing.assert_array_equal(fast[forests], slow[forests])
    alone = [plans[0].score_occluded(x[[i]], usual[[i]], group[[i]])[0] for i in range(200)]
    np.testing.assert_array_equal(fast, alone)
    with pytest.raises(IndexError, match="groups below 24"):
        plans[0].score_occluded(x[:1], usual[:1], np.array([24]))
