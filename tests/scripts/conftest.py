"""A trained plant, and the service on it: what every verb's tests start from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pymongo.collection import Collection

from core.profile_file import load_profile
from models.artifact import TrainedPlant
from tests.predicting_home import PredictingHome
from tests.scripts.called_predict import NAMES, Predict, call
from tests.scripts.plant_of_one import one_group
from tests.scripts.running_service import SECRET, Service, Start


@pytest.fixture(scope="session")
def trained() -> TrainedPlant:
    """One group whose autoencoder answers 0.5 to everything."""
    return one_group()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the service with its state under the test's folder."""
    running: list[Service] = []

    def start(program: list[str] | None = None, **settings: str) -> Service:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SPRUE_")}
        environment |= {
            "SPRUE_HOME": str(tmp_path),
            "SPRUE_PORT": "0",
            "SPRUE_MONGO_URL": f"mongodb://judge:{SECRET}@127.0.0.1:1/?replicaSet=rs0",
            "PYTHONUTF8": "1",
        }
        environment |= {f"SPRUE_{name.upper()}": value for name, value in settings.items()}
        running.append(Service(environment, program or ["-m", "scripts", "serve"]))
        return running[-1]

    yield start
    for service in running:
        if service.process.poll() is None:
            service.process.kill()
        service.wait()


@pytest.fixture
def live(mongo_url: str, mongo_collection: Collection[Any]) -> dict[str, str]:
    """Settings that point at the real MongoDB."""
    return {"mongo_url": mongo_url, "mongo_database": mongo_collection.database.name}


@pytest.fixture
def predict() -> Predict:
    return call


@pytest.fixture
def ran(predicting_home: PredictingHome) -> dict[str, float]:
    """A setting of the training set, by the names of its columns."""
    profile = load_profile(predicting_home.profile)
    frame = pd.read_csv(predicting_home.profile.parent / profile.example)
    return {name: float(frame[name].iloc[0]) for name in NAMES}
