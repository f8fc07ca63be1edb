"""A predictor by hand: two sizes from four settings, every number one can work out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from core.profile import Profile
from core.profile_file import load_profile
from inference.prediction.predictor import Predictor, compile_predictor
from models.artifact import TrainedPlant
from models.predictor import FittedRegressor, TrainedPredictor

Floats = NDArray[np.float64]

SETTINGS = np.array(
    [
        [43.0, 146.0, 9.0, 60.0],
        [45.0, 140.0, 4.5, 80.0],
        [45.0, 140.0, 8.0, 80.0],
        [45.0, 146.0, 9.0, 60.0],
        [46.0, 141.0, 10.0, 80.0],
        [47.0, 139.0, 4.5, 80.0],
        [47.0, 140.0, 10.0, 80.0],
        [47.0, 141.0, 12.0, 80.0],
        [48.0, 131.0, 10.0, 125.0],
        [49.0, 132.0, 8.0, 125.0],
    ]
)
WEIGHTS = {
    # depth = 1.2 + 0.02 (current - 46) - 0.05 (speed - 8); width falls with speed, too
    ("depth", "linear_regression"): ([0.02, 0.0, -0.05, 0.0], 0.68),
    ("width", "linear_regression"): ([0.03, 0.0, -0.1, 0.0], 1.42),
    ("depth", "flat"): ([0.0, 0.0, 0.0, 0.0], 1.2),
    ("width", "flat"): ([0.0, 0.0, 0.0, 0.0], 2.0),
}
MISSES = np.linspace(0.01, 0.1, 10)


def _regressor(target: str, name: str, misses: Floats = MISSES) -> FittedRegressor:
    coefficients, intercept = WEIGHTS[target, name]
    return FittedRegressor(
        name=name,
        kind="linear_regression",
        target=target,
        enters=np.zeros(4, dtype=np.int8),
        offset=np.zeros(4),
        scale=np.ones(4),
        weights={
            "coefficients": np.array(coefficients),
            "intercept": np.array(intercept),
            "middle": np.zeros(4),
            "root": np.zeros((4, 4)),
            "base": np.array(1.0),
            "target_offset": np.array(0.0),
            "target_scale": np.array(1.0),
        },
        misses=misses,
        miss_weights=np.full(len(misses), 1 / len(misses)),
    )


@pytest.fixture(scope="session")
def welding() -> Profile:
    return load_profile("beam_welding")


@pytest.fixture(scope="session")
def trained(welding: Profile) -> TrainedPredictor:
    return TrainedPredictor(
        input_names=tuple(v.name for v in welding.inputs),
        target_names=tuple(v.name for v in welding.targets),
        regressors=tuple(_regressor(target, name) for target, name in WEIGHTS),
        chosen=("linear_regression", "linear_regression"),
        settings=SETTINGS,
        setting_rows=np.full(len(SETTINGS), 4, dtype=np.int64),
        setting_means=np.column_stack([np.full(len(SETTINGS), 1.2), np.full(len(SETTINGS), 2.0)]),
        measured=np.empty((0, 2)),
        held_out=np.empty((0, 2)),
        validation=(),
    )


@pytest.fixture(scope="session")
def weld_plant(welding: Profile, trained: TrainedPredictor) -> TrainedPlant:
    return TrainedPlant(
        profile_name=welding.name,
        profile_sha256=welding.sha256,
        setting_names=tuple(v.name for v in welding.settings),
        production_names=(),
        spaces=(),
        models=(),
        fills=(),
        coverage=(),
        notes={},
        predictor=trained,
    )


@pytest.fixture(scope="session")
def predictor(weld_plant: TrainedPlant, welding: Profile) -> Predictor:
    made = compile_predictor(weld_plant, "v1", welding)
    assert made is not None
    return made


@pytest.fixture(scope="session")
def with_misses(weld_plant: TrainedPlant, welding: Profile) -> Callable[[Floats], Predictor]:
    """The same with other misses of the regressors."""

    def made(misses: Floats) -> Predictor:
        assert weld_plant.predictor is not None
        regressors = tuple(_regressor(target, name, misses) for target, name in WEIGHTS)
        plant = replace(weld_plant, predictor=replace(weld_plant.predictor, regressors=regressors))
        predictor = compile_predictor(plant, "v1", welding)
        assert predictor is not None
        return predictor

    return made
