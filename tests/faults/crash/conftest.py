"""Equipment of the crash trials."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from core.config import load_config
from ingest.embedded import EmbeddedPostgres
from ingest.plant import Plant, load_history
from scripts.train import train_from_history
from tests.conftest import FaultFigures
from tests.faults.crash.hall import Hall
from tests.faults.real_backend import RealBackend

HISTORY_SHOTS = 12_000
PLANT = 5
"""Seed of the plant that is learned and judged: the same presses in both."""


@pytest.fixture(scope="session")
def fault_seed() -> int:
    """What every trial's random choices begin with; ``--seed`` of ``./sprue test`` sets it."""
    return int(os.environ.get("FAULT_SEED", "20261120"))


@pytest.fixture(scope="session")
def trained_plant(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SPRUE_HOME trained from a simulated history; do not change it."""
    home = tmp_path_factory.mktemp("trained")
    load_history(postgres.url, "crash_history", Plant(PLANT).history(HISTORY_SHOTS), replace=True)
    config = load_config(home=home, history_url=postgres.url, history_table="crash_history")
    train_from_history(config, console=Console(quiet=True))
    return home


@pytest.fixture
def make_hall(
    real: RealBackend, trained_plant: Path, tmp_path: Path, fault_figures: FaultFigures
) -> Iterator[Callable[..., Hall]]:
    """``make_hall(**settings)`` builds a `Hall`; what it started is ended with the test."""
    halls: list[Hall] = []

    def make(folder: Path = tmp_path, **options: Any) -> Hall:
        hall = Hall(real, trained_plant, folder / f"hall{len(halls)}", PLANT, fault_figures, **options)
        halls.append(hall)
        return hall

    yield make
    for hall in halls:
        hall.close()


@pytest.fixture
def hall(make_hall: Callable[..., Hall]) -> Hall:
    """A hall with a SQLite store."""
    return make_hall()
