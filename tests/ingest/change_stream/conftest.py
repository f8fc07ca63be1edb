"""A stream that is open on an empty collection."""

from collections.abc import Iterator

import pytest

from ingest.change_stream import MongoChangeStream
from tests.ingest.change_stream.stream_reading import Shots, stream_of


@pytest.fixture
def source(mongo_collection: Shots, mongo_url: str) -> Iterator[MongoChangeStream]:
    stream = stream_of(mongo_collection, mongo_url)
    stream.open(None)
    yield stream
    stream.close()
