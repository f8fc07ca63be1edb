"""Where reading goes on, on the fake primary and on a real server alike."""

from __future__ import annotations

from contextlib import closing

import pytest

from core.errors import PositionLost, PositionRefused, SourceUnavailable
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
        with pytest.raises(PositionRefused):
            stream(position).next_batch(1, 0.1)
        assert take(stream(position, begin="time"), 3) == events[2:]


@pytest.mark.fault_row(21)
def test_a_token_of_another_filter_is_refused_and_its_time_is_not(
    mongo_backend: MongoForTests, stream: Open
) -> None:
    source = stream()
    with closing(MongoChangeStream(mongo_backend.url, mongo_backend.database, "others")) as others:
        others.open(None)
        mongo_backend.insert_elsewhere()
        take(others, 1)
        found = others.position()
    mongo_backend.insert({"_id": "a"})
    foreign = Position(found.token_json, found.cluster_time, "event", source.position().source_id)
    with pytest.raises(PositionRefused, match="280"):
        stream(foreign).next_batch(1, 0.1)
    assert ids(take(stream(foreign, begin="time"), 1)) == ["a"]


@pytest.mark.parametrize("mongo_backend", able_to(Ability.ROLL_OPLOG), indirect=True)
@pytest.mark.fault_row(19)
def test_a_position_the_oplog_has_lost_is_said_so(mongo_backend: MongoForTests, stream: Open) -> None:
    source = stream()
    mongo_backend.insert({"_id": "a"})
    take(source, 1)
    lost = source.position()
    source.close()
    mongo_backend.roll_oplog()
    for begin in ("position", "time"):
        with pytest.raises(PositionLost, match="286") as caught:
            stream(lost, begin=begin).next_batch(10, 0.1)
        assert caught.value.code == 286
    mongo_backend.insert({"_id": "b"})
    assert stream().position().cluster_time > lost.cluster_time


@pytest.mark.parametrize("command", ["aggregate", "getMore"])
@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (286, PositionLost),
        (464, PositionLost),
        (280, PositionRefused),
        (260, PositionRefused),
        (50811, PositionRefused),
    ],
)
@pytest.mark.fault_row(21, 23)
def test_refused_and_lost_positions_are_told_at_the_opening_and_at_the_first_read(
    mongo_backend: MongoForTests, stream: Open, command: str, code: int, meaning: type[SourceUnavailable]
) -> None:
    position = stream().position()
    mongo_backend.fail_command(command, code)
    with pytest.raises(meaning, match=str(code)) as caught:
        stream(position).next_batch(10, 0.1)
    assert (type(caught.value), caught.value.code) == (meaning, code)
    mongo_backend.heal()


@pytest.mark.fault_row(20)
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
