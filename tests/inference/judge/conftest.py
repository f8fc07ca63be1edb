"""Sixty shots of the synthetic plant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.batch import Batch
from models.artifact import TrainedPlant

Shots = Callable[..., Batch]


@pytest.fixture(scope="module")
def shots(plant: TrainedPlant, make_shots: Shots) -> Batch:
    return make_shots(plant, 60, spread=0.3)
