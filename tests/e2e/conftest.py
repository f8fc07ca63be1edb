"""A trained plant and the real service as a process, on real databases."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection
from rich.console import Console

from core.config import load_config
from ingest.embedded import EmbeddedMongo, EmbeddedPostgres
from ingest.plant import Plant, load_history
from scripts.demonstration.report import pages
from scripts.demonstration.service_process import ServiceProcess
from scripts.train import train_from_history
from tests.e2e.started_demo import Demo, RunDemo

HISTORY_SHOTS = 12_000
SEED = 5


@pytest.fixture(scope="session")
def trained_home(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SPRUE_HOME trained from a simulated history in the real PostgreSQL; do not change it."""
    home = tmp_path_factory.mktemp("훈련된 공장")
    load_history(postgres.url, "e2e_history", Plant(SEED).history(HISTORY_SHOTS), replace=True)
    config = load_config(home=home, history_url=postgres.url, history_table="e2e_history")
    train_from_history(config, console=Console(quiet=True))
    return home


@dataclass
class Line:
    """One press hall: an empty collection, a home of its own, and its service."""

    service: ServiceProcess
    shots: Collection[dict[str, Any]]
    home: Path

    def verdicts(self) -> list[dict[str, Any]]:
        return pages(self.service, "/api/v1/verdicts", "verdicts")

    def dead_letters(self) -> list[dict[str, Any]]:
        return pages(self.service, "/api/v1/dead-letters", "dead_letters")

    def wait_for(self, answers: int) -> None:
        """Until the store holds so many verdicts and dead letters."""
        self.service.wait_until(
            lambda: len(self.verdicts()) + len(self.dead_letters()) >= answers, f"{answers} answers"
        )


@pytest.fixture
def make_line(mongo: EmbeddedMongo, tmp_path: Path) -> Iterator[Callable[..., Line]]:
    """Builds a `Line` on a trained home; what it started is ended with the test."""
    with _lines(mongo, tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def make_shared_line(
    mongo: EmbeddedMongo, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Line]]:
    """As `make_line`, for the tests of a whole file."""
    with _lines(mongo, tmp_path_factory.mktemp("lines")) as make:
        yield make


@contextmanager
def _lines(mongo: EmbeddedMongo, folder: Path) -> Iterator[Callable[..., Line]]:
    lines: list[Line] = []
    client = MongoClient[dict[str, Any]](mongo.url)

    def make(trained: Path, profile: str = "injection_molding") -> Line:
        name = f"e2e_{uuid4().hex[:12]}"
        home = folder / f"홀 {len(lines)}"
        shutil.copytree(trained / "registry", home / "registry")
        shots = client[name]["shots"]
        client[name].create_collection("shots")
        environment = {
            "SPRUE_HOME": str(home),
            "SPRUE_PROFILE": profile,
            "SPRUE_MONGO_URL": mongo.url,
            "SPRUE_MONGO_DATABASE": name,
            "SPRUE_MONGO_COLLECTION": "shots",
        }
        line = Line(ServiceProcess(environment, 0, home / "service.log"), shots, home)
        lines.append(line)
        return line

    try:
        yield make
    finally:
        for line in lines:
            line.service.stop()
            client.drop_database(line.shots.database.name)
        client.close()


@pytest.fixture(scope="module")
def run() -> Iterator[RunDemo]:
    """Starts a demo; one that a failed test left is ended."""
    started: list[Demo] = []

    def run(home: Path, *arguments: str) -> Demo:
        started.append(Demo(home, *arguments))
        return started[-1]

    yield run
    for demo in started:
        if demo.process.poll() is None:
            demo.process.kill()
            demo.wait()
