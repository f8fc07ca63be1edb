"""Where reading goes on, on the fake primary and on a real server alike."""

from __future__ import annotations

from contextlib import closing

import pytest

from core.errors import PositionLost
from core.stream import Position
from ingest.change_stream import MongoChangeStream
from tests.faults.backends import able_to
from tests.faults.mongo_for_tests import Ability, MongoForTests
from tests.faults.reading import Open, documents, ids, take


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


@pytest.mark.parametrize("mongo_backend", able_to(Ability.ROLL_OPLOG), indirect=True)
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
