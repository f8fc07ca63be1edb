"""An office on each kind of store, and shots of one press."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.batch import Batch
from core.profile import Profile
from inference.consumer.orders import Desk
from inference.judge import judge
from inference.plan import Plan
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from ingest.document import DocumentDecoder
from ingest.fill_memory import FillMemory
from ingest.frame import frame_from_batch
from ingest.replay import documents
from models.artifact import TrainedPlant
from tests.inference.letters.office import Document, Office

NOW = 1_795_000_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{(tmp_path / 'verdicts.sqlite').as_posix()}"
    url: str = request.getfixturevalue("fresh_postgres_url")
    return url


@pytest.fixture
def office(store_url: str, plan: Plan, profile: Profile) -> Iterator[Office]:
    store, reader = VerdictStore(store_url, clock=lambda: NOW), VerdictReader(store_url)
    store.open()
    yield Office(store, reader, Desk(store, DocumentDecoder(profile), judge, plan, FillMemory()))
    reader.close()
    store.close()


@pytest.fixture(scope="session")
def shots(plant: TrainedPlant, profile: Profile, make_shots: Callable[..., Batch]) -> list[Document]:
    """Twenty shots of one press, as a source holds them."""
    frame = frame_from_batch(make_shots(plant, 20), profile)
    found = [document for document in documents(frame, profile) if document is not None]
    first = found[0]
    return [one | {name: first[name] for name in ("maker", "facility", "item", "set")} for one in found]
