"""Reading one batch ahead gives the same events and positions as reading one after the other."""

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.errors import SourceUnavailable
from core.stream import Begin, Event, Phase, Position
from inference.reading import MOST_BYTES, Reading


def at(number: int, kind: str = "event") -> Position:
    return Position(str(number), (number, 0), kind)


class Counted:
    """A source of the events 1 to `last`; remembers who read it, and how long they would wait."""

    def __init__(self, last: int, dead_after: int | None = None) -> None:
        self.last = last
        self.dead_after = dead_after
        self.given = 0
        self.calls: list[tuple[str, float]] = []
        self.closed = 0
        self.begun: list[Begin] = []
        self.reconciling = 0
        self.raw = b""

    @property
    def phase(self) -> Phase:
        return "reconcile" if self.given < self.reconciling else "stream"

    def open(self, position: Position | None, begin: Begin = "position") -> None:
        self.begun.append(begin)
        self.reconciling = 0
        self.given = 0 if position is None else int(position.token_json)

    def reconcile(self, gap: int) -> Position:
        self.reconciling = gap
        return replace(self.position(), kind="reposition")

    def next_batch(self, max_events: int, wait_s: float) -> Sequence[Event]:
        self.calls.append((threading.current_thread().name, wait_s))
        if self.given == self.dead_after:
            raise SourceUnavailable("line dead")
        first, self.given = self.given + 1, min(self.last, self.given + max_events)
        return [Event(str(i), str(i), "insert", self.raw, (i, 0)) for i in range(first, self.given + 1)]

    def position(self) -> Position:
        return at(self.given)

    def head(self) -> tuple[int, int] | None:
        return (self.given + 100, 0)

    def close(self) -> None:
        self.closed += 1


def numbers(events: Sequence[Event]) -> list[int]:
    return [int(event.token) for event in events]


def test_every_event_comes_once_in_order_with_the_position_after_it() -> None:
    reading = Reading(Counted(25), 10)
    reading.open(at(3))
    seen: list[int] = []
    assert reading.position() == at(3)
    while events := reading.next_batch(1.0):
        seen += numbers(events)
        assert reading.position() == at(seen[-1])
    assert seen == list(range(4, 26))
    reading.close()


def test_a_stream_that_is_up_to_date_is_read_by_the_caller_alone() -> None:
    source = Counted(15)
    reading = Reading(source, 10)
    reading.open(None)
    for _ in range(4):
        reading.next_batch(1.0)
    reading.close()
    me = threading.current_thread().name
    assert [(name == me, wait) for name, wait in source.calls] == [
        (True, 1.0), (False, 0.0), (True, 1.0), (True, 1.0),
    ]  # fmt: skip


def test_an_empty_read_ahead_is_followed_by_one_that_waits() -> None:
    source = Counted(10)
    reading = Reading(source, 10)
    reading.open(None)
    assert len(reading.next_batch(1.0)) == 10
    assert reading.next_batch(0.5) == []
    assert [wait for _, wait in source.calls] == [1.0, 0.0, 0.5]
    reading.close()


def test_an_error_while_reading_ahead_comes_with_the_next_read() -> None:
    reading = Reading(Counted(30, dead_after=20), 10)
    reading.open(None)
    assert numbers(reading.next_batch(1.0))[-1] == 10
    assert numbers(reading.next_batch(1.0))[-1] == 20
    with pytest.raises(SourceUnavailable, match="line dead"):
        reading.next_batch(1.0)
    assert reading.position() == at(20)
    reading.close()


def test_what_was_read_ahead_and_not_taken_is_read_again_after_reopening() -> None:
    reading = Reading(Counted(30), 10)
    reading.open(None)
    reading.next_batch(1.0)
    position = reading.position()
    reading.open(position)
    assert numbers(reading.next_batch(1.0))[0] == 11
    reading.close()


def test_phase_and_newest_time_are_those_of_the_batch_returned_last() -> None:
    source = Counted(60)
    reading = Reading(source, 10)
    reading.open(at(0), "now")
    assert (reading.phase, source.begun) == ("stream", ["now"])
    assert reading.reconcile(15) == at(0, "reposition")
    seen = [(reading.phase, reading.head())]
    for _ in range(3):
        reading.next_batch(1.0)
        seen.append((reading.phase, reading.head()))
    reading.close()
    assert seen == [
        ("reconcile", (100, 0)), ("reconcile", (110, 0)), ("stream", (120, 0)), ("stream", (130, 0)),
    ]  # fmt: skip


def test_nothing_is_read_ahead_of_a_batch_that_is_large_already() -> None:
    source = Counted(30)
    source.raw = b"x" * (MOST_BYTES // 20 + 1)
    reading = Reading(source, 10)
    reading.open(None)
    for _ in range(3):
        assert len(reading.next_batch(1.0)) == 10
    reading.close()
    assert {name for name, _ in source.calls} == {threading.current_thread().name}
    source.raw = source.raw[1:]
    source.calls.clear()
    reading.open(None)
    reading.next_batch(1.0)
    reading.close()
    assert len(source.calls) == 2


def test_closing_twice_or_unopened_is_safe() -> None:
    source = Counted(30)
    reading = Reading(source, 10)
    reading.close()
    reading.open(None)
    reading.next_batch(1.0)
    reading.close()
    reading.close()
    assert source.closed >= 2
