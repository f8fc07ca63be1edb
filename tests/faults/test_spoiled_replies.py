"""Replies torn, lost, late or doubled, which only the fake primary can be made to send."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core.errors import SourceUnavailable
from core.stream import Position
from ingest.change_stream import MongoChangeStream
from tests.faults.fake_primary import FakePrimary
from tests.faults.reading import IMPATIENT, ids


@contextmanager
def opened(fake: FakePrimary, position: Position | None = None, url: str = "") -> Iterator[MongoChangeStream]:
    source = MongoChangeStream(url or fake.url, "plant", "shots")
    try:
        source.open(position)
        yield source
    finally:
        source.close()


def shots(fake: FakePrimary, *names: str) -> None:
    fake.oplog.insert("plant", "shots", *({"_id": name} for name in names))


def test_a_reply_torn_in_the_middle_is_told_and_costs_nothing(fake: FakePrimary) -> None:
    with opened(fake) as source:
        shots(fake, "a", "b", "c")
        fake.script.tear("getMore")
        with pytest.raises(SourceUnavailable, match="connection closed"):
            source.next_batch(10, 0.1)
        source.open(source.position())
        assert ids(source.next_batch(10, 0.1)) == ["a", "b", "c"]


def test_a_reply_lost_after_the_act_is_told_and_costs_nothing(fake: FakePrimary) -> None:
    with opened(fake) as source:
        shots(fake, "a", "b", "c")
        assert ids(source.next_batch(1, 0.1)) == ["a"]
        fake.script.close("getMore", acted=True)
        with pytest.raises(SourceUnavailable):
            source.next_batch(10, 0.1)
        source.open(source.position())
        assert ids(source.next_batch(10, 0.1)) == ["b", "c"]


@pytest.mark.parametrize("command", ["replSetGetConfig", "aggregate", "getMore"])
def test_a_reply_that_never_comes_is_given_up(fake: FakePrimary, command: str) -> None:
    with opened(fake) as source:
        start = source.position()
    shots(fake, "a")
    fake.script.stall(command)
    with (
        pytest.raises(SourceUnavailable, match="timed out"),
        opened(fake, start, f"{fake.url}&{IMPATIENT}") as source,
    ):
        source.next_batch(10, 0.1)
    with opened(fake, start) as source:
        assert ids(source.next_batch(10, 0.1)) == ["a"]


def test_a_reply_byte_by_byte_is_read(fake: FakePrimary) -> None:
    with opened(fake) as source:
        shots(fake, "a", "b")
        fake.script.drip("getMore")
        assert ids(source.next_batch(10, 0.1)) == ["a", "b"]


@pytest.mark.fault_row(30)
def test_events_sent_twice_carry_the_same_tokens(fake: FakePrimary) -> None:
    with opened(fake) as source:
        shots(fake, "a", "b", "c")
        first = source.next_batch(10, 0.1)
        fake.send_again(2)
        shots(fake, "d")
        again = source.next_batch(10, 0.1)
        assert ids(again) == ["b", "c", "d"]
        assert list(again[:2]) == list(first[1:])
        assert list(source.next_batch(10, 0.1)) == []


def test_events_sent_twice_do_not_lead_the_position_back(fake: FakePrimary) -> None:
    with opened(fake) as source:
        shots(fake, "a", "b", "c")
        first = source.next_batch(10, 0.1)
        reached = source.position()
        fake.send_again(3)
        assert list(source.next_batch(1, 0.1)) == [first[0]]
        assert source.position() == reached
        shots(fake, "d")
        source.open(source.position())
        assert ids(source.next_batch(10, 0.1)) == ["d"]
        assert source.position().token_json > reached.token_json


def test_a_server_that_takes_its_time_is_given_more_of_it() -> None:
    # Alive, but with a long oplog to walk before it answers.
    with FakePrimary(longest_wait_s=0.6) as fake:
        source = MongoChangeStream(f"{fake.url}&{IMPATIENT}", "plant", "shots")
        try:
            source.open(None)
            start = source.position()
            with pytest.raises(SourceUnavailable, match="timed out"):
                source.next_batch(10, 1.0)
            source.open(start)
            assert list(source.next_batch(10, 1.0)) == []
            source.open(start)  # at the present end the usual limit holds again
            with pytest.raises(SourceUnavailable, match="timed out"):
                source.next_batch(10, 1.0)
        finally:
            source.close()
