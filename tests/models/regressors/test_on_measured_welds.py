"""What the profile's regressors reach on measured settings that they never saw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import r2_score
from sklearn.model_selection import LeaveOneGroupOut

from core.profile import Profile
from core.profile_file import load_profile
from models.regressors.fitting import Part, fit_regressors

ROOT = Path(__file__).resolve().parents[3]
MEASURED = ROOT.parent / "shared" / "data" / "ebw" / "ebw_data.csv"
PROFILE: Profile = load_profile(ROOT / "core" / "profiles" / "beam_welding.toml")
FLOORS = {"depth": 0.70, "width": 0.90}

pytestmark = pytest.mark.skipif(not MEASURED.exists(), reason="the measured welds are not on this machine")


def left_out_r2(name: str, column: int, table: NDArray[np.float64]) -> float:
    """R² of a regressor on settings left out one by one."""
    rule = next(rule for rule in PROFILE.regressors if rule.name == name)
    inputs, target = table[:, :4], table[:, 4 + column]
    _, setting = np.unique(inputs, axis=0, return_inverse=True)
    folds = list(LeaveOneGroupOut().split(inputs, groups=setting))
    assert len(folds) == 15
    parts = [Part(inputs[train], target[train], 0) for train, _ in folds]
    fits = fit_regressors(rule, [v.name for v in PROFILE.inputs], parts, target=PROFILE.targets[column].name)
    predicted = np.empty(len(target))
    for fitted, (_, test) in zip(fits, folds, strict=True):
        predicted[test] = fitted.predict(inputs[test])[0]
    return float(r2_score(target, predicted))


@pytest.mark.parametrize(("column", "target"), list(enumerate(FLOORS)))
def test_the_gaussian_process_keeps_the_floor_on_settings_left_out(column: int, target: str) -> None:
    table = np.loadtxt(MEASURED, delimiter=",", skiprows=1)

    assert left_out_r2("gaussian_process", column, table) >= FLOORS[target]


def test_width_is_a_line_in_the_inverse_speed() -> None:
    table = np.loadtxt(MEASURED, delimiter=",", skiprows=1)

    assert left_out_r2("linear_inverse_speed", 1, table) >= 0.95
