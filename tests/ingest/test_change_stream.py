from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import bson
import pymongo
import pytest
from bson import json_util
from bson.objectid import ObjectId
from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS, RawBSONDocument
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo.collection import Collection

from core.errors import ConfigError, PositionLost, PositionRefused, SourceUnavailable
from core.stream import Begin, Event, Position, Source
from ingest.change_stream import MongoChangeStream
from ingest.embedded import EmbeddedMongo

Document = dict[str, Any]
Shots = Collection[Document]


def stream_of(shots: Shots, url: str) -> MongoChangeStream:
    return MongoChangeStream(url, shots.database.name, shots.name)


@contextmanager
def opened(source: Source, position: Position | None, begin: Begin = "position") -> Iterator[Source]:
    source.open(position, begin)
    try:
        yield source
    finally:
        source.close()


def take(source: Source, count: int, size: int = 100) -> list[Event]:
    """The next `count` events; gives up after a few empty waits."""
    events: list[Event] = []
    for _ in range(count + 5):
        if len(events) >= count:
            break
        events += source.next_batch(min(size, count - len(events)), 1.0)
    return events


@pytest.fixture
def source(mongo_collection: Shots, mongo_url: str) -> Iterator[MongoChangeStream]:
    stream = stream_of(mongo_collection, mongo_url)
    stream.open(None)
    yield stream
    stream.close()


@contextmanager
def server_answers(url: str, **data: Any) -> Iterator[None]:
    """A fail point on the commands of the stream only."""
    with pymongo.MongoClient[Document](url) as client:
        mode = data.pop("mode", "alwaysOn")
        client.admin.command(
            {"configureFailPoint": "failCommand", "mode": mode, "data": {"appName": "sprue", **data}}
        )
        try:
            yield
        finally:
            client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


def test_an_insert_arrives_with_its_document_untouched(
    source: MongoChangeStream, mongo_collection: Shots
) -> None:
    document = {"_id": "s1", "set": {"hold_time": 2.5}}
    mongo_collection.insert_one(document)
    [event] = take(source, 1)
    assert (event.record_id, event.operation, event.raw) == ("s1", "insert", bson.encode(document))
    assert event.cluster_time > (0, 0)
    assert event.token


def test_an_event_is_returned_at_once_however_long_the_wait(
    source: MongoChangeStream, mongo_collection: Shots
) -> None:
    mongo_collection.insert_many([{"_id": i} for i in range(3)])
    assert len(take(source, 3)) == 3
    mongo_collection.insert_one({"_id": "late"})
    assert [e.record_id for e in source.next_batch(500, 60.0)] == ["late"]


def test_updates_and_replacements_bring_the_whole_document(
    source: MongoChangeStream, mongo_collection: Shots
) -> None:
    mongo_collection.insert_one({"_id": "a", "x": 1, "y": 1})
    mongo_collection.update_one({"_id": "a"}, {"$set": {"x": 2}})
    mongo_collection.replace_one({"_id": "a"}, {"z": 3})
    events = take(source, 3)
    assert [e.operation for e in events] == ["insert", "update", "replace"]
    assert events[0].raw == bson.encode({"_id": "a", "x": 1, "y": 1})
    # An update is looked up when it is read, so it shows the present document.
    assert events[1].raw == events[2].raw == bson.encode({"_id": "a", "z": 3})
    assert len({e.token for e in events}) == 3


def test_an_update_of_a_deleted_document_has_none(source: MongoChangeStream, mongo_collection: Shots) -> None:
    mongo_collection.insert_one({"_id": "a"})
    mongo_collection.update_one({"_id": "a"}, {"$set": {"x": 2}})
    mongo_collection.delete_one({"_id": "a"})
    mongo_collection.insert_one({"_id": "b"})
    events = take(source, 3)
    assert [(e.record_id, e.operation) for e in events] == [("a", "insert"), ("a", "update"), ("b", "insert")]
    assert [e.raw is None for e in events] == [False, True, False]


def test_other_collections_are_not_seen(source: MongoChangeStream, mongo_collection: Shots) -> None:
    mongo_collection.database["others"].insert_one({"_id": "x"})
    mongo_collection.insert_one({"_id": "a"})
    assert [e.record_id for e in take(source, 1)] == ["a"]


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        ("s1", "s1"),
        (ObjectId("0123456789abcdef01234567"), "0123456789abcdef01234567"),
        (7, '{"$numberInt": "7"}'),
        ({"line": 1, "n": 2.5}, '{"line": {"$numberInt": "1"}, "n": {"$numberDouble": "2.5"}}'),
    ],
)
def test_every_kind_of_identifier_has_a_text(
    source: MongoChangeStream, mongo_collection: Shots, identifier: Any, text: str
) -> None:
    mongo_collection.insert_one({"_id": identifier})
    assert [e.record_id for e in take(source, 1)] == [text]


def test_a_document_that_cannot_be_decoded_arrives_with_its_neighbours(
    source: MongoChangeStream, mongo_collection: Shots
) -> None:
    good = bson.encode({"_id": "good"})
    broken = bson.encode({"_id": "broken", "t": "xy"}).replace(b"xy", b"\xc3\x28")
    nameless = bson.encode({"_id": "xy"}).replace(b"xy", b"\xc3\x28")
    raw = mongo_collection.with_options(codec_options=DEFAULT_RAW_BSON_OPTIONS)
    for document in (broken, good):
        raw.insert_one(RawBSONDocument(document))
    mongo_collection.database.command("insert", mongo_collection.name, documents=[RawBSONDocument(nameless)])
    events = take(source, 3)
    assert [e.raw for e in events] == [broken, good, nameless]
    assert [e.record_id for e in events[:2]] == ["broken", "good"]
    assert events[2].record_id == nameless.hex()


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


def test_dropping_the_collection_does_not_end_the_stream(
    source: MongoChangeStream, mongo_collection: Shots
) -> None:
    mongo_collection.insert_one({"_id": "a"})
    mongo_collection.drop()
    mongo_collection.insert_one({"_id": "b"})
    assert [e.record_id for e in take(source, 2)] == ["a", "b"]


def test_dropping_the_database_does_not_end_the_stream(
    source: MongoChangeStream, mongo_collection: Shots, mongo_url: str
) -> None:
    mongo_collection.insert_one({"_id": "a"})
    mongo_collection.database.client.drop_database(mongo_collection.database.name)
    events = take(source, 2)
    assert [e.operation for e in events] == ["insert", "invalidate"]
    mongo_collection.insert_one({"_id": "b"})
    assert [e.record_id for e in take(source, 1)] == ["b"]
    with opened(stream_of(mongo_collection, mongo_url), replace(source.position())):
        pass  # a position after the invalidation is one to start from, too


def test_a_position_at_the_invalidation_itself_can_be_resumed(
    source: MongoChangeStream, mongo_collection: Shots
) -> None:
    mongo_collection.database.client.drop_database(mongo_collection.database.name)
    assert [e.operation for e in take(source, 1)] == ["invalidate"]
    position = source.position()
    mongo_collection.insert_one({"_id": "b"})
    source.open(position)
    assert [e.record_id for e in take(source, 1)] == ["b"]


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


def test_a_closed_source_says_so_and_closes_twice(source: MongoChangeStream) -> None:
    source.close()
    source.close()
    with pytest.raises(SourceUnavailable, match="open"):
        source.next_batch(1, 0.1)
    with pytest.raises(SourceUnavailable, match="open"):
        source.position()
