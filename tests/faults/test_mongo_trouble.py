"""What a failing server or line costs a reader, with the fake primary and a real server alike."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest

from core.errors import ConfigError, SourceUnavailable, UnknownAnswer
from core.stream import Position
from ingest.change_stream import MongoChangeStream
from ingest.mongo_client import LEAVING_S
from tests.faults.mongo_for_tests import MongoForTests
from tests.faults.proxy import Proxy
from tests.faults.reading import IMPATIENT, Line, Open, documents, ids, take, take_through_trouble


@pytest.mark.parametrize("command", ["aggregate", "getMore"])
@pytest.mark.parametrize("code", [43, 6, 91, 189, 10107, 11600, 11601, 11602, 13435, 13436])
@pytest.mark.fault_row(16)
def test_passing_trouble_is_told_and_costs_nothing(
    mongo_backend: MongoForTests, stream: Open, command: str, code: int
) -> None:
    position = stream().position()
    mongo_backend.insert(*documents(5))
    mongo_backend.fail_command(command, code)
    with pytest.raises(SourceUnavailable, match=str(code)) as caught:
        stream(position).next_batch(10, 0.2)
    assert (type(caught.value), caught.value.code) == (SourceUnavailable, code)
    assert ids(take(stream(position), 5)) == [d["_id"] for d in documents(5)]


@pytest.mark.parametrize("command", ["aggregate", "getMore"])
def test_an_answer_nobody_foresaw_is_told_apart(
    mongo_backend: MongoForTests, stream: Open, command: str
) -> None:
    position = stream().position()
    mongo_backend.fail_command(command, 8)
    with pytest.raises(UnknownAnswer, match="8") as caught:
        stream(position).next_batch(10, 0.2)
    assert caught.value.code == 8
    mongo_backend.heal()
    # What the server itself calls passing is so, whatever its number.
    mongo_backend.fail_command(command, 8, ["ResumableChangeStreamError"])
    with pytest.raises(SourceUnavailable, match="8") as passing:
        stream(position).next_batch(10, 0.2)
    assert type(passing.value) is SourceUnavailable


@pytest.mark.parametrize(
    ("code", "what"), [(13, "role"), (18, "password"), (40573, "replSet"), (40324, "4.2")]
)
def test_what_only_the_operator_can_mend_says_what_to_do(
    mongo_backend: MongoForTests, stream: Open, code: int, what: str
) -> None:
    position = stream().position()
    mongo_backend.fail_command("aggregate", code)
    with pytest.raises(ConfigError, match=what):
        stream(position)


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


@pytest.mark.fault_row(14)
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


@pytest.mark.fault_row(15)
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
@pytest.mark.fault_row(18)
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


PHASES = ("open", "read", "idle")


def read_on(source: MongoChangeStream, position: Position | None) -> None:
    """Open, where there is a position, and read until it fails."""
    if position is not None:
        source.open(position)
    while True:
        source.next_batch(10, 1.0)


def noticed_after_s(source: MongoChangeStream, proxy: Proxy, phase: str) -> float:
    """Seconds until a reader notices that the line became a black hole."""
    position = source.position()
    if phase == "open":
        source.close()
    else:
        source.next_batch(10, 0.1)
    if phase == "read":
        proxy.delay(0.2)  # the request is on its way when the line goes
        threading.Timer(0.1, proxy.stall).start()
    else:
        proxy.stall()
    began = time.monotonic()
    with pytest.raises(SourceUnavailable, match=r"timed out|cancelled"):
        read_on(source, position if phase == "open" else None)
    return time.monotonic() - began


@pytest.mark.parametrize("phase", PHASES)
def test_a_black_hole_is_noticed_within_the_time_limits(
    mongo_backend: MongoForTests, stream: Open, line: Line, phase: str
) -> None:
    proxy = line(mongo_backend.port)
    source = stream(url=proxy.mongo_url(IMPATIENT))
    mongo_backend.insert(*documents(3))
    read = [] if phase == "open" else list(source.next_batch(1, 0.5))
    position = source.position()
    assert noticed_after_s(source, proxy, phase) < 5
    with pytest.raises(SourceUnavailable):
        source.open(position)
    proxy.pass_on()
    source.open(position)
    assert ids(read + take(source, 3 - len(read))) == [d["_id"] for d in documents(3)]


@pytest.mark.slow
@pytest.mark.parametrize("phase", PHASES)
def test_a_black_hole_is_noticed_and_left_within_ten_seconds_by_default(
    mongo_backend: MongoForTests, stream: Open, line: Line, phase: str
) -> None:
    proxy = line(mongo_backend.port)
    source = stream(url=proxy.mongo_url())
    noticed = noticed_after_s(source, proxy, phase)
    began = time.monotonic()
    source.close()
    assert noticed + time.monotonic() - began <= 10


def test_a_dead_line_is_left_without_waiting_for_it(
    mongo_backend: MongoForTests, stream: Open, line: Line
) -> None:
    proxy = line(mongo_backend.port)
    source = stream(url=proxy.mongo_url())
    source.next_batch(10, 0.1)
    proxy.stall()  # not noticed yet: the farewell is waited for, but not for long
    began = time.monotonic()
    source.close()
    assert time.monotonic() - began < LEAVING_S + 1
    impatient = MongoChangeStream(
        proxy.mongo_url(IMPATIENT), mongo_backend.database, mongo_backend.collection
    )
    with closing(impatient):
        with pytest.raises(SourceUnavailable):
            impatient.open(None)
        began = time.monotonic()
        with pytest.raises(SourceUnavailable):
            impatient.open(None)
        assert time.monotonic() - began < 2  # one time limit, and no farewell to the client before
    proxy.pass_on()


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
