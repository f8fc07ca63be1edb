import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import bson
import pytest
from bson.objectid import ObjectId
from bson.raw_bson import RawBSONDocument
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.collection import Collection

from core.errors import ConfigError, PositionLost, PositionRefused
from core.stream import Begin, Event, Position
from ingest.change_stream import MongoChangeStream
from ingest.collection_scan import ScanThenStream

Shots = Collection[dict[str, Any]]
MIXED = [3, 1, 2.5, "b", "a", ObjectId("0123456789abcdef01234567"), {"line": 1, "n": 2}, True]


def stream_of(shots: Shots, url: str) -> MongoChangeStream:
    return MongoChangeStream(url, shots.database.name, shots.name)


@pytest.fixture
def source(mongo_collection: Shots, mongo_url: str) -> Iterator[ScanThenStream]:
    scan = ScanThenStream(stream_of(mongo_collection, mongo_url))
    yield scan
    scan.close()


def drain(source: ScanThenStream, size: int = 100) -> list[Event]:
    """Everything there is: until two waits in a row bring nothing."""
    events: list[Event] = []
    empty = 0
    while empty < 2:
        batch = source.next_batch(size, 0.05)
        empty = 0 if batch else empty + 1
        events += batch
    return events


def test_the_collection_comes_first_whatever_its_identifiers(
    source: ScanThenStream, mongo_collection: Shots
) -> None:
    mongo_collection.insert_many([{"_id": i} for i in MIXED])
    source.open(None)
    events = drain(source, 3)
    assert sorted(str(bson.decode(e.raw or b"")["_id"]) for e in events) == sorted(str(i) for i in MIXED)
    assert len({e.token for e in events}) == len(MIXED)
    mongo_collection.insert_one({"_id": "new"})
    assert [e.record_id for e in drain(source)] == ["new"]


def test_an_empty_collection_goes_straight_to_the_stream(
    source: ScanThenStream, mongo_collection: Shots
) -> None:
    source.open(None)
    assert drain(source) == []
    mongo_collection.insert_one({"_id": "new"})
    [event] = drain(source)
    assert (event.record_id, event.operation) == ("new", "insert")


def test_a_record_in_scan_and_stream_carries_one_token(
    source: ScanThenStream, mongo_collection: Shots
) -> None:
    mongo_collection.insert_many([{"_id": f"m{i}"} for i in range(6)])
    source.open(None)
    events = list(source.next_batch(3, 0.05))
    mongo_collection.insert_many([{"_id": "a behind"}, {"_id": "z ahead"}])
    events += drain(source)
    names = [e.record_id for e in events]
    assert names.count("z ahead") == 2
    assert names.count("a behind") == 1
    assert {e.record_id: e.token for e in events} == {e.record_id: f"scan:{e.record_id}" for e in events}
    mongo_collection.insert_one({"_id": "later"})
    [later] = drain(source)
    assert later.token != "scan:later"
    assert "scan" not in source.position().token_json


def test_a_document_that_cannot_be_decoded_does_not_stop_the_scan(
    source: ScanThenStream, mongo_collection: Shots
) -> None:
    broken = bson.encode({"_id": "xy", "t": 1}).replace(b"xy", b"\xc3\x28")
    mongo_collection.insert_many([{"_id": "a"}, {"_id": "\xff"}])
    mongo_collection.database.command("insert", mongo_collection.name, documents=[RawBSONDocument(broken)])
    source.open(None)
    events = drain(source, 1)
    assert sorted(e.raw or b"" for e in events) == sorted(
        [bson.encode({"_id": "a"}), bson.encode({"_id": "\xff"}), broken]
    )


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(1, 9), max_size=8), late=st.integers(0, 8))
def test_resuming_anywhere_in_scan_and_stream_gives_exactly_the_rest(
    mongo_collection: Shots, mongo_url: str, sizes: list[int], late: int
) -> None:
    mongo_collection.delete_many({})
    mongo_collection.insert_many([{"_id": i} for i in (*MIXED, *range(10, 22))])
    position: Position | None = None
    tokens: list[str] = []
    for turn, size in enumerate(sizes):  # a process each
        source = ScanThenStream(stream_of(mongo_collection, mongo_url))
        source.open(position)
        tokens += [e.token for e in source.next_batch(size, 0.05)]
        position = source.position()
        source.close()
        if turn == late:
            mongo_collection.insert_many([{"_id": i} for i in (0, 15.5, "c", ObjectId())])
    source = ScanThenStream(stream_of(mongo_collection, mongo_url), "now" if position else "beginning")
    source.open(position)
    tokens += [e.token for e in drain(source)]
    source.close()
    assert len(set(tokens)) == mongo_collection.count_documents({})


def test_starting_now_leaves_the_collection_alone(mongo_collection: Shots, mongo_url: str) -> None:
    mongo_collection.insert_one({"_id": "old"})
    source = ScanThenStream(stream_of(mongo_collection, mongo_url), "now")
    source.open(None)
    mongo_collection.insert_one({"_id": "new"})
    events = drain(source)
    source.close()
    assert [e.record_id for e in events] == ["new"]


def test_a_stream_alone_refuses_to_skip_an_unfinished_scan(
    source: ScanThenStream, mongo_collection: Shots, mongo_url: str
) -> None:
    mongo_collection.insert_many([{"_id": i} for i in range(5)])
    source.open(None)
    source.next_batch(2, 0.05)
    with pytest.raises(ConfigError, match="scan"):
        stream_of(mongo_collection, mongo_url).open(source.position())


@pytest.mark.parametrize(
    "damaged",
    [
        '{"sprue_scan"',
        '{"sprue_scan": null}',
        '{"sprue_scan": {}}',
        '{"sprue_scan": {"scanning": true, "after": "%%%", "until": [1], "token": ""}}',
    ],
)
@pytest.mark.parametrize("begin", ["position", "time"])
def test_a_damaged_scan_position_is_a_lost_one(source: ScanThenStream, damaged: str, begin: Begin) -> None:
    # Its time does not tell how far the scan came: only a scan from the beginning misses nothing.
    with pytest.raises(PositionLost, match="scan"):
        source.open(Position(damaged, (5, 1)), begin)


def test_a_scan_goes_on_where_the_token_behind_it_is_refused(
    source: ScanThenStream, mongo_collection: Shots
) -> None:
    mongo_collection.insert_many([{"_id": f"s{i}"} for i in range(6)])
    source.open(None)
    first = list(source.next_batch(2, 0.05))
    written = source.position()
    token = re.sub(r'\\"_data\\": \\"[0-9A-F]+', r'\\"_data\\": \\"FF', written.token_json)
    damaged = replace(written, token_json=token)
    assert damaged != written
    mongo_collection.insert_one({"_id": "z"})
    with pytest.raises(PositionRefused):
        source.open(damaged)
    source.open(damaged, "time")
    tokens = [e.token for e in (*first, *drain(source))]
    assert set(tokens) == {f"scan:{i}" for i in ("s0", "s1", "s2", "s3", "s4", "s5", "z")}
    assert tokens.count("scan:s0") == 1


def test_a_stream_alone_cannot_close_a_gap(mongo_collection: Shots, mongo_url: str) -> None:
    with pytest.raises(ConfigError, match="gap 4"):
        stream_of(mongo_collection, mongo_url).reconcile(4)
