"""The compiled plan: scaling and ranges as in training, refusal of what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from core.batch import Batch
from core.errors import ModelRefused
from core.profile import Profile
from inference.kernels.neighbours import NeighboursKernel
from inference.plan import Plan, compile_plan
from inference.ranges import compile_ranges
from models.artifact import TrainedPlant
from models.scaling import InputRange


def test_scaling_equals_that_of_training(
    plan: Plan, plant: TrainedPlant, make_shots: Callable[..., Batch]
) -> None:
    values = make_shots(plant, 50, spread=2.0).production
    for g, model in enumerate(plant.models[:5]):
        expected = InputRange(model.input_low, model.input_high).scale(values).astype(np.float32)
        np.testing.assert_array_equal(plan.ranges.scale(values, np.full(50, g)), expected)


def test_other_variables_are_refused_by_name(plant: TrainedPlant, profile: Profile) -> None:
    other = replace(plant, production_names=("load", *plant.production_names[1:]))
    with pytest.raises(ModelRefused, match=r"load.*cycle_time.*train again"):
        compile_plan(other, "v1", profile)


def test_a_kind_without_kernel_is_refused(plant: TrainedPlant, profile: Profile) -> None:
    models = (replace(plant.models[0], kind="oracle"),)
    with pytest.raises(ModelRefused, match=r"M0.*isolation_forest.*'oracle'"):
        compile_plan(replace(plant, models=models), "v1", profile)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_none_is_refused_wherever_it_stands(
    plant: TrainedPlant, profile: Profile, number: float
) -> None:
    for name, array in plant.models[0].weights.items():
        if array.dtype.kind == "f":
            spoilt = np.array(array)
            spoilt.reshape(-1)[-1] = number
            weights = {**plant.models[0].weights, name: spoilt}
            models = (replace(plant.models[0], weights=weights), *plant.models[1:])
            with pytest.raises(ModelRefused, match=rf"M0.*finite numbers in '{name}'"):
                compile_plan(replace(plant, models=models), "v1", profile)


@pytest.mark.parametrize("count", [0, -3, 2.5, 6])
def test_neighbours_that_there_cannot_be_are_refused(count: float) -> None:
    references = np.random.default_rng(0).random((5, 3)).astype(np.float32)
    with pytest.raises(ValueError, match="expected a whole number from 1 to 5"):
        NeighboursKernel([{"references": references, "neighbours": np.array(count, dtype=np.float32)}])


def test_a_range_violation_lies_beyond_the_range_by_its_width(plant: TrainedPlant, profile: Profile) -> None:
    p = len(profile.production)
    model = replace(plant.models[0], input_low=np.full(p, 10.0), input_high=np.full(p, 12.0))
    ranges = compile_ranges([model], profile)
    values = np.full((4, p), 11.0)
    values[:, 0] = [8.0, 7.9, 14.0, 14.1]
    group = np.zeros(4, dtype=np.intp)
    assert ranges.violated(values, group)[:, 0].tolist() == [False, True, False, True]
    assert ranges.excess(values, group)[:, 0].round(2).tolist() == [1.0, 1.05, 1.0, 1.05]


@pytest.mark.parametrize(
    ("constant", "noise", "far"), [(230.0, 1e-9, 15.0), (0.0, 1e-9, 15.0), (-5.0, 0.04, 15.0)]
)
def test_noise_on_an_input_that_was_constant_is_no_violation(
    plant: TrainedPlant, profile: Profile, constant: float, noise: float, far: float
) -> None:
    p = len(profile.production)
    model = replace(plant.models[0], input_low=np.full(p, constant), input_high=np.full(p, constant))
    ranges = compile_ranges([model], profile)
    group = np.zeros(1, dtype=np.intp)
    assert not ranges.violated(np.full((1, p), constant + noise), group).any()
    assert not ranges.violated(np.full((1, p), constant - noise), group).any()
    assert ranges.violated(np.full((1, p), constant + far), group).all()


def test_an_input_never_seen_in_training_scales_to_nought_when_missing(
    plant: TrainedPlant, profile: Profile
) -> None:
    p = len(profile.production)
    low, high = np.full(p, 1.0), np.full(p, 2.0)
    low[3] = high[3] = 0.0
    ranges = compile_ranges([replace(plant.models[0], input_low=low, input_high=high)], profile)
    values = np.full((1, p), 1.5)
    values[0, 3:5] = np.nan
    scaled = ranges.scale(values, np.zeros(1, dtype=np.intp))[0]
    assert scaled[3] == 0.0
    assert np.isnan(scaled[4])


def test_an_input_without_a_normal_band_raises_no_violation(plant: TrainedPlant, profile: Profile) -> None:
    p = len(profile.production)
    nothing = np.zeros(p)
    model = replace(plant.models[0], input_low=nothing, input_high=nothing, band_centre=np.full(p, np.nan))
    ranges = compile_ranges([model], profile)
    assert not ranges.violated(np.full((1, p), 1e6), np.zeros(1, dtype=np.intp)).any()
