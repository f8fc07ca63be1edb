"""What only the fake primary can do to a reader, and that it does it the same way each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bson
import pymongo
import pytest
from pymongo.errors import OperationFailure

from core.errors import ConfigError, PositionLost
from core.stream import Event, Position
from ingest.change_stream import MongoChangeStream
from tests.faults.fake_primary import FakePrimary
from tests.faults.reading import ids


@contextmanager
def opened(fake: FakePrimary, position: Position | None = None, url: str = "") -> Iterator[MongoChangeStream]:
    source = MongoChangeStream(url or fake.url, "plant", "shots")
    try:
        source.open(position)
        yield source
    finally:
        source.close()


@contextmanager
def commands(fake: FakePrimary, database: str = "plant") -> Iterator[Any]:
    """Sends commands of any kind, without what the product makes of them."""
    with pymongo.MongoClient[dict[str, Any]](fake.url) as client:
        yield client[database].command


def shots(fake: FakePrimary, *names: str) -> None:
    fake.oplog.insert("plant", "shots", *({"_id": name} for name in names))


def watch(
    database: Any, stage: dict[str, Any] | None = None, *more: dict[str, Any], collection: Any = 1
) -> tuple[Any, list[dict[str, Any]]]:
    """The reply to the first ``getMore`` of a stream, and the events in it."""
    pipeline = [{"$changeStream": stage or {}}, *more]
    begun = database({"aggregate": collection, "pipeline": pipeline, "cursor": {"batchSize": 0}})
    name = "$cmd.aggregate" if collection == 1 else collection
    reply = database({"getMore": begun["cursor"]["id"], "collection": name})
    return reply, reply["cursor"]["nextBatch"]


def after(token: str) -> dict[str, Any]:
    return {"startAfter": {"_data": token}}


def test_faults_come_in_the_order_and_number_written(fake: FakePrimary) -> None:
    with commands(fake) as run:
        fake.script.fail("ping", 11601, after=1)
        fake.script.fail("ping", 6, ["SomeLabel"])
        codes = []
        for _ in range(4):
            try:
                run("ping")
                codes.append(0)
            except OperationFailure as error:
                codes.append(error.code or -1)
        assert codes == [0, 11601, 6, 0]
        assert [fault.code for fault in fake.script.done] == [11601, 6]


def test_the_document_of_an_event_taken_for_too_large_is_fetched_apart(fake: FakePrimary) -> None:
    with opened(fake) as source:
        shots(fake, "a")
        fake.oplog.insert("plant", "shots", {"_id": "large"}, parts=3)
        shots(fake, "b")
        events: list[Event] = []
        for _ in range(3):
            events += source.next_batch(10, 0.1)
        names = ("a", "large", "b")
        assert [(e.record_id, e.raw) for e in events] == [(n, bson.encode({"_id": n})) for n in names]


def test_an_event_too_large_is_split_where_that_is_asked_for(fake: FakePrimary) -> None:
    with commands(fake) as run:
        shots(fake, "a")
        begin = fake.oplog.now
        fake.oplog.insert("plant", "shots", {"_id": "large", "x": 1}, parts=3)
        shots(fake, "b")
        split: dict[str, Any] = {"$changeStreamSplitLargeEvent": {}}
        _, events = watch(run, {"startAtOperationTime": begin}, split)
        assert [e.get("splitEvent") for e in events[1:]] == [
            *({"fragment": i, "of": 3} for i in (1, 2, 3)),
            None,
        ]
        merged = {k: v for e in events[1:4] for k, v in e.items() if k not in ("_id", "splitEvent")}
        assert merged["fullDocument"] == {"_id": "large", "x": 1}
        assert merged["documentKey"] == {"_id": "large"}
        _, rest = watch(run, after(events[2]["_id"]["_data"]), split)
        assert rest == events[3:]
        with pytest.raises(OperationFailure) as caught:  # a part's token needs the same stage
            watch(run, after(events[2]["_id"]["_data"]), {"$match": {"documentKey._id": "b"}})
        assert caught.value.code == 280


@pytest.mark.fault_row(20)
def test_an_idle_stream_outlives_an_oplog_that_forgot_its_start(fake: FakePrimary) -> None:
    with opened(fake) as source:
        start = source.position()
        fake.oplog.insert("plant", "others", {"_id": 1}, {"_id": 2}, {"_id": 3})
        assert list(source.next_batch(10, 0.1)) == []
        fake.oplog.truncate_oplog()
        shots(fake, "a")
        assert ids(source.next_batch(10, 0.1)) == ["a"]
        with pytest.raises(PositionLost, match="286"):
            source.open(start)


def test_a_cursor_overtaken_by_the_oplog_is_lost(fake: FakePrimary) -> None:
    with opened(fake) as source:
        shots(fake, "a", "b", "c", "d")
        assert ids(source.next_batch(1, 0.1)) == ["a"]
        fake.oplog.truncate_oplog()
        with pytest.raises(PositionLost, match="286"):
            source.next_batch(10, 0.1)


def test_tokens_are_refused_with_the_codes_of_a_server(fake: FakePrimary) -> None:
    with commands(fake) as run:
        begin = fake.oplog.now
        shots(fake, "a")
        fake.oplog.drop_database("plant")
        reply, events = watch(run, {"startAtOperationTime": begin})
        assert (reply["cursor"]["id"], reply["cursor"]["invalidated"]) == (0, True)
        assert [e["operationType"] for e in events] == ["insert", "drop", "dropDatabase", "invalidate"]
        shots(fake, "b")
        invalid = {"_data": events[-1]["_id"]["_data"]}
        wrong: list[tuple[int, dict[str, Any]]] = [
            (260, {"resumeAfter": invalid}),
            (15, after("8265")),
            (9, after("x")),
            (40649, after("")),
            (50811, after("FF")),
            (40647, {"startAfter": {"_data": 5}}),
        ]
        for code, stage in wrong:
            with pytest.raises(OperationFailure) as caught:
                watch(run, stage)
            assert caught.value.code == code
        fake.oplog.delete("plant", "shots", "b")
        with pytest.raises(OperationFailure) as caught:
            watch(run, after(events[0]["_id"]["_data"]), {"$match": {"operationType": "delete"}})
        assert caught.value.code == 280
        assert [e["documentKey"]["_id"] for e in watch(run, {"startAfter": invalid})[1][:1]] == ["b"]


@pytest.mark.parametrize("ends", ["drop", "rename"])
def test_a_stream_of_one_collection_ends_with_it(fake: FakePrimary, ends: str) -> None:
    with commands(fake) as run:
        begin = fake.oplog.now
        shots(fake, "a")
        if ends == "drop":
            fake.oplog.drop("plant", "shots")
        else:
            fake.oplog.rename("plant", "shots", "kept")
        _, events = watch(run, {"startAtOperationTime": begin}, collection="shots")
        assert [e["operationType"] for e in events] == ["insert", ends, "invalidate"]


def test_what_the_fake_does_not_know_it_refuses(fake: FakePrimary) -> None:
    unknown: list[tuple[int, dict[str, Any]]] = [
        (59, {"mapReduce": "shots"}),
        (40324, {"aggregate": 1, "pipeline": [{"$changeStream": {}}, {"$limit": 1}], "cursor": {}}),
        (40324, {"aggregate": "shots", "pipeline": [], "cursor": {}}),
        (40415, {"aggregate": 1, "pipeline": [{"$changeStream": {"resumeFrom": 1}}], "cursor": {}}),
        (40415, {"find": "shots", "skip": 3}),
        (2, {"find": "shots", "sort": {"x": 1}}),
        (2, {"find": "shots", "filter": {"x": 1}}),
        (2, {"find": "shots", "filter": {"_id": {"$gt": 1}}}),
    ]
    with commands(fake) as run:
        for code, command in unknown:
            with pytest.raises(OperationFailure) as caught:
                run(command)
            assert caught.value.code == code


def test_a_standalone_server_is_no_replica_set() -> None:
    with FakePrimary(set_name=None) as fake:
        source = MongoChangeStream(fake.url, "plant", "shots")
        with pytest.raises(ConfigError, match="replica set"):
            source.open(None)


def test_cursors_end_with_the_source(fake: FakePrimary) -> None:
    with opened(fake) as source:
        source.next_batch(10, 0.01)
        assert len(fake.commands.cursors) == 1
    assert fake.commands.cursors == {}


@pytest.mark.fault_row(26)
def test_broken_documents_and_keys_arrive_as_they_are(fake: FakePrimary) -> None:
    document = bson.encode({"_id": "good", "t": "xy"}).replace(b"xy", b"\xc3\x28")
    nameless = bson.encode({"_id": "xy"}).replace(b"xy", b"\xc3\x28")
    with opened(fake) as source:
        fake.oplog.insert("plant", "shots", document, nameless)
        events = source.next_batch(10, 0.1)
        assert [e.raw for e in events] == [document, nameless]
        assert ids(events) == ["good", nameless.hex()]


def test_the_same_calls_give_the_same_events() -> None:
    runs: list[tuple[list[Event], Position]] = []
    for _ in range(2):
        with FakePrimary() as fake, opened(fake) as source:
            shots(fake, "a", "b")
            fake.oplog.advance(60)
            with fake.oplog.transaction():
                shots(fake, "c", "d")
            fake.oplog.update("plant", "shots", "a", {"x": 1})
            runs.append((list(source.next_batch(10, 0.1)), source.position()))
    assert runs[0] == runs[1]
    assert len(runs[0][0]) == 5
