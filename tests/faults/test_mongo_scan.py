"""The collection first, then its stream, from the fake primary and from a real server alike."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import bson
import pytest
from bson.objectid import ObjectId

from core.errors import SourceUnavailable
from core.stream import Event, Position
from ingest.change_stream import MongoChangeStream
from ingest.collection_scan import ScanThenStream
from tests.faults.mongo_for_tests import MongoForTests
from tests.faults.reading import documents, take

OpenScan = Callable[..., ScanThenStream]


@pytest.fixture
def scan(mongo_backend: MongoForTests) -> Iterator[OpenScan]:
    """Opens sources that begin with the collection; closed at the test's end."""
    opened: list[ScanThenStream] = []

    def start(position: Position | None = None) -> ScanThenStream:
        stream = MongoChangeStream(mongo_backend.url, mongo_backend.database, mongo_backend.collection)
        opened.append(ScanThenStream(stream))
        opened[-1].open(position)
        return opened[-1]

    yield start
    for source in opened:
        source.close()


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_scan_walks_every_kind_of_identifier_in_the_index_order(
    mongo_backend: MongoForTests, scan: OpenScan, size: int
) -> None:
    number = ObjectId("0123456789abcdef01234567")
    mixed = [number, True, "b", 3, {"line": 2}, {"line": 1, "n": 1}, "a", 2.5, -1]
    broken = bson.encode({"_id": "xy", "t": 1}).replace(b"xy", b"\xc3\x28")
    mongo_backend.insert(*({"_id": i} for i in mixed), broken)
    source = scan()
    events = take(source, 10, size=size)
    mongo_backend.insert({"_id": "late"})
    events += take(source, 1)
    in_order = [-1, 2.5, 3, "a", "b", None, {"line": 1, "n": 1}, {"line": 2}, number, True, "late"]
    assert [e.raw for e in events] == [broken if i is None else bson.encode({"_id": i}) for i in in_order]
    assert all(e.token.startswith("scan:") for e in events[:10])


@pytest.mark.parametrize("seed", range(2))
def test_a_scan_broken_off_anywhere_brings_every_record_under_one_token(
    mongo_backend: MongoForTests, scan: OpenScan, seed: int
) -> None:
    rng = random.Random(seed)
    mongo_backend.insert(*documents(30))
    source = scan()
    position = source.position()
    events: list[Event] = []
    written = 0
    while len({e.record_id for e in events}) < 40:
        fault = rng.choice(["none", "error", "closed", "killed cursors"])
        if fault == "error":
            mongo_backend.fail_command(rng.choice(["find", "getMore", "aggregate"]), 11601)
        elif fault == "closed":
            mongo_backend.close_connection(rng.choice(["find", "getMore", "aggregate"]))
        elif fault == "killed cursors":
            mongo_backend.kill_cursors()
        if written < 10:
            written += 1
            mongo_backend.insert(documents(written, rng.choice("az"))[-1])
        try:
            if fault != "none":
                source.open(position)
            events += source.next_batch(rng.randint(1, 7), 0.02)
        except SourceUnavailable:
            mongo_backend.heal()
            source.open(position)
        position = source.position()
    mongo_backend.heal()
    events += source.next_batch(100, 0.02)
    tokens = {e.token for e in events}
    assert len({e.record_id for e in events}) == len(tokens) == 40
    assert {bson.decode(e.raw or b"")["_id"] for e in events} == {e.record_id for e in events}


def test_documents_too_large_for_one_reply_are_all_scanned(
    mongo_backend: MongoForTests, scan: OpenScan
) -> None:
    mongo_backend.insert(*({"_id": f"s{i}", "x": b"\x00" * (9 << 20)} for i in range(3)))
    events = take(scan(), 3)
    assert [e.record_id for e in events] == ["s0", "s1", "s2"]


@pytest.mark.parametrize("mongo_backend", ["fake"], indirect=True)  # a 6.0 server refuses to store it
def test_a_document_that_fits_no_reply_along_with_its_identifier_is_scanned(
    mongo_backend: MongoForTests, scan: OpenScan
) -> None:
    long = "n" * (5 << 20)
    mongo_backend.insert({"_id": "a"}, {"_id": long, "x": b"\x00" * (7 << 20)}, {"_id": "z"})
    source = scan()
    events = take(source, 3)
    assert [(len(e.record_id), len(e.raw or b"") >> 20) for e in events] == [(1, 0), (len(long), 12), (1, 0)]
    assert list(scan(source.position()).next_batch(10, 0.05)) == []
