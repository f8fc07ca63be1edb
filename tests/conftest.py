"""Fixtures everybody may use: real databases, one server of each kind per worker."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import pymongo
import pytest
import structlog
from psycopg2 import sql
from pymongo.collection import Collection

from ingest.embedded import EmbeddedMongo, EmbeddedPostgres
from tests.predicting_home import PredictingHome, train_cheaply

Document = dict[str, Any]
FaultFigures = Callable[..., None]
"""``note(kind, **figures)``: see the fixture `fault_figures`."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What notes figures of faults belongs to ``./sprue test --faults``, marked or not."""
    for item in items:
        if "fault_figures" in getattr(item, "fixturenames", ()):
            item.add_marker("fault_row")


@pytest.fixture(scope="session")
def fault_figures() -> FaultFigures:
    """Notes what a trial of faults counted, for the report of ``./sprue test --faults``.

    ``fault_figures("planted_bugs", planted=9, caught=9, universes=1500)`` appends one JSON line
    to the file that ``FAULT_FIGURES`` names; without it nothing is kept. Equal names of several
    notes are added up, except ``seconds_to_notice``, of which the report gives the longest.
    """
    file = os.environ.get("FAULT_FIGURES")

    def note(kind: str, **figures: float) -> None:
        if file is None:
            return
        line = json.dumps({"kind": kind, **figures}) + "\n"
        # One write in append mode: several workers note into the same file.
        with Path(file).open("a", encoding="utf-8") as out:
            out.write(line)

    return note


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A verb that ran in this process leaves its way of logging to no other test."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def predicting_home(tmp_path_factory: pytest.TempPathFactory) -> PredictingHome:
    """A home whose version predicts, trained on the shipped synthetic set; do not change it."""
    return train_cheaply(tmp_path_factory.mktemp("predicting"))


@pytest.fixture(scope="session")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedMongo]:
    """A running MongoDB replica set of one; shared, so leave it running."""
    with EmbeddedMongo(tmp_path_factory.mktemp("mongo")) as server:
        yield server


@pytest.fixture(scope="session")
def mongo_url(mongo: EmbeddedMongo) -> str:
    """Connection string of the shared MongoDB."""
    return mongo.url


@pytest.fixture
def mongo_collection(mongo: EmbeddedMongo) -> Iterator[Collection[Document]]:
    """An empty collection ``shots`` in a database of its own, dropped afterwards."""
    with pymongo.MongoClient[Document](mongo.url) as client:
        name = f"test_{uuid4().hex[:12]}"
        client[name].create_collection("shots")
        yield client[name]["shots"]
        client.drop_database(name)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A running PostgreSQL; shared, so leave it running."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: EmbeddedPostgres) -> str:
    """Connection string of the shared PostgreSQL's database ``plant``."""
    return postgres.url


@pytest.fixture
def fresh_postgres_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """Connection string of an empty database of this test's own, dropped afterwards."""
    name = f"test_{uuid4().hex[:12]}"
    _run(postgres, sql.SQL("CREATE DATABASE {} STRATEGY file_copy").format(sql.Identifier(name)))
    yield postgres.url_of(name)
    _run(postgres, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _run(server: EmbeddedPostgres, statement: sql.Composed) -> None:
    connection = psycopg2.connect(server.url_of("postgres"))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()
