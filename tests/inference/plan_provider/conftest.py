"""A registry, empty or with two versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models.artifact import TrainedPlant
from models.registry import Registry

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")


@pytest.fixture
def two(registry: Registry, plant: TrainedPlant) -> tuple[str, str]:
    """Names of a version that judged and of the one that judges now."""
    return registry.save(plant, now=NOON), registry.save(plant, now=NOON + timedelta(hours=1))
