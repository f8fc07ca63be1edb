"""What the sources bring of a collection, from the fake primary and from a real server alike.

The fake is only as good as these files: what the real server does here, the fake does.
"""

from __future__ import annotations

import re
from contextlib import closing

import bson
import pytest
from bson.objectid import ObjectId

from ingest.change_stream import MongoChangeStream
from ingest.collection_scan import ScanThenStream
from ingest.too_large import UNTOLD
from tests.faults.mongo_for_tests import MongoForTests
from tests.faults.reading import Open, documents, ids, take


def test_changes_come_in_order_with_their_documents_untouched(
    mongo_backend: MongoForTests, stream: Open
) -> None:
    source = stream()
    mongo_backend.insert(*documents(3))
    mongo_backend.replace({"_id": "s001", "z": 1})
    mongo_backend.update("s002", {"x": 5})
    mongo_backend.delete("s000")
    mongo_backend.update("s001", {"y": 2})
    events = take(source, 6)
    assert [(e.record_id, e.operation) for e in events] == [
        *((f"s{i:03}", "insert") for i in range(3)),
        ("s001", "replace"),
        ("s002", "update"),
        ("s001", "update"),
    ]
    assert [e.raw for e in events[:3]] == [bson.encode(d) for d in documents(3)]
    assert [bson.decode(e.raw or b"") for e in events[3:]] == [
        {"_id": "s001", "z": 1},
        {"_id": "s002", "set": {"hold_time": 1.0}, "x": 5},
        {"_id": "s001", "z": 1, "y": 2},
    ]
    assert [e.cluster_time for e in events] == sorted({e.cluster_time for e in events})
    assert len({e.token for e in events}) == 6


def test_tokens_look_alike(mongo_backend: MongoForTests, stream: Open) -> None:
    source = stream()
    assert re.fullmatch(r'\{"_data": "82[0-9A-F]{16}2B0229296E04"\}', source.position().token_json)
    mongo_backend.insert({"_id": "a"}, {"_id": 7}, {"_id": ObjectId("0123456789abcdef01234567")})
    first, second, third = take(source, 3)
    space = r"82[0-9A-F]{16}2B022C0100296E5A1004[0-9A-F]{32}"
    assert re.fullmatch(space + "463C5F6964003C61000004", first.token)
    assert re.fullmatch(space + "461E5F6964002B0E0004", second.token)
    assert re.fullmatch(space + "46645F696400640123456789ABCDEF012345670004", third.token)
    assert first.token < second.token < third.token


@pytest.mark.fault_row(25)
def test_each_of_two_updates_shows_the_document_as_it_is_when_read(
    mongo_backend: MongoForTests, stream: Open
) -> None:
    mongo_backend.insert({"_id": "a", "x": 0})
    source = stream()
    mongo_backend.update("a", {"x": 1})
    mongo_backend.update("a", {"x": 2})
    first, second = take(source, 2)
    assert [bson.decode(e.raw or b"") for e in (first, second)] == [{"_id": "a", "x": 2}] * 2
    assert first.token < second.token
    mongo_backend.update("a", {"x": 3})
    [third] = take(source, 1)
    assert bson.decode(third.raw or b"") == {"_id": "a", "x": 3}


@pytest.mark.parametrize("gone", ["deleted", "dropped"])
def test_an_update_of_a_document_that_is_gone_has_none_and_its_neighbours_have(
    mongo_backend: MongoForTests, stream: Open, gone: str
) -> None:
    mongo_backend.insert({"_id": "a"})
    source = stream()
    mongo_backend.update("a", {"x": 1})
    if gone == "deleted":
        mongo_backend.delete("a")
    else:
        mongo_backend.drop()
    mongo_backend.insert({"_id": "b"})
    events = take(source, 2)
    assert [(e.record_id, e.operation, e.raw is None) for e in events] == [
        ("a", "update", True),
        ("b", "insert", False),
    ]


def test_an_update_of_a_document_deleted_and_made_again_shows_the_new_one(
    mongo_backend: MongoForTests, stream: Open
) -> None:
    mongo_backend.insert({"_id": "a", "x": 0})
    source = stream()
    mongo_backend.update("a", {"x": 1})
    mongo_backend.delete("a")
    mongo_backend.insert({"_id": "a", "new": True})
    events = take(source, 2)
    assert [(e.operation, bson.decode(e.raw or b"")) for e in events] == [
        ("update", {"_id": "a", "new": True}),
        ("insert", {"_id": "a", "new": True}),
    ]
    assert events[0].token < events[1].token


@pytest.mark.parametrize("read", [1, 35, 69])
def test_resuming_within_a_transaction_gives_exactly_the_rest(
    mongo_backend: MongoForTests, stream: Open, read: int
) -> None:
    mongo_backend.insert({"_id": "before"})  # makes the collection
    source = stream()
    mongo_backend.insert_together(*documents(70))
    mongo_backend.insert({"_id": "after"})
    head = take(source, read)
    position = source.position()
    rest = take(stream(position), 71 - read)
    assert ids(head + rest) == [*(d["_id"] for d in documents(70)), "after"]
    # By its time the whole transaction comes again, under the same tokens.
    again = take(stream(position, begin="time"), 71)
    assert [e.token for e in again] == [e.token for e in head + rest]


@pytest.mark.fault_row(31)
def test_a_transaction_has_one_time_and_many_tokens(mongo_backend: MongoForTests, stream: Open) -> None:
    mongo_backend.insert({"_id": "before"})  # makes the collection
    source = stream()
    mongo_backend.insert_together(*documents(70))
    events = take(source, 70, size=7)
    assert ids(events) == [d["_id"] for d in documents(70)]
    assert len({e.cluster_time for e in events}) == 1
    assert [e.token for e in events] == sorted({e.token for e in events})


