"""Made-up processes that predict: a profile, and rows of settings with twins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.prediction import RegressorRule
from core.profile import Profile
from core.profile_file import parse_profile

Floats = NDArray[np.float64]

LINE = RegressorRule("linear_regression", "line")
CURVE = RegressorRule("linear_regression", "curve", inverse=("speed",))
TREES = RegressorRule("extra_trees", "trees", parameters={"n_estimators": 5})

_PROFILE = """
[process]
name = "press"
[keys]
id = { path = "_id", otherwise = "row" }
time = "time"
maker = { path = "maker", otherwise = "makers" }
facility = { path = "facility", otherwise = "press 1" }
item = { path = "item", otherwise = "part" }
[[regressor]]
kind = "linear_regression"
[[variable]]
name = "force"
role = "setting"
[[variable]]
name = "speed"
role = "setting"
[[variable]]
name = "height"
role = "target"
[[variable]]
name = "width"
role = "target"
"""


def profile_of(*rules: RegressorRule, choice: str = "by_validation") -> Profile:
    profile = parse_profile(_PROFILE.encode(), where="press.toml")
    prediction = replace(profile.prediction, choice=choice)
    return replace(profile, regressors=rules or (LINE, CURVE), prediction=prediction)


def rows_of(
    settings: int = 8, twins: int = 3, *, seed: int = 0, scatter: float = 0.02
) -> tuple[Floats, Floats]:
    """Inputs (force, speed) and targets: height a line in both, width in the inverse of speed.

    Each setting is off by `scatter` of its own, its twins from each other by a tenth of it.
    """
    random = np.random.default_rng(seed)
    values = np.stack([random.uniform(40, 50, settings), random.uniform(1, 12, settings)], axis=1)
    exact = np.stack([values[:, 0] / 10 - values[:, 1] / 5, 8 / values[:, 1]], axis=1)
    own = exact + scatter * random.normal(size=exact.shape)
    of_row = np.repeat(np.arange(settings), twins)
    return values[of_row], own[of_row] + scatter / 10 * random.normal(size=(len(of_row), 2))
