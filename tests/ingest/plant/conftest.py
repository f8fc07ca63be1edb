"""A whole history and a stretch of the live part, made once."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import pytest

from ingest.plant import Plant, PlantChunk


def joined(chunks: Iterable[PlantChunk]) -> PlantChunk:
    made = list(chunks)
    return PlantChunk(
        pd.concat([c.frame for c in made], ignore_index=True),
        pd.concat([c.truth for c in made], ignore_index=True),
    )


@pytest.fixture(scope="session")
def plant() -> Plant:
    return Plant(seed=0)


@pytest.fixture(scope="session")
def history(plant: Plant) -> PlantChunk:
    """60,000 shots. Read only."""
    return joined(plant.history(60_000))


@pytest.fixture(scope="session")
def live(plant: Plant) -> PlantChunk:
    """6,000 shots. Read only."""
    return joined(plant.live(6_000))
