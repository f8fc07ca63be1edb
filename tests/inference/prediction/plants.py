"""A predictor by hand: two sizes from four settings, every number one can work out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch
from core.profile import Profile
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
        miss_worth=float(len(misses)),
    )


def trained_predictor(profile: Profile, misses: Floats = MISSES) -> TrainedPredictor:
    """For the profile that ships, with these misses of every regressor."""
    return TrainedPredictor(
        input_names=tuple(v.name for v in profile.inputs),
        target_names=tuple(v.name for v in profile.targets),
        regressors=tuple(_regressor(target, name, misses) for target, name in WEIGHTS),
        chosen=("linear_regression", "linear_regression"),
        settings=SETTINGS,
        setting_rows=np.full(len(SETTINGS), 4, dtype=np.int64),
        setting_means=np.column_stack([np.full(len(SETTINGS), 1.2), np.full(len(SETTINGS), 2.0)]),
        measured=np.empty((0, 2)),
        held_out=np.empty((0, 2)),
        validation=(),
    )


def predicting_plant(profile: Profile, misses: Floats = MISSES) -> TrainedPlant:
    """The same as what training hands over."""
    return TrainedPlant(
        profile_name=profile.name,
        profile_sha256=profile.sha256,
        setting_names=tuple(v.name for v in profile.settings),
        production_names=(),
        spaces=(),
        models=(),
        fills=(),
        coverage=(),
        notes={},
        predictor=trained_predictor(profile, misses),
    )


def welds(profile: Profile, rows: Iterable[Iterable[float]], **more: Any) -> Batch:
    """A batch of welds set so, a minute apart."""
    names = [v.name for v in profile.settings]
    records = [
        {"id": f"w{k}", "time": 1_700_000_000_000 + 60_000 * k, "maker": "M", "facility": "F", "item": "I"}
        | dict(zip(names, map(float, row), strict=True))
        | more
        for k, row in enumerate(rows)
    ]
    return Batch.of(profile, records)
