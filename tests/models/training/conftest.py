"""A profile whose detectors are trained quickly."""

import dataclasses

import pytest

from core.profile import DetectorRule, Profile
from core.profile_file import load_profile


@pytest.fixture(scope="module")
def profile() -> Profile:
    whole = load_profile("injection_molding")
    return dataclasses.replace(
        whole,
        detectors=(
            DetectorRule("isolation_forest", 100, 400, {"n_estimators": 20, "max_samples": 64}),
            DetectorRule("autoencoder", 400, None, {"hidden": [8, 2], "epochs": 10}),
        ),
    )
