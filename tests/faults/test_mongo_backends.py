"""What the sources promise of a MongoDB, on the fake primary and on a real server alike.

The fake is only as good as this file: what the real server does here, the fake does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import bson
import pytest
from bson.objectid import ObjectId

from core.errors import PositionLost, SourceUnavailable
from core.stream import Event, Position, Source
from ingest.change_stream import MongoChangeStream
from ingest.collection_scan import ScanThenStream
from tests.faults.mongo_for_tests import MongoForTests
from tests.faults.proxy import Proxy

Line = Callable[[int], Proxy]
Open = Callable[..., MongoChangeStream]
IMPATIENT = "socketTimeoutMS=400&connectTimeoutMS=400&serverSelectionTimeoutMS=400"


@pytest.fixture
def stream(mongo_backend: MongoForTests, line: Line) -> Iterator[Open]:
    """Opens change streams of the collection; closed at the test's end, before any line."""
    opened: list[MongoChangeStream] = []

    def start(position: Position | None = None, url: str = "") -> MongoChangeStream:
        source = MongoChangeStream(url or mongo_backend.url, mongo_backend.database, mongo_backend.collection)
        opened.append(source)
        source.open(position)
        return source

    yield start
    for source in opened:
        source.close()


def take(source: Source, count: int, size: int = 100) -> list[Event]:
    """The next `count` events; gives up after a few empty waits."""
    events: list[Event] = []
    for _ in range(count + 5):
        if len(events) >= count:
            break
        events += source.next_batch(min(size, count - len(events)), 1.0)
    return events


def take_through_trouble(source: Source, count: int) -> list[Event]:
    """As `take`, opening again from the last position whenever the source fails."""
    events: list[Event] = []
    position = source.position()
    for _ in range(count + 15):
        try:
            events += source.next_batch(3, 0.2)
        except SourceUnavailable:
            source.open(position)
        position = source.position()
        if len(events) >= count:
            break
    return events


def ids(events: list[Event]) -> list[str]:
    return [event.record_id for event in events]


def documents(count: int, prefix: str = "s") -> list[dict[str, Any]]:
    return [{"_id": f"{prefix}{i:03}", "set": {"hold_time": i / 2}} for i in range(count)]


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


def test_an_update_of_a_deleted_document_has_none(mongo_backend: MongoForTests, stream: Open) -> None:
    source = stream()
    mongo_backend.insert({"_id": "a"})
    mongo_backend.update("a", {"x": 1})
    mongo_backend.delete("a")
    assert [(e.operation, e.raw is None) for e in take(source, 2)] == [("insert", False), ("update", True)]


def test_a_transaction_has_one_time_and_many_tokens(mongo_backend: MongoForTests, stream: Open) -> None:
    mongo_backend.insert({"_id": "before"})  # makes the collection
    source = stream()
    mongo_backend.insert_together(*documents(70))
    events = take(source, 70, size=7)
    assert ids(events) == [d["_id"] for d in documents(70)]
    assert len({e.cluster_time for e in events}) == 1
    assert [e.token for e in events] == sorted({e.token for e in events})


@pytest.mark.parametrize("read", [1, 4, 9])
def test_resuming_after_an_event_gives_exactly_the_rest(
    mongo_backend: MongoForTests, stream: Open, read: int
) -> None:
    mongo_backend.insert({"_id": "before"})
    source = stream()
    mongo_backend.insert(*documents(4))
    mongo_backend.insert_together(*documents(6, "t"))
    whole = take(stream(source.position()), 10)
    assert take(source, read, size=3) == whole[:read]
    again = stream(source.position())
    assert take(again, 10 - read) == whole[read:]
    assert list(again.next_batch(10, 0.01)) == []


def test_resuming_by_time_replays_the_events_of_that_time_with_the_same_tokens(
    mongo_backend: MongoForTests, stream: Open
) -> None:
    source = stream()
    mongo_backend.insert(*documents(5))
    events = take(source, 5)
    for damaged in ("no json", '{"_data": "8265"}', '{"_data": "x"}', '{"_data": "FF"}', '{"_data": ""}'):
        position = Position(damaged, events[2].cluster_time, "event", source.position().source_id)
        assert take(stream(position), 3) == events[2:]


