"""What each operation on the collection arrives as."""

from dataclasses import replace
from typing import Any

import bson
import pytest
from bson.objectid import ObjectId
from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS, RawBSONDocument

from ingest.change_stream import MongoChangeStream
from tests.ingest.change_stream.stream_reading import Shots, opened, stream_of, take


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