@pytest.mark.fault_row(24)
def test_the_document_of_an_event_too_large_is_fetched_apart(
    mongo_backend: MongoForTests, stream: Open
) -> None:
    source = stream()
    # In the token the name is twice as long, and the reply ends with the token again.
    long = "n" * (3 << 20)
    mongo_backend.insert({"_id": "a"}, {"_id": long, "x": 1})
    events = take(source, 2)
    mongo_backend.insert({"_id": "b"})
    events += take(source, 1)
    assert [bson.decode(e.raw or b"") for e in events] == [{"_id": "a"}, {"_id": long, "x": 1}, {"_id": "b"}]
    assert ids(events) == ["a", long, "b"]


def test_the_document_of_an_event_too_large_may_be_gone(mongo_backend: MongoForTests, stream: Open) -> None:
    source = stream()
    long = "n" * (3 << 20)
    mongo_backend.insert({"_id": long}, {"_id": "b"})
    mongo_backend.delete(long)
    events = take(source, 2, size=1)
    assert [(len(e.record_id), e.raw is None) for e in events] == [(len(long), True), (1, False)]


@pytest.mark.parametrize("then", ["an event", "an event elsewhere"])
def test_events_whose_identifier_alone_is_too_large_are_passed_and_told_once(
    mongo_backend: MongoForTests, stream: Open, then: str
) -> None:
    source = stream()
    mongo_backend.insert({"_id": "a"})
    [a] = take(source, 1)
    before = source.position()
    for name in ("n", "m"):
        mongo_backend.insert({"_id": name * (4 << 20)})
    # Nothing follows yet: they are told with what does, so that no position stands among them.
    assert list(source.next_batch(10, 0.2)) == []
    assert source.position() == before
    if then == "an event":
        mongo_backend.insert({"_id": "b"})
    else:
        mongo_backend.insert_elsewhere()
    [untold, *rest] = source.next_batch(10, 1.0)
    assert (untold.record_id, untold.operation, untold.raw) == (UNTOLD, "replace", None)
    assert untold.token == f"untold after {a.token}"
    assert ids(rest) == (["b"] if then == "an event" else [])
    after = source.position()
    assert after.cluster_time > before.cluster_time
    mongo_backend.insert({"_id": "c"})
    assert ids(take(source, 1)) == ids(take(stream(after), 1)) == ["c"]
    # Read again, it has the same name: it is noted once.
    assert stream(before).next_batch(10, 1.0)[0] == untold


def test_large_documents_come_in_replies_a_client_can_take(
    mongo_backend: MongoForTests, stream: Open
) -> None:
    source = stream()
    mongo_backend.insert(*({"_id": f"m{i}", "x": b"\x00" * (5 << 20)} for i in range(5)))
    sizes: list[int] = []
    while sum(sizes) < 5:
        batch = source.next_batch(100, 1.0)
        assert batch
        sizes.append(len(batch))
    assert max(sizes) == 3


@pytest.mark.parametrize("gone", ["drop", "rename"])
@pytest.mark.fault_row(22)
def test_a_collection_dropped_or_renamed_and_made_again_goes_on(
    mongo_backend: MongoForTests, stream: Open, gone: str
) -> None:
    source = stream()
    position = source.position()
    mongo_backend.insert({"_id": "a"})
    if gone == "drop":
        mongo_backend.drop()
    else:
        mongo_backend.rename("kept")
    mongo_backend.insert({"_id": "b"})
    mongo_backend.insert({"_id": "a"})
    assert ids(take(source, 3)) == ["a", "b", "a"]
    assert ids(take(stream(position), 3)) == ["a", "b", "a"]


@pytest.mark.fault_row(22)
def test_a_dropped_database_is_told_and_passed(mongo_backend: MongoForTests, stream: Open) -> None:
    source = stream()
    mongo_backend.insert({"_id": "a"})
    mongo_backend.drop_database()
    assert [e.operation for e in take(source, 2)] == ["insert", "invalidate"]
    at_the_end = source.position()
    mongo_backend.insert({"_id": "b"})
    assert ids(take(source, 1)) == ["b"]
    assert ids(take(stream(at_the_end), 1)) == ["b"]


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_scan_walks_every_kind_of_identifier_in_the_index_order(
    mongo_backend: MongoForTests, size: int
) -> None:
    mixed = [
        ObjectId("0123456789abcdef01234567"),
        True,
        "b",
        3,
        {"line": 2},
        {"line": 1, "n": 1},
        "a",
        2.5,
        -1,
    ]
    broken = bson.encode({"_id": "xy", "t": 1}).replace(b"xy", b"\xc3\x28")
    mongo_backend.insert(*({"_id": i} for i in mixed), broken)
    scan = ScanThenStream(
        MongoChangeStream(mongo_backend.url, mongo_backend.database, mongo_backend.collection)
    )
    with closing(scan):
        scan.open(None)
        events = take(scan, 10, size=size)
        mongo_backend.insert({"_id": "late"})
        events += take(scan, 1)
    in_order = [-1, 2.5, 3, "a", "b", None, {"line": 1, "n": 1}, {"line": 2}, mixed[0], True, "late"]
    assert [e.raw for e in events] == [broken if i is None else bson.encode({"_id": i}) for i in in_order]
    assert all(e.token.startswith("scan:") for e in events[:10])
