"""Reading goes on from a position, and every position it cannot go on from is said."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import bson
import pymongo
import pytest
from bson import json_util
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError, PositionLost, PositionRefused
from core.stream import Begin, Event, Position
from ingest.change_stream import MongoChangeStream
from ingest.embedded import EmbeddedMongo
from tests.ingest.change_stream.stream_reading import Document, Shots, opened, server_answers, stream_of, take


def test_a_stop_before_the_first_event_loses_nothing(mongo_collection: Shots, mongo_url: str) -> None:
    with opened(stream_of(mongo_collection, mongo_url), None) as source:
        start = source.position()
    assert start.kind == "start"
    mongo_collection.insert_many([{"_id": i} for i in range(3)])
    with opened(stream_of(mongo_collection, mongo_url), start) as source:
        assert source.position() == start
        assert [bson.decode(e.raw or b"")["_id"] for e in take(source, 3)] == [0, 1, 2]


def test_what_was_there_before_the_first_start_is_not_read(mongo_collection: Shots, mongo_url: str) -> None:
    mongo_collection.insert_one({"_id": "old"})
    with opened(stream_of(mongo_collection, mongo_url), None) as source:
        mongo_collection.insert_one({"_id": "new"})
        assert [e.record_id for e in take(source, 1)] == ["new"]


@pytest.fixture(scope="module")
def long_stream(
    mongo: EmbeddedMongo,
) -> Iterator[tuple[Callable[[], MongoChangeStream], Position, list[Event]]]:
    """A source factory, the position before 60 changes, and those changes read in one go."""
    name = "test_long_stream"
    with pymongo.MongoClient[Document](mongo.url) as client:
        shots = client[name]["shots"]
        client[name].create_collection("shots")

        def fresh() -> MongoChangeStream:
            return stream_of(shots, mongo.url)

        with opened(fresh(), None) as source:
            start = source.position()
        with client.start_session() as session, session.start_transaction():
            shots.insert_many([{"_id": f"t{i}"} for i in range(10)], session=session)
        shots.insert_many([{"_id": i} for i in range(30)])
        for i in range(20):
            shots.update_one({"_id": i}, {"$set": {"x": i}})
        with opened(fresh(), start) as source:
            whole = take(source, 60)
        assert len(whole) == 60
        yield fresh, start, whole
        client.drop_database(name)


@settings(max_examples=25, deadline=None)
@given(sizes=st.lists(st.integers(1, 25), max_size=6))
def test_resuming_after_any_prefix_gives_exactly_the_rest(
    long_stream: tuple[Callable[[], MongoChangeStream], Position, list[Event]], sizes: list[int]
) -> None:
    fresh, position, whole = long_stream
    read: list[Event] = []
    for size in sizes:  # a process each
        with opened(fresh(), position) as source:
            if len(read) < len(whole):
                read += take(source, 1, size) if size == 1 else source.next_batch(size, 1.0)
            assert source.position().cluster_time >= position.cluster_time
            position = source.position()
    with opened(fresh(), position) as source:
        read += take(source, len(whole) - len(read))
        assert list(source.next_batch(10, 0.01)) == []
    assert read == whole


def test_an_idle_position_moves_while_others_write(
    source: MongoChangeStream, mongo_collection: Shots
) -> None:
    before = source.position()
    for _ in range(5):
        mongo_collection.database["others"].insert_one({})
        assert list(source.next_batch(10, 0.2)) == []
    idle = source.position()
    assert idle.kind == "idle"
    assert idle.cluster_time > before.cluster_time
    assert source.head() >= idle.cluster_time
    mongo_collection.insert_one({"_id": "after"})
    source.close()
    source.open(idle)
    assert [e.record_id for e in take(source, 1)] == ["after"]


def test_a_position_at_the_invalidation_itself_can_be_resumed(
    source: MongoChangeStream, mongo_collection: Shots
) -> None:
    mongo_collection.database.client.drop_database(mongo_collection.database.name)
    assert [e.operation for e in take(source, 1)] == ["invalidate"]
    position = source.position()
    mongo_collection.insert_one({"_id": "b"})
    source.open(position)
    assert [e.record_id for e in take(source, 1)] == ["b"]


def test_after_a_token_the_server_refuses_reading_goes_on_from_its_time(
    mongo_collection: Shots, mongo_url: str
) -> None:
    with opened(stream_of(mongo_collection, mongo_url), None) as source:
        mongo_collection.insert_one({"_id": "a"})
        take(source, 1)
        position = source.position()
    with opened(MongoChangeStream(mongo_url, mongo_collection.database.name, "others"), None) as others:
        mongo_collection.database["others"].insert_one({"_id": "x"})
        take(others, 1)
        # A token of the same time that this stream's filter never lets through.
        foreign = replace(others.position(), source_id=position.source_id)
    mongo_collection.insert_one({"_id": "b"})
    source = stream_of(mongo_collection, mongo_url)
    with pytest.raises(PositionRefused, match="280") as caught, opened(source, foreign):
        take(source, 1)
    assert caught.value.code == 280
    with opened(source, foreign, "time"):
        assert "b" in [e.record_id for e in take(source, 1)]


@pytest.mark.fault_row(23)
def test_after_a_damaged_token_reading_goes_on_from_its_time(mongo_collection: Shots, mongo_url: str) -> None:
    with opened(stream_of(mongo_collection, mongo_url), None) as source:
        mongo_collection.insert_one({"_id": "a"})
        [event] = take(source, 1)
        position = source.position()
    mongo_collection.insert_one({"_id": "b"})
    for damaged in ("no json", "{}", *(json_util.dumps({"_data": d}) for d in ("8265", "x", "", "FF"))):
        broken = replace(position, token_json=damaged)
        source = stream_of(mongo_collection, mongo_url)
        with pytest.raises(PositionRefused), opened(source, broken):
            take(source, 1)
        with opened(source, broken, "time"):
            read = take(source, 2)
            # The event of that very moment comes again, under the same token.
            assert read[0].token == event.token
            assert [e.record_id for e in read] == ["a", "b"]
            assert source.position().token_json > position.token_json


@pytest.mark.parametrize("begin", ["position", "time"])
def test_a_damaged_token_without_a_time_is_refused_either_way(
    mongo_collection: Shots, mongo_url: str, begin: Begin
) -> None:
    source = stream_of(mongo_collection, mongo_url)
    with pytest.raises(PositionRefused, match="expected a"):
        source.open(Position("no json"), begin)


@pytest.mark.parametrize("command", ["aggregate", "getMore"])
def test_a_position_the_oplog_has_lost_is_said_so(
    source: MongoChangeStream, mongo_collection: Shots, mongo_url: str, command: str
) -> None:
    position = source.position()

    def resume() -> None:
        source.open(position)
        source.next_batch(10, 0.1)

    with (
        server_answers(mongo_url, failCommands=[command], errorCode=286),
        pytest.raises(PositionLost, match="oplog"),
    ):
        resume()


@pytest.mark.parametrize(
    "other", ["rs1:0123/plant.shots", "rs0:0123456789abcdef01234567/{ns}", "rs0:/plant.other"]
)
@pytest.mark.fault_row(23)
def test_a_position_of_another_source_is_refused(
    source: MongoChangeStream, mongo_collection: Shots, other: str
) -> None:
    ns = f"{mongo_collection.database.name}.shots"
    foreign = replace(source.position(), source_id=other.format(ns=ns))
    with pytest.raises(ConfigError, match="SPRUE_HOME"):
        source.open(foreign)


def test_a_position_taken_without_the_right_to_read_the_sets_id_fits(
    source: MongoChangeStream, mongo_collection: Shots
) -> None:
    source.open(replace(source.position(), source_id=f"rs0:/{mongo_collection.database.name}.shots"))
    assert source.position().kind == "start"
