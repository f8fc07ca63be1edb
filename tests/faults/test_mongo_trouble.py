"""What a failing server or line costs a reader, with the fake primary and a real server alike."""

from __future__ import annotations

import pytest

from core.errors import SourceUnavailable
from tests.faults.mongo_for_tests import MongoForTests
from tests.faults.reading import IMPATIENT, Line, Open, documents, ids, take, take_through_trouble


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
