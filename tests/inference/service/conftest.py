"""Where a store may be, and shots as a stream or a table delivers them."""

import math
from collections.abc import Callable
from pathlib import Path

import bson
import pandas as pd
import pytest

from core.batch import Batch
from core.profile import Profile
from core.stream import Event
from ingest.frame import frame_from_batch
from ingest.replay import documents
from models.artifact import TrainedPlant


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "verdicts.sqlite"


@pytest.fixture(scope="session")
def events(
    plant: TrainedPlant, profile: Profile, make_shots: Callable[..., Batch]
) -> Callable[[int], list[Event]]:
    """``events(n)``: shots of the synthetic plant as a stream delivers them."""

    def make(n: int) -> list[Event]:
        frame = frame_from_batch(make_shots(plant, n), profile)
        return [
            Event(f"t{i:04d}", str(d["_id"]), "insert", bson.encode(d), (50 + i, 1))
            for i, d in enumerate(documents(frame, profile))
            if d is not None
        ]

    return make


@pytest.fixture(scope="session")
def shots(
    plant: TrainedPlant, profile: Profile, make_shots: Callable[..., Batch]
) -> Callable[[int], pd.DataFrame]:
    """``shots(n)``: a table of shots, some with holes."""

    def make(n: int) -> pd.DataFrame:
        frame = frame_from_batch(make_shots(plant, n, spread=1.0), profile)
        frame.loc[frame.index % 7 == 3, [v.name for v in profile.settings]] = math.nan
        frame.loc[frame.index % 5 == 2, profile.production[0].name] = math.nan
        frame.loc[frame.index % 11 == 4, "item"] = None
        return frame

    return make
