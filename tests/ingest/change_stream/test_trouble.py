"""Servers that are killed, away, wrong or answer with errors."""

from pathlib import Path

import bson
import pymongo
import pytest

from core.errors import ConfigError, SourceUnavailable
from ingest.change_stream import MongoChangeStream
from ingest.embedded import EmbeddedMongo
from tests.ingest.change_stream.stream_reading import Document, Shots, opened, server_answers, take


def test_a_killed_server_is_told_and_nothing_is_lost_when_it_is_back(tmp_path: Path) -> None:
    with EmbeddedMongo(tmp_path) as server:
        source = MongoChangeStream(server.url, "plant", "shots")
        with pymongo.MongoClient[Document](server.url) as client, opened(source, None):
            client.plant.shots.insert_many([{"_id": f"s{i}"} for i in range(10)])
            read = list(source.next_batch(4, 1.0))
            position = source.position()
            server.kill()
            with pytest.raises(SourceUnavailable):
                take(source, 10)
            server.start()
            client.plant.shots.insert_one({"_id": "after"})
            source.open(position)
            read += take(source, 7)
    assert [e.record_id for e in read] == [*(f"s{i}" for i in range(10)), "after"]


@pytest.mark.parametrize("code", [11601, 91, 43, 6])
def test_passing_trouble_is_reported_and_reading_goes_on_from_our_position(
    source: MongoChangeStream, mongo_collection: Shots, mongo_url: str, code: int
) -> None:
    mongo_collection.insert_one({"_id": "a"})
    with (
        server_answers(mongo_url, failCommands=["getMore"], errorCode=code, mode={"times": 1}),
        pytest.raises(SourceUnavailable, match=str(code)),
    ):
        source.next_batch(10, 1.0)
    source.open(source.position())
    assert [e.record_id for e in take(source, 1)] == ["a"]


def test_the_document_of_an_event_too_large_to_read_is_fetched_apart(
    source: MongoChangeStream, mongo_collection: Shots, mongo_url: str
) -> None:
    mongo_collection.insert_many([{"_id": i} for i in ("huge", "b", "c")])
    with server_answers(mongo_url, failCommands=["getMore"], errorCode=10334, mode={"times": 2}):
        events = take(source, 3)
    assert [(e.record_id, e.raw) for e in events] == [
        (i, bson.encode({"_id": i})) for i in ("huge", "b", "c")
    ]


@pytest.mark.fault_row(39)
def test_refused_access_names_what_to_check_and_never_the_password(mongo: EmbeddedMongo) -> None:
    url = f"mongodb://judge:canary-secret@127.0.0.1:{mongo.port}/?replicaSet=rs0"
    with pytest.raises(ConfigError, match="SPRUE_MONGO_URL") as caught:
        MongoChangeStream(url, "plant", "shots").open(None)
    assert "canary" not in str(caught.value)


def test_a_url_no_client_can_read_is_refused() -> None:
    with pytest.raises(ConfigError, match="connection string"):
        MongoChangeStream("http://127.0.0.1:1/", "plant", "shots").open(None)


def test_an_unreachable_server_is_worth_another_try() -> None:
    url = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200&replicaSet=rs0"
    with pytest.raises(SourceUnavailable, match="no connection"):
        MongoChangeStream(url, "plant", "shots").open(None)


def test_a_closed_source_says_so_and_closes_twice(source: MongoChangeStream) -> None:
    source.close()
    source.close()
    with pytest.raises(SourceUnavailable, match="open"):
        source.next_batch(1, 0.1)
    with pytest.raises(SourceUnavailable, match="open"):
        source.position()