def test_a_token_of_another_filter_falls_back_to_its_time(mongo_backend: MongoForTests, stream: Open) -> None:
    source = stream()
    with closing(MongoChangeStream(mongo_backend.url, mongo_backend.database, "others")) as others:
        others.open(None)
        mongo_backend.insert_elsewhere()
        take(others, 1)
        found = others.position()
    mongo_backend.insert({"_id": "a"})
    foreign = Position(found.token_json, found.cluster_time, "event", source.position().source_id)
    assert ids(take(stream(foreign), 1)) == ["a"]


def test_a_position_the_oplog_has_lost_is_said_so(mongo_backend: MongoForTests, stream: Open) -> None:
    source = stream()
    mongo_backend.insert({"_id": "a"})
    take(source, 1)
    by_token = source.position()
    by_time = Position("no json", by_token.cluster_time, "event", by_token.source_id)
    source.close()
    mongo_backend.roll_oplog()
    for lost in (by_token, by_time):
        with pytest.raises(PositionLost, match="286"):
            stream(lost).next_batch(10, 0.1)
    mongo_backend.insert({"_id": "b"})
    assert stream().position().cluster_time > by_token.cluster_time


@pytest.mark.parametrize("command", ["aggregate", "getMore"])
def test_refused_positions_are_told_at_the_opening_and_at_the_first_read(
    mongo_backend: MongoForTests, stream: Open, command: str
) -> None:
    position = stream().position()
    for code in (286, 280, 260):
        # Twice: a refused token is tried once more by its time.
        mongo_backend.fail_command(command, code, times=2)
        with pytest.raises(PositionLost, match=str(code)):
            stream(position).next_batch(10, 0.1)
        mongo_backend.heal()


def test_an_event_too_large_comes_without_its_document(mongo_backend: MongoForTests, stream: Open) -> None:
    source = stream()
    # In the token the name is twice as long, and the reply ends with the token again.
    long = "n" * (3 << 20)
    mongo_backend.insert({"_id": "a"}, {"_id": long})
    events = take(source, 2)
    mongo_backend.insert({"_id": "b"})
    events += take(source, 1)
    assert [(len(e.record_id), e.raw is None) for e in events] == [(1, False), (len(long), True), (1, False)]


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


def test_an_idle_position_moves_while_others_write(mongo_backend: MongoForTests, stream: Open) -> None:
    source = stream()
    before = source.position()
    mongo_backend.insert_elsewhere(3)
    assert list(source.next_batch(10, 0.2)) == []
    idle = source.position()
    assert (idle.kind, idle.cluster_time > before.cluster_time) == ("idle", True)
    mongo_backend.insert({"_id": "after"})
    assert ids(take(stream(idle), 1)) == ["after"]
    assert source.head() >= idle.cluster_time


@pytest.mark.parametrize("gone", ["drop", "rename"])
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


def test_a_dropped_database_is_told_and_passed(mongo_backend: MongoForTests, stream: Open) -> None:
    source = stream()
    mongo_backend.insert({"_id": "a"})
    mongo_backend.drop_database()
    assert [e.operation for e in take(source, 2)] == ["insert", "invalidate"]
    at_the_end = source.position()
    mongo_backend.insert({"_id": "b"})
    assert ids(take(source, 1)) == ["b"]
    assert ids(take(stream(at_the_end), 1)) == ["b"]


@pytest.mark.parametrize("code", [43, 6, 91, 189, 10107, 11600, 11601, 11602, 13435])
def test_passing_trouble_is_told_and_costs_nothing(
    mongo_backend: MongoForTests, stream: Open, code: int
) -> None:
    source = stream()
    mongo_backend.insert(*documents(5))
    mongo_backend.fail_command("getMore", code)
    with pytest.raises(SourceUnavailable, match=str(code)):
        source.next_batch(10, 0.2)
    source.open(source.position())
    assert ids(take(source, 5)) == [d["_id"] for d in documents(5)]


