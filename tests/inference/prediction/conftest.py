"""The predictor by hand, compiled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.profile import Profile
from core.profile_file import load_profile
from inference.prediction.predictor import Predictor
from models.artifact import TrainedPlant
from tests.inference.prediction.plants import Floats, predicting_plant, trained_predictor


@pytest.fixture(scope="session")
def welding() -> Profile:
    return load_profile("beam_welding")


@pytest.fixture(scope="session")
def weld_plant(welding: Profile) -> TrainedPlant:
    return predicting_plant(welding)


@pytest.fixture(scope="session")
def predictor(welding: Profile) -> Predictor:
    return Predictor(trained_predictor(welding), welding, "v1")


@pytest.fixture(scope="session")
def with_misses(welding: Profile) -> Callable[[Floats], Predictor]:
    """The same with other misses of the regressors."""
    return lambda misses: Predictor(trained_predictor(welding, misses), welding, "v1")
