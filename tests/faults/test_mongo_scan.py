"""The collection first, then its stream, from the fake primary and from a real server alike."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import bson
import pytest
from bson.objectid import ObjectId

from core.errors import SourceUnavailable
from core.stream import Begin, Event, Position
from ingest.change_stream import MongoChangeStream
from ingest.collection_scan import ScanThenStream
from tests.faults.mongo_for_tests import MongoForTests
from tests.faults.reading import documents, take

OpenScan = Callable[..., ScanThenStream]


@pytest.fixture
def scan(mongo_backend: MongoForTests) -> Iterator[OpenScan]:
    """Opens sources that begin with the collection; closed at the test's end."""
    opened: list[ScanThenStream] = []

    def start(position: Position | None = None, begin: Begin = "position") -> ScanThenStream:
        stream = MongoChangeStream(mongo_backend.url, mongo_backend.database, mongo_backend.collection)
        opened.append(ScanThenStream(stream))
        opened[-1].open(position, begin)
        return opened[-1]

    yield start
    for source in opened:
        source.close()


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.fault_row(38)
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
@pytest.mark.fault_row(38)
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


@pytest.mark.fault_row(19)
def test_after_a_gap_the_whole_collection_comes_under_the_number_of_the_gap(
    mongo_backend: MongoForTests, scan: OpenScan
) -> None:
    source = scan()
    mongo_backend.insert(*documents(5))
    before = take(source, 5)
    old = source.position()
    mongo_backend.update("s001", {"x": 1})
    mongo_backend.delete("s002")  # leaves no trace in what the collection holds
    source = scan(old, "now")
    phases: list[str] = [source.phase]
    begun = source.reconcile(3)
    phases.append(source.phase)
    assert (begun.kind, begun.source_id) == ("reposition", old.source_id)
    assert begun.cluster_time >= old.cluster_time
    events = take(source, 4)
    phases.append(source.phase)
    assert [e.token for e in events] == [f"gap3:{name}" for name in ("s000", "s001", "s003", "s004")]
    assert [e.raw for e in events if e.record_id != "s001"] == [before[i].raw for i in (0, 3, 4)]
    mongo_backend.insert({"_id": "late"})
    [late] = take(source, 1)
    assert late.record_id == "late"
    assert [*phases, source.phase] == ["stream", "reconcile", "reconcile", "stream"]


def test_an_insert_in_scan_and_stream_after_a_gap_carries_one_token(
    mongo_backend: MongoForTests, scan: OpenScan
) -> None:
    mongo_backend.insert(*documents(6, "m"))
    source = scan(scan().position(), "now")
    source.reconcile(2)
    events = list(source.next_batch(3, 0.05))
    mongo_backend.insert({"_id": "a behind"}, {"_id": "z ahead"})
    mongo_backend.update("m005", {"x": 1})
    events += take(source, 7)
    updates = [e for e in events if e.operation == "update"]
    assert {e.token for e in events if e not in updates} == {
        f"gap2:{name}" for name in ("a behind", "z ahead", *(d["_id"] for d in documents(6, "m")))
    }
    # The scan brought the document as the update left it; the update is a change of its own.
    assert [e.token.startswith("gap2:") for e in updates] == [False]
    mongo_backend.insert({"_id": "later"})
    [later] = take(source, 1)
    assert not later.token.startswith("gap2:")
    assert "scan" not in source.position().token_json


@pytest.mark.parametrize("seed", range(2))
def test_reconciling_broken_off_anywhere_goes_on_and_its_position_never_goes_back(
    mongo_backend: MongoForTests, scan: OpenScan, seed: int
) -> None:
    rng = random.Random(seed)
    mongo_backend.insert(*documents(30))
    source = scan(scan().position(), "now")
    position = source.reconcile(1)
    events: list[Event] = []
    phases: list[str] = []
    while len({e.record_id for e in events}) < 40:
        if rng.random() < 0.5:
            source = scan(position, rng.choice(["position", "time"]))
        if len(phases) < 10:
            mongo_backend.insert({"_id": f"{rng.choice('az')}{len(phases)}"})
        events += source.next_batch(rng.randint(1, 7), 0.02)
        phases.append(source.phase)
        assert source.position().cluster_time >= position.cluster_time
        assert source.position().kind in ("event", "idle")
        position = source.position()
    assert phases == sorted(phases)  # reconcile before stream
    assert {e.token for e in events if e.record_id[0] == "s"} == {f"gap1:{d['_id']}" for d in documents(30)}
    assert len({e.token for e in events}) == 40


def test_another_gap_within_reconciling_begins_anew(mongo_backend: MongoForTests, scan: OpenScan) -> None:
    mongo_backend.insert(*documents(4))
    source = scan(scan().position(), "now")
    source.reconcile(1)
    assert len(source.next_batch(2, 0.05)) == 2
    source = scan(source.position(), "now")
    source.reconcile(2)
    assert [e.token for e in take(source, 4)] == [f"gap2:{d['_id']}" for d in documents(4)]