@pytest.mark.parametrize("command", ["hello", "replSetGetConfig", "aggregate", "getMore"])
def test_a_closed_connection_is_told_and_costs_nothing(
    mongo_backend: MongoForTests, stream: Open, command: str
) -> None:
    source = stream()
    position = source.position()
    mongo_backend.insert(*documents(3))
    source.close()
    mongo_backend.close_connection(command)
    try:
        source.open(position)
        events = take(source, 3)
    except SourceUnavailable:
        source.open(position)
        events = take(source, 3)
    assert ids(events) == [d["_id"] for d in documents(3)]


def test_killed_cursors_cost_nothing(mongo_backend: MongoForTests, stream: Open) -> None:
    source = stream()
    mongo_backend.insert(*documents(6))
    read = take(source, 2, size=2)
    mongo_backend.kill_cursors()
    with pytest.raises(SourceUnavailable, match="43"):
        source.next_batch(10, 0.2)
    source.open(source.position())
    assert ids(read + take(source, 4)) == [d["_id"] for d in documents(6)]


def test_a_crash_of_the_server_costs_nothing(mongo_backend: MongoForTests, stream: Open) -> None:
    source = stream(url=f"{mongo_backend.url}&{IMPATIENT}")
    mongo_backend.insert(*documents(6))
    read = take(source, 2, size=2)
    position = source.position()
    mongo_backend.kill()
    with pytest.raises(SourceUnavailable):
        source.next_batch(10, 0.2)
    with pytest.raises(SourceUnavailable):
        source.open(position)
    mongo_backend.start()
    mongo_backend.insert({"_id": "after"})
    source.open(position)
    assert ids(read + take(source, 5)) == [*(d["_id"] for d in documents(6)), "after"]


def test_an_election_costs_nothing(mongo_backend: MongoForTests, stream: Open) -> None:
    source = stream(url=f"{mongo_backend.url}&{IMPATIENT}")
    mongo_backend.insert(*documents(6))
    read = take(source, 2, size=2)
    position = source.position()
    mongo_backend.step_down()
    source.close()
    with pytest.raises(SourceUnavailable):
        source.open(position)
    mongo_backend.step_up()
    mongo_backend.insert({"_id": "after"})
    source.open(position)
    assert ids(read + take(source, 5)) == [*(d["_id"] for d in documents(6)), "after"]


@pytest.mark.parametrize("fault", ["cut", "tear", "drip"])
def test_a_line_broken_anywhere_costs_nothing(
    mongo_backend: MongoForTests, stream: Open, line: Line, fault: str
) -> None:
    proxy = line(mongo_backend.port)
    source = stream(url=proxy.mongo_url())
    mongo_backend.insert(*documents(20))
    read = take(source, 2, size=2)
    if fault == "tear":
        proxy.tear_reply(1_100)
    elif fault == "cut":
        proxy.cut()
    else:
        proxy.drip()
    if fault == "tear":
        with pytest.raises(SourceUnavailable):
            source.next_batch(18, 0.2)
        source.open(source.position())
    events = read + take_through_trouble(source, 18)
    assert ids(events) == [d["_id"] for d in documents(20)]


def test_a_black_hole_is_noticed_within_the_socket_timeout(
    mongo_backend: MongoForTests, stream: Open, line: Line
) -> None:
    proxy = line(mongo_backend.port)
    source = stream(url=proxy.mongo_url(IMPATIENT))
    position = source.position()
    mongo_backend.insert(*documents(3))
    proxy.stall()
    with pytest.raises(SourceUnavailable, match="timed out"):
        source.next_batch(10, 0.1)
    with pytest.raises(SourceUnavailable):
        source.open(position)
    proxy.pass_on()
    source.open(position)
    assert ids(take(source, 3)) == [d["_id"] for d in documents(3)]


def test_a_refused_connection_is_worth_another_try(
    mongo_backend: MongoForTests, stream: Open, line: Line
) -> None:
    proxy = line(mongo_backend.port)
    source = stream(url=proxy.mongo_url(IMPATIENT))
    position = source.position()
    mongo_backend.insert(*documents(3))
    proxy.refuse()
    with pytest.raises(SourceUnavailable, match="no connection"):
        source.open(position)
    proxy.pass_on()
    source.open(position)
    assert ids(take(source, 3)) == [d["_id"] for d in documents(3)]


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
